/** What the engine uses of a `CodecSession`, and how a set of them is opened, warmed and compared. */
import { uniformNoise } from '../common/noise.ts';
import type { CodecSession } from '../codec/session.ts';
import type { ModelManifest } from '../codec/manifest.ts';

export type LiveSession = Pick<
  CodecSession,
  | 'quantizer'
  | 'provider'
  | 'providerChoice'
  | 'codebooks'
  | 'lastCodes'
  | 'encoderState'
  | 'decoderState'
  | 'processHop'
  | 'encodeHop'
  | 'decodeHop'
  | 'setCodebooks'
  | 'reset'
  | 'dispose'
>;

/** @throws ResiduaError as `createCodecSession` */
export type OpenSession = (quantizer: string, provider: string) => Promise<LiveSession>;

export interface SessionSet {
  readonly provider: string;
  readonly reason: string;
  /** By quantizer id. */
  readonly sessions: ReadonlyMap<string, LiveSession>;
  /** Leading values of the encoder's state that two quantizers have in common. */
  readonly sharedHistory: (a: string, b: string) => number;
}

/** Enough to compile, allocate and fill every state with something that is not zero. */
const WARM_UP_HOPS = 12;

/**
 * Opens every quantizer of the model, the wanted one first, all on the provider that this one chose, and
 * runs noise through each.
 *
 * Encoders of one model usually begin with the same frozen denoiser, so their states begin alike. That is
 * found by experiment, not declared: after the same noise the common values are equal bit for bit.
 */
export async function openSessions(
  manifest: ModelManifest,
  open: OpenSession,
  wanted: { readonly quantizer: string; readonly provider: string; readonly reason?: string },
): Promise<SessionSet> {
  const opened: LiveSession[] = [];
  try {
    const first = await open(wanted.quantizer, wanted.provider);
    opened.push(first);
    const { provider } = first;
    const reason =
      wanted.reason ??
      first.providerChoice?.reason ??
      (wanted.provider === 'auto' ? `${provider} is the only choice` : 'asked for by name');
    const sessions = new Map<string, LiveSession>();
    for (const { id } of manifest.quantizers) {
      const session = id === wanted.quantizer ? first : await open(id, provider);
      if (session !== first) opened.push(session);
      sessions.set(id, session);
    }
    const states = new Map<string, Float32Array>();
    for (const [id, session] of sessions) {
      states.set(id, await warmUp(session, manifest.hopSamples));
    }
    const shared = new Map<string, number>();
    for (const [a, stateA] of states) {
      for (const [b, stateB] of states) shared.set(`${a} ${b}`, commonPrefix(stateA, stateB));
    }
    return {
      provider,
      reason,
      sessions,
      sharedHistory: (a, b) => shared.get(`${a} ${b}`) ?? 0,
    };
  } catch (error) {
    await Promise.allSettled(opened.map((session) => session.dispose()));
    throw error;
  }
}

export async function disposeSessions(set: SessionSet): Promise<void> {
  await Promise.allSettled([...set.sessions.values()].map((session) => session.dispose()));
}

/** @returns the encoder's state after the noise; the session stands as new */
async function warmUp(session: LiveSession, hopSamples: number): Promise<Float32Array> {
  const noise = uniformNoise(1);
  const hop = new Float32Array(hopSamples);
  const out = new Float32Array(hopSamples);
  for (let k = 0; k < WARM_UP_HOPS; k++) {
    for (let i = 0; i < hopSamples; i++) hop[i] = 0.1 * noise();
    await session.processHop(hop, out);
  }
  const state = session.encoderState.slice();
  session.reset();
  return state;
}

function commonPrefix(a: Float32Array, b: Float32Array): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a[i] === b[i]) i++;
  return i;
}
