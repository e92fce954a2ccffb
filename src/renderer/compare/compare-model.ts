import { createStore, type StoreApi } from 'zustand/vanilla';
import { variantKey, type Clip, type Variant } from '../../ipc/app/compare.ts';
import type { AppArgument } from '../../ipc/app/app-protocol.ts';
import type { Problem, QuantizerSummary } from '../../ipc/messages.ts';
import type { AppClient } from '../client/app-client.ts';
import type { AbxTest } from '../listen/abx.ts';
import type { MushraTest } from '../listen/mushra.ts';
import { uploadFile } from '../listen/upload.ts';
import { describeError } from '../store/describe-error.ts';
import { NOISY, variantOf, type Rates } from './versions.ts';

/** Of the microphone, s. */
export const FREEZE_S = 10;

export type CompareMode = 'listen' | 'abx' | 'mushra';

export interface CompareState {
  readonly clip: Clip | null;
  /** A clip is being opened; 0..1 while its bytes are sent, `null` for the rest. */
  readonly opening: { readonly name: string; readonly progress: number | null } | null;
  /** Why the last clip could not be opened. */
  readonly problem: Problem | null;
  /** Key of what is heard, or is to be as soon as it is there. */
  readonly heard: string;
  readonly rates: Rates;
  /** Keys still to be rendered, the one at work first. */
  readonly queue: readonly string[];
  /** 0..1, of the one at work. */
  readonly progress: number;
  /** Why a variant could not be rendered, by key. */
  readonly failed: Readonly<Record<string, Problem>>;
  readonly isMatched: boolean;
  readonly mode: CompareMode;
  /** What repeats, kept while another view is shown, s. */
  readonly loop: { readonly start: number; readonly end: number } | null;
  /** Blind tests that are set up or done; they too are still there when one comes back. */
  readonly abx: AbxFlow | null;
  readonly mushra: MushraFlow | null;
}

export interface AbxFlow {
  /** Keys of the two versions. */
  readonly sides: { readonly A: string; readonly B: string };
  readonly test: AbxTest;
  /** ISO 8601; `null` while it runs. */
  readonly finishedAt: string | null;
}

export interface MushraFlow {
  /** Key of the version that the others are rated against, and which is hidden among them. */
  readonly reference: string;
  readonly test: MushraTest;
  readonly finishedAt: string | null;
}

const NO_CLIP = {
  clip: null,
  heard: NOISY,
  queue: [],
  progress: 0,
  failed: {},
  loop: null,
  abx: null,
  mushra: null,
} as const;

/**
 * One clip and its versions. Versions are rendered in the background, one at a time, the one that a person waits
 * for first. It outlives the view, so that a clip is still there when one comes back to it.
 */
export class CompareModel {
  readonly state: StoreApi<CompareState> = createStore<CompareState>(() => ({
    ...NO_CLIP,
    opening: null,
    problem: null,
    rates: {},
    isMatched: true,
    mode: 'listen',
  }));
  readonly #client: AppClient;
  readonly #wanted = new Map<string, Variant>();
  #isRendering = false;
  /** Key of what is being rendered. */
  #atWork: string | null = null;
  #abort: AbortController | null = null;

  constructor(client: AppClient) {
    this.#client = client;
    client.on('render-progress', ({ id, progress }) => {
      if (id === this.#clip?.id) this.state.setState({ progress });
    });
  }

  get #clip(): Clip | null {
    return this.state.getState().clip;
  }

  /** @param quantizers are all rendered in the background. @param name shown while it opens */
  freeze(quantizers: readonly QuantizerSummary[], name: string): Promise<void> {
    return this.#open(name, quantizers, () =>
      this.#client.call('compare.freeze', { seconds: FREEZE_S }),
    );
  }

  openDemo(demo: number, quantizers: readonly QuantizerSummary[], name: string): Promise<void> {
    return this.#open(name, quantizers, () =>
      this.#client.call('compare.open', { source: { demo }, reference: null }),
    );
  }

  /** @param reference the clean recording of the same speech */
  openFile(
    file: File,
    reference: File | null,
    quantizers: readonly QuantizerSummary[],
  ): Promise<void> {
    return this.#open(file.name, quantizers, async (signal) => {
      const path = this.#client.pathOf(file);
      const onProgress = (progress: number): void => {
        this.state.setState({ opening: { name: file.name, progress } });
      };
      const uploads: string[] = [];
      try {
        const send = async (sent: File): Promise<{ upload: string }> => {
          const upload = await uploadFile(this.#client, sent, { onProgress, signal });
          uploads.push(upload);
          return { upload };
        };
        const argument: AppArgument<'compare.open'> = {
          source: path === null ? await send(file) : { path },
          reference: reference === null ? null : await send(reference),
        };
        this.state.setState({ opening: { name: file.name, progress: null } });
        return await this.#client.call('compare.open', argument);
      } catch (error) {
        for (const id of uploads) this.#client.call('upload.cancel', { id }).catch(() => {});
        throw error;
      }
    });
  }

  /** Gives up a clip that is being opened. */
  cancelOpening(): void {
    this.#abort?.abort();
  }

  close(): void {
    const clip = this.#clip;
    this.#wanted.clear();
    this.state.setState({ ...NO_CLIP, mode: 'listen', problem: null });
    if (clip !== null) this.#client.call('compare.close', { id: clip.id }).catch(() => {});
  }

  /** Lets `key` be heard: at once where it is there, otherwise as soon as it is. */
  choose(key: string, variant: Variant | null): void {
    this.state.setState({ heard: key });
    if (variant !== null) this.want([variant], true);
  }

  /** Another rate for a quantizer; it is heard, as it is what one has in hand. */
  setRate(quantizer: QuantizerSummary, codebooks: number): void {
    const rates = { ...this.state.getState().rates, [quantizer.id]: codebooks };
    this.state.setState({ rates });
    // The hand has moved on: rates that it passed need not be rendered.
    for (const [key, passed] of this.#wanted) {
      if (passed.quantizer === quantizer.id && key !== this.#atWork) this.#wanted.delete(key);
    }
    const variant = variantOf(quantizer, rates);
    this.choose(variantKey(variant), variant);
  }

  /** @param isUrgent ahead of what is waiting */
  want(variants: readonly Variant[], isUrgent = false): void {
    const { clip, failed } = this.state.getState();
    if (clip === null) return;
    const ready = new Set(clip.variants.map(({ key }) => key));
    const missing = variants.filter((variant) => !ready.has(variantKey(variant)));
    const left = { ...failed };
    for (const variant of missing) delete left[variantKey(variant)];
    const waiting = [...this.#wanted.values()];
    this.#wanted.clear();
    for (const variant of isUrgent ? [...missing, ...waiting] : [...waiting, ...missing]) {
      const key = variantKey(variant);
      if (!this.#wanted.has(key)) this.#wanted.set(key, variant);
    }
    this.state.setState({ failed: left });
    this.#showQueue();
    if (!this.#isRendering) void this.#renderAll();
  }

  setMatched(isMatched: boolean): void {
    this.state.setState({ isMatched });
  }

  setMode(mode: CompareMode): void {
    this.state.setState({ mode });
  }

  setLoop(loop: CompareState['loop']): void {
    this.state.setState({ loop });
  }

  setAbx(abx: AbxFlow | null): void {
    this.state.setState({ abx });
  }

  setMushra(mushra: MushraFlow | null): void {
    this.state.setState({ mushra });
  }

  async #open(
    name: string,
    quantizers: readonly QuantizerSummary[],
    open: (signal: AbortSignal) => Promise<Clip>,
  ): Promise<void> {
    if (this.state.getState().opening !== null) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.state.setState({ opening: { name, progress: null }, problem: null });
    try {
      const clip = await open(abort.signal);
      if (abort.signal.aborted) {
        this.#client.call('compare.close', { id: clip.id }).catch(() => {});
        return;
      }
      this.close();
      this.state.setState({ clip });
      const { rates } = this.state.getState();
      this.want(quantizers.map((quantizer) => variantOf(quantizer, rates)));
    } catch (error) {
      if (!abort.signal.aborted) this.state.setState({ problem: describeError(error) });
    } finally {
      this.state.setState({ opening: null });
      this.#abort = null;
    }
  }

  async #renderAll(): Promise<void> {
    this.#isRendering = true;
    for (;;) {
      const clip = this.#clip;
      const [next] = this.#wanted;
      if (clip === null || next === undefined) break;
      const [key, variant] = next;
      this.#atWork = key;
      this.state.setState({ progress: 0 });
      this.#showQueue();
      try {
        const argument = { id: clip.id, variants: [variant] };
        const rendered = await this.#client.call('compare.render', argument);
        if (this.#clip?.id === rendered.id) this.state.setState({ clip: rendered });
      } catch (error) {
        if (this.#clip?.id === clip.id) {
          const { failed } = this.state.getState();
          this.state.setState({ failed: { ...failed, [key]: describeError(error) } });
        }
      }
      this.#atWork = null;
      if (this.#clip?.id === clip.id) this.#wanted.delete(key);
      this.#showQueue();
    }
    this.#isRendering = false;
  }

  #showQueue(): void {
    const waiting = [...this.#wanted.keys()].filter((key) => key !== this.#atWork);
    const queue = this.#atWork === null ? waiting : [this.#atWork, ...waiting];
    this.state.setState({ queue });
  }
}

const models = new WeakMap<AppClient, CompareModel>();

/** The one of this window's app. */
export function compareModel(client: AppClient): CompareModel {
  let model = models.get(client);
  if (model === undefined) models.set(client, (model = new CompareModel(client)));
  return model;
}
