/**
 * `npm run bench:live [-- --minutes 30] [--quantizer ID] [--block-ms 5] [--json]`: the live engine as it runs in earnest,
 * through PortAudio and a private sound server with null sinks in place of sound cards. Measures warm start to
 * sound, click to click, processor time, and, over the whole run, underruns, hop times, growth of memory and of
 * latency. Needs pulseaudio, pulseaudio-utils and libasound2-plugins.
 */
import { loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { mean, percentiles } from '../../src/common/statistics.ts';
import { forkEngine } from '../../src/host/client/fork-engine.ts';
import {
  EngineSupervisor,
  type EngineVitals,
  type SupervisorEvent,
} from '../../src/host/client/supervisor.ts';
import type { Telemetry } from '../../src/ipc/live.ts';
import {
  EXACT_RATE_HZ,
  PulseDaemon,
  pulseMissing,
  TEST_MIC,
  TEST_MIC_NAME,
  TEST_OUT_NAME,
  TEST_OUT,
} from '../../test/fixtures/pulse.ts';
import { treeUsage } from './process-tree.ts';
import { onsets, TimedRecorder } from './stream-times.ts';

const RATE = EXACT_RATE_HZ;
const WARM_STARTS = 5;
const CLICKS = 40;
/** Growth and gaps are counted from here: code is compiled and the cushion has found its size before. */
const SETTLE_S = 30;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    quantizer: { type: 'string', default: 'rvq' },
    'block-ms': { type: 'string', default: '10' },
    model: {
      type: 'string',
      default: path.resolve(import.meta.dirname, '../../models/residua-v1'),
    },
    json: { type: 'boolean', default: false },
  },
});
const missing = pulseMissing();
if (missing) {
  console.error(`bench:live needs a sound server: ${missing}`);
  process.exit(1);
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const round = (value: number, digits = 2) => Number(value.toFixed(digits));
const say = (text: string) => process.stderr.write(`${text}\n`);

/** Sound without end, by one player: the server changes its timing with every one that comes and goes. */
function feed(daemon: PulseDaemon, piece: Float32Array, isOver: () => boolean): Promise<void> {
  function* pieces(): Generator<Float32Array> {
    while (!isOver()) yield piece;
  }
  return daemon.play(TEST_MIC, pieces());
}

/** A click every half second, as wide as a sample at the model's rate. */
const clicks = Float32Array.from({ length: RATE }, (_, i) => {
  const at = (i % (RATE / 2)) - RATE / 4;
  return at >= 0 && at < 3 ? 0.9 : 0;
});

/** Noise with pauses, as speech has; repeatable. */
function speechLike(): Float32Array {
  let seed = 1;
  return Float32Array.from({ length: RATE * 2 }, (_, i) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return 0.2 * Math.max(0, Math.sin((2 * Math.PI * 3 * i) / RATE)) * (seed / 1_073_741_824 - 1);
  });
}

const daemon = await PulseDaemon.start(RATE);
const load = { start: loadavg().map((v) => round(v)), end: [] as number[] };
let newest: Telemetry | undefined;
const seen: Telemetry[] = [];
let vitals: EngineVitals | undefined;
const incidents: string[] = [];
const supervisor = new EngineSupervisor({
  launch: forkEngine,
  onVitals: (value) => (vitals = value),
  onEvent: (event: SupervisorEvent) => {
    if (event.type === 'telemetry') {
      newest = event.telemetry;
      seen.push(event.telemetry);
    } else if (!['state', 'controls', 'log'].includes(event.type)) incidents.push(event.type);
  },
});

try {
  await supervisor.open({
    modelFolder: values.model,
    provider: 'cpu',
    backend: 'portaudio',
    devices: { input: TEST_MIC_NAME, output: TEST_OUT_NAME },
    controls: { quantizer: values.quantizer },
    blockMs: Number(values['block-ms']),
  });
  const coldFrom = performance.now();
  await supervisor.start();
  const coldStartMs = performance.now() - coldFrom;
  await supervisor.stop();
  const warmStartMs = await measureWarmStarts();
  await supervisor.start();
  const clickMs = await measureClicks();
  const soak = await measureSoak(Number(values.minutes) * 60);
  load.end = loadavg().map((v) => round(v));
  const result = {
    quantizer: values.quantizer,
    load,
    coldStartMs: round(coldStartMs),
    warmStartMs,
    clickMs,
    soak,
    incidents,
  };
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else report(result);
} finally {
  await supervisor.close();
  await daemon.stop();
}

/** From asking for sound to the first of it at the output, microphone already sounding. */
async function measureWarmStarts(): Promise<{
  readonly command: number[];
  readonly sound: number[];
}> {
  say('warm starts …');
  const [command, sound]: [number[], number[]] = [[], []];
  await supervisor.update({ mix: 0 });
  let over = false;
  const tone = Float32Array.from({ length: RATE * 2 }, (_, i) => 0.5 * Math.sin(i * 0.06));
  const feeding = feed(daemon, tone, () => over);
  await pause(500);
  for (let i = 0; i < WARM_STARTS; i++) {
    const heard = new TimedRecorder(`${TEST_OUT}.monitor`);
    while (heard.samples < RATE / 4) await pause(20);
    heard.drain();
    const from = performance.now();
    await supervisor.start();
    command.push(round(performance.now() - from));
    await pause(1500);
    const { samples, firstIndex } = heard.drain();
    const [first] = onsets(samples, firstIndex, 0.1, RATE);
    sound.push(first === undefined ? Number.NaN : round(heard.timeOfMs(first) - from));
    heard.stop();
    await supervisor.stop();
    await pause(300);
  }
  over = true;
  await feeding;
  return { command, sound };
}

/** Clicks into the microphone, both ends recorded; the dry sound is delayed exactly as the cleaned one. */
async function measureClicks() {
  say('clicks …');
  await supervisor.update({ mix: 0 });
  let over = false;
  const feeding = feed(daemon, clicks, () => over);
  await pause(15_000);
  const [sent, heard] = [
    new TimedRecorder(`${TEST_MIC}.monitor`),
    new TimedRecorder(`${TEST_OUT}.monitor`),
  ];
  await pause(1000 + CLICKS * 500);
  over = true;
  const ledger = newest!.latencyMs;
  const times = [sent, heard].map((recorder) => {
    const { samples, firstIndex } = recorder.drain();
    recorder.stop();
    return onsets(samples, firstIndex, 0.2, RATE / 10).map((index) => recorder.timeOfMs(index));
  }) as [number[], number[]];
  const delays = times[0].flatMap((from) => {
    const to = times[1].find((time) => time > from);
    return to === undefined || to - from > 400 ? [] : [to - from];
  });
  await feeding;
  await supervisor.update({ mix: 1 });
  return {
    count: delays.length,
    ...roundAll(percentiles(delays)),
    min: round(Math.min(...delays)),
    ledger: roundAll(ledger),
  };
}

async function measureSoak(seconds: number) {
  say(`${seconds} s of sound …`);
  let over = false;
  const feeding = feed(daemon, speechLike(), () => over);
  await pause(SETTLE_S * 1000);
  seen.length = 0;
  const before = newest!.counters;
  const usage = treeUsage(supervisor.pid!);
  const from = performance.now();
  const heap: { readonly atS: number; readonly heap: number; readonly rss: number }[] = [];
  const worst = { hopP99Ms: 0, hopMaxMs: 0 };
  const latency: number[] = [];
  const drift: number[] = [];
  while (performance.now() - from < seconds * 1000) {
    await pause(1000);
    for (const { hopMs, latencyMs, driftPpm } of seen.splice(0)) {
      worst.hopP99Ms = Math.max(worst.hopP99Ms, hopMs?.p99 ?? 0);
      worst.hopMaxMs = Math.max(worst.hopMaxMs, hopMs?.max ?? 0);
      latency.push(latencyMs.total);
      if (driftPpm !== null) drift.push(driftPpm);
    }
    heap.push({
      atS: (performance.now() - from) / 1000,
      heap: vitals!.heapUsedBytes,
      rss: treeUsage(supervisor.pid!).rssBytes,
    });
  }
  const elapsedMs = performance.now() - from;
  const used = treeUsage(supervisor.pid!).cpuMs - usage.cpuMs;
  const after = newest!.counters;
  over = true;
  const tenth = Math.max(1, Math.floor(latency.length / 10));
  const counted = [
    'hops',
    'underruns',
    'overruns',
    'droppedSamples',
    'missingSamples',
    'modelFailures',
    'workerRestarts',
    'deviceLosses',
    'tapHopsLost',
  ] as const;
  const result = {
    seconds: round(elapsedMs / 1000, 0),
    cpuPercent: round((100 * used) / elapsedMs),
    processes: usage.processes,
    counters: Object.fromEntries(counted.map((name) => [name, after[name] - before[name]])),
    hopMs: roundAll(newest!.hopMs!),
    worstHopP99Ms: round(worst.hopP99Ms),
    worstHopMs: round(worst.hopMaxMs),
    latencyMs: {
      first: round(mean(latency.slice(0, tenth))),
      last: round(mean(latency.slice(-tenth))),
      ...roundAll(percentiles(latency)),
    },
    driftPpm: {
      last: round(drift.at(-1) ?? Number.NaN),
      min: round(Math.min(...drift)),
      max: round(Math.max(...drift)),
    },
    /** Least heap of the first and of the last fifth: what is left after a collection. */
    heapMiB: growth(heap.map((h) => h.heap)),
    rssMiB: growth(heap.map((h) => h.rss)),
  };
  // With the microphone released and the models kept.
  await supervisor.stop();
  await pause(2000);
  const idleFrom = treeUsage(supervisor.pid!).cpuMs;
  await pause(5000);
  const idlePercent = round((100 * (treeUsage(supervisor.pid!).cpuMs - idleFrom)) / 5000);
  await feeding;
  return { ...result, idleCpuPercent: idlePercent };
}

function growth(values: readonly number[]): { readonly first: number; readonly last: number } {
  const fifth = Math.max(1, Math.floor(values.length / 5));
  const least = (part: readonly number[]) => round(Math.min(...part) / 2 ** 20);
  return { first: least(values.slice(0, fifth)), last: least(values.slice(-fifth)) };
}

function roundAll<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).map(([k, v]) => [k, round(v as number)])) as T;
}

function report(result: {
  readonly load: { readonly start: number[]; readonly end: number[] };
  readonly coldStartMs: number;
  readonly warmStartMs: { readonly command: number[]; readonly sound: number[] };
  readonly clickMs: Awaited<ReturnType<typeof measureClicks>>;
  readonly soak: Awaited<ReturnType<typeof measureSoak>>;
  readonly incidents: string[];
}): void {
  const { clickMs, soak, warmStartMs } = result;
  const rows: [string, string][] = [
    ['load average', `${result.load.start.join(' ')} before, ${result.load.end.join(' ')} after`],
    ['first start', `${result.coldStartMs} ms, models loaded in it`],
    ['warm start to sound', `${warmStartMs.sound.join(', ')} ms`],
    ['click to click', `p50 ${clickMs.p50}, max ${clickMs.max} ms (${clickMs.count} clicks)`],
    [
      '  as the ledger says',
      `${clickMs.ledger.total} ms: ${Object.entries(clickMs.ledger)
        .filter(([name, ms]) => name !== 'total' && ms > 0)
        .map(([name, ms]) => `${name} ${ms}`)
        .join(', ')}`,
    ],
    ['sound', `${soak.seconds} s, ${soak.counters['hops']} hops`],
    ['underruns', `${soak.counters['underruns']}, overruns ${soak.counters['overruns']}`],
    [
      'hop',
      `p99 ${soak.hopMs.p99} ms at the end, worst p99 of 10 s ${soak.worstHopP99Ms} ms, worst hop ${soak.worstHopMs} ms`,
    ],
    [
      'latency',
      `${soak.latencyMs.first} ms in the first tenth, ${soak.latencyMs.last} ms in the last`,
    ],
    [
      'heap',
      `${soak.heapMiB.first} → ${soak.heapMiB.last} MiB; resident, all processes ${soak.rssMiB.first} → ${soak.rssMiB.last} MiB`,
    ],
    [
      'processor',
      `${soak.cpuPercent}% of a core in ${soak.processes} processes; ${soak.idleCpuPercent}% when stopped`,
    ],
    ['incidents', result.incidents.join(', ') || 'none'],
  ];
  for (const [name, text] of rows) console.log(`${name.padEnd(22)}${text}`);
}
