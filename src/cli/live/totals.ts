/** What a run of `residua live` adds up to: the document that `--json` prints. */
import { percentiles, type Percentiles } from '../../common/statistics.ts';
import type { RecordingSummary } from '../../ipc/engine-protocol.ts';
import type { LatencyLedger, LiveCounters, Telemetry } from '../../ipc/live.ts';
import type { EngineVitals, SupervisorEvent } from '../../host/client/supervisor.ts';

export type LiveEnd = 'duration' | 'quit' | 'interrupted' | 'input-ended' | 'failed';

export interface LiveDocument {
  readonly model: string;
  readonly quantizer: string;
  readonly codebooks: number;
  readonly bitrateKbps: number;
  readonly provider: { readonly name: string; readonly reason: string };
  readonly backend: string;
  readonly input: Telemetry['input'];
  readonly output: Telemetry['output'];
  readonly virtualMicrophone: string | null;
  /** Sound passed for so long. */
  readonly seconds: number;
  /** From asking for sound to sound, models loaded before. */
  readonly startMs: number;
  /** Each part as it stood at the end, and the total over the run. */
  readonly latencyMs: LatencyLedger;
  readonly latencyTotalMs: Percentiles | null;
  /** Over the last 10 s. */
  readonly hopMs: Telemetry['hopMs'];
  /** The worst p99 of any 10 s. */
  readonly worstHopP99Ms: number;
  readonly realTimeFactor: number;
  readonly driftPpm: number | null;
  readonly counters: LiveCounters;
  readonly engineRestarts: number;
  readonly engine: {
    /** Of the engine process, all its threads, as a share of one core. */
    readonly cpuPercent: number | null;
    readonly heapUsedMiB: number | null;
    readonly rssMiB: number | null;
  };
  /** Codes, devices and the like that went wrong, oldest first; at most the last 100. */
  readonly incidents: readonly { readonly atSeconds: number; readonly what: string }[];
  readonly recordings: readonly RecordingSummary[];
  readonly ended: LiveEnd;
}

/** Two hours at 20 Hz; then every second value is dropped. */
const MAX_LATENCIES = 2 ** 17;
const MAX_INCIDENTS = 100;

export class LiveTotals {
  #last: Telemetry | undefined;
  /** The last one while sound passed: after the end there is no latency to tell. */
  #lastRunning: Telemetry | undefined;
  #latencies: number[] = [];
  #stride = 1;
  #skipped = 0;
  #worstHopP99Ms = 0;
  #engineRestarts = 0;
  /** Of engines that died: their counters are gone with them. */
  #earlier: LiveCounters | undefined;
  #earlierMs = 0;
  #vitals: { readonly first: EngineVitals; readonly last: EngineVitals } | undefined;
  readonly #incidents: { atSeconds: number; what: string }[] = [];
  readonly #recordings: RecordingSummary[] = [];
  readonly #startedAt = performance.now();

  take(event: SupervisorEvent): void {
    switch (event.type) {
      case 'telemetry':
        this.#telemetry(event.telemetry);
        break;
      case 'recording-ended':
        this.#recordings.push(event.recording);
        break;
      case 'engine-restarted':
        this.#engineRestarts += 1;
        this.#vitals = undefined;
        if (this.#last) {
          this.#earlier = addCounters(this.#earlier, this.#last.counters);
          this.#earlierMs += this.#lastRunning?.uptimeMs ?? 0;
          this.#last = undefined;
        }
        break;
      default:
    }
  }

  incident(what: string): void {
    const atSeconds = Math.round((performance.now() - this.#startedAt) / 100) / 10;
    this.#incidents.push({ atSeconds, what });
    if (this.#incidents.length > MAX_INCIDENTS) this.#incidents.shift();
  }

  vitals(vitals: EngineVitals): void {
    this.#vitals = { first: this.#vitals?.first ?? vitals, last: vitals };
  }

  /** @param given what no telemetry tells */
  document(
    given: Pick<LiveDocument, 'backend' | 'virtualMicrophone' | 'startMs' | 'ended'>,
  ): LiveDocument | undefined {
    const last = this.#lastRunning ?? this.#last;
    if (!last) return undefined;
    const newest = this.#last ?? last;
    return {
      model: last.model.id,
      quantizer: last.heard.quantizer,
      codebooks: last.heard.codebooks,
      bitrateKbps: last.bitrateKbps,
      provider: last.provider,
      backend: given.backend,
      input: last.input,
      output: last.output,
      virtualMicrophone: given.virtualMicrophone,
      seconds: round((this.#earlierMs + (this.#last ? last.uptimeMs : 0)) / 1000),
      startMs: round(given.startMs),
      latencyMs: roundAll(last.latencyMs),
      latencyTotalMs: this.#latencies.length === 0 ? null : roundAll(percentiles(this.#latencies)),
      hopMs: last.hopMs && roundAll(last.hopMs),
      worstHopP99Ms: round(this.#worstHopP99Ms),
      realTimeFactor: round(last.realTimeFactor),
      driftPpm: last.driftPpm && round(last.driftPpm),
      counters: addCounters(this.#earlier, newest.counters),
      engineRestarts: this.#engineRestarts,
      engine: this.#engine(),
      incidents: this.#incidents,
      recordings: this.#recordings,
      ended: given.ended,
    };
  }

  #telemetry(telemetry: Telemetry): void {
    this.#last = telemetry;
    if (telemetry.state !== 'running') return;
    this.#lastRunning = telemetry;
    this.#worstHopP99Ms = Math.max(this.#worstHopP99Ms, telemetry.hopMs?.p99 ?? 0);
    if (++this.#skipped < this.#stride) return;
    this.#skipped = 0;
    this.#latencies.push(telemetry.latencyMs.total);
    if (this.#latencies.length < MAX_LATENCIES) return;
    this.#latencies = this.#latencies.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  #engine(): LiveDocument['engine'] {
    if (!this.#vitals) return { cpuPercent: null, heapUsedMiB: null, rssMiB: null };
    const { first, last } = this.#vitals;
    const elapsedMs = last.atMs - first.atMs;
    const mib = (bytes: number): number => round(bytes / 2 ** 20);
    return {
      cpuPercent: elapsedMs > 0 ? round((100 * (last.cpuMs - first.cpuMs)) / elapsedMs) : null,
      heapUsedMiB: mib(last.heapUsedBytes),
      rssMiB: mib(last.rssBytes),
    };
  }
}

function addCounters(a: LiveCounters | undefined, b: LiveCounters): LiveCounters {
  if (!a) return b;
  const names = Object.keys(b) as (keyof LiveCounters)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as LiveCounters;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function roundAll<T extends object>(values: T): T {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, round(value as number)]),
  ) as T;
}
