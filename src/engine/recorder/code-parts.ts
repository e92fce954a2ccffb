/**
 * The code streams of one recording. A `.rsd` file holds one quantizer with one number of codebooks and no
 * holes, so a recording is cut into parts wherever one of these changes; each part says at which sample of
 * the recording it begins, and decodes by itself.
 */
import { outputDelaySamples, findQuantizer, isContinuous } from '../../codec/manifest.ts';
import type { ModelManifest } from '../../codec/manifest.ts';
import { encodeRsdHeader, rsdHeaderFor, RsdWriter } from '../../codec/rsd.ts';
import type { RsdHeader } from '../../codec/rsd.ts';
import { ABSENT_CODE } from '../../codec/session.ts';
import type { RecordingDisk, RecordingFile } from './recording-disk.ts';

export interface CodePart {
  /** File name, without folder. */
  readonly file: string;
  readonly quantizer: string;
  readonly codebooks: number;
  /** Sample of the recording that the decoded part begins at. */
  readonly firstSample: number;
  /** Samples it decodes to; `null` while it grows. */
  readonly samples: number | null;
}

export interface CodeFrame {
  /** First sample of the hop that was encoded, counted in the recording. */
  readonly sample: number;
  readonly quantizer: string;
  /** In use; the codes beyond are not looked at. */
  readonly codebooks: number;
  readonly codes: Int32Array;
}

export class CodeParts {
  readonly #disk: RecordingDisk;
  readonly #pathOf: (part: number, quantizer: string) => { path: string; file: string };
  readonly #manifest: ModelManifest;
  readonly #parts: CodePart[] = [];
  #current: GrowingPart | undefined;
  /** Bytes of the parts that are complete. */
  #finishedBytes = 0;
  #nextNumber = 1;

  constructor(
    disk: RecordingDisk,
    manifest: ModelManifest,
    pathOf: (part: number, quantizer: string) => { path: string; file: string },
  ) {
    this.#disk = disk;
    this.#manifest = manifest;
    this.#pathOf = pathOf;
  }

  /** Every part that has a file, in order. */
  get list(): readonly CodePart[] {
    return this.#current?.file === undefined
      ? this.#parts
      : [...this.#parts, this.#current.describe()];
  }

  get bytes(): number {
    return this.#finishedBytes + (this.#current?.file?.size ?? 0);
  }

  /** The file that grows now. */
  get file(): RecordingFile | undefined {
    return this.#current?.file;
  }

  /** Takes one frame; what does not follow on from the last one begins a new part. */
  async push(frame: CodeFrame): Promise<void> {
    const codes = this.#usable(frame);
    if (codes === undefined) return this.endPart();
    if (!this.#current?.continues(frame)) {
      await this.endPart();
      this.#current = this.#begin(frame);
    }
    this.#current!.push(codes);
  }

  /** Writes what is complete. A part gets its file here, so that very short ones never have one. */
  async flush(): Promise<void> {
    await this.#current?.flush(this.#disk);
  }

  /** Ends the part that grows, if any: the next frame begins another. */
  async endPart(): Promise<void> {
    const part = this.#current;
    if (part === undefined) return;
    await part.finish(this.#disk);
    await this.#close(part);
  }

  /** After a failure: the part keeps what its header on disk promises. */
  async abandonPart(): Promise<void> {
    const part = this.#current;
    if (part === undefined) return;
    await part.cut().catch(() => undefined);
    await this.#close(part);
  }

  async #close(part: GrowingPart): Promise<void> {
    this.#current = undefined;
    if (part.file === undefined) return;
    this.#parts.push(part.describe());
    this.#finishedBytes += part.file.size;
    await part.file.close();
  }

  #begin(frame: CodeFrame): GrowingPart {
    const { quantizer, codebooks, sample } = frame;
    const entry = findQuantizer(this.#manifest, quantizer);
    const header = rsdHeaderFor(this.#manifest, entry, {
      codebooks,
      channels: 1,
      originalSampleRate: this.#manifest.sampleRate,
    });
    const name = () => this.#pathOf(this.#nextNumber++, quantizer);
    return new GrowingPart(header, sample, outputDelaySamples(this.#manifest), name);
  }

  /** @returns undefined where there is nothing a `.rsd` can hold: no codes, or codes that are absent */
  #usable({ quantizer, codebooks, codes }: CodeFrame): Int32Array | undefined {
    const entry = findQuantizer(this.#manifest, quantizer);
    if (isContinuous(entry) || codebooks < 1 || codes.length < codebooks) return undefined;
    const used = codes.subarray(0, codebooks);
    return used.includes(ABSENT_CODE) ? undefined : used;
  }
}

class GrowingPart {
  readonly #header: RsdHeader;
  readonly #firstSample: number;
  readonly #delaySamples: number;
  readonly #name: () => { path: string; file: string };
  readonly #writer: RsdWriter;
  #fileName = '';
  file: RecordingFile | undefined;
  /** Bytes of whole packets that are not on disk yet, the header first. */
  #pending: Uint8Array[];
  #frames = 0;
  /** Samples that the header on disk promises, and the file size that goes with them. */
  #promised = { samples: 0, bytes: 0 };
  #finished = false;

  constructor(
    header: RsdHeader,
    firstSample: number,
    delaySamples: number,
    name: () => { path: string; file: string },
  ) {
    this.#header = header;
    this.#firstSample = firstSample;
    this.#delaySamples = delaySamples;
    this.#name = name;
    this.#writer = new RsdWriter(header);
    this.#pending = [this.#headerFor(0)];
  }

  continues(frame: CodeFrame): boolean {
    return (
      frame.quantizer === this.#header.quantizer &&
      frame.codebooks === this.#header.codebooks &&
      frame.sample === this.#firstSample + this.#frames * this.#header.hopSamples
    );
  }

  push(codes: Int32Array): void {
    const packets = this.#writer.push([codes]);
    if (packets.length > 0) this.#pending.push(packets);
    this.#frames += 1;
  }

  async flush(disk: RecordingDisk): Promise<void> {
    const { framesPerPacket } = this.#header;
    const whole = this.#frames - (this.#frames % framesPerPacket);
    const samples = this.#samplesOf(whole);
    if (samples <= this.#promised.samples) return;
    await this.#write(disk, Buffer.concat(this.#pending));
    this.#pending = [];
    await this.#promise(samples);
  }

  async finish(disk: RecordingDisk): Promise<void> {
    const samples = this.#samplesOf(this.#frames);
    // The decoder's delay swallows the first frames; without more there is nothing to hear.
    if (samples === 0) return;
    const { rest } = this.#writer.finish(samples, samples);
    await this.#write(disk, Buffer.concat([...this.#pending, rest]));
    this.#pending = [];
    await this.#promise(samples);
    this.#finished = true;
  }

  async cut(): Promise<void> {
    this.#finished = true;
    await this.file?.truncate(this.#promised.bytes);
  }

  describe(): CodePart {
    return {
      file: this.#fileName,
      quantizer: this.#header.quantizer,
      codebooks: this.#header.codebooks,
      firstSample: this.#firstSample,
      samples: this.#finished ? this.#promised.samples : null,
    };
  }

  async #write(disk: RecordingDisk, bytes: Uint8Array): Promise<void> {
    if (this.file === undefined) {
      const { path, file } = this.#name();
      this.file = await disk.create(path);
      this.#fileName = file;
    }
    await this.file.append(bytes);
  }

  /** Packets first, then the header that counts them: a reader between the two sees the shorter stream. */
  async #promise(samples: number): Promise<void> {
    await this.file!.patchStart(this.#headerFor(samples));
    this.#promised = { samples, bytes: this.file!.size };
  }

  #headerFor(samples: number): Uint8Array {
    return encodeRsdHeader({ ...this.#header, originalSamples: samples, modelSamples: samples });
  }

  #samplesOf(frames: number): number {
    return Math.max(0, frames * this.#header.hopSamples - this.#delaySamples);
  }
}
