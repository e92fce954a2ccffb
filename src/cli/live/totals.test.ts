import { describe, expect, it } from 'vitest';
import { exampleTelemetry } from '../../../test/fixtures/telemetry.ts';
import { ResiduaError } from '../../common/errors.ts';
import type { Telemetry } from '../../ipc/live.ts';
import { LiveTotals } from './totals.ts';

const given = { backend: 'fake', virtualMicrophone: null, startMs: 12, ended: 'quit' } as const;
const show = (totals: LiveTotals, change: Partial<Telemetry> = {}) =>
  totals.take({ type: 'telemetry', telemetry: exampleTelemetry(change) });

describe('LiveTotals', () => {
  it('tells nothing without telemetry', () => {
    expect(new LiveTotals().document(given)).toBeUndefined();
  });

  it('sums up a run: what stood last, the spread of the latency, the worst p99', () => {
    const totals = new LiveTotals();
    const { latencyMs } = exampleTelemetry();
    for (const total of [40, 50, 60]) show(totals, { latencyMs: { ...latencyMs, total } });
    show(totals, { hopMs: { p50: 1, p95: 2, p99: 9, max: 12 } });
    show(totals);
    totals.vitals({ atMs: 1000, cpuMs: 500, heapUsedBytes: 1, rssBytes: 1 });
    totals.vitals({ atMs: 3000, cpuMs: 700, heapUsedBytes: 2 ** 20, rssBytes: 2 ** 22 });
    const document = totals.document(given)!;
    expect(document).toMatchObject({
      model: 'residua-v1',
      quantizer: 'rvq',
      codebooks: 8,
      seconds: 65.4,
      latencyTotalMs: { p50: 48, max: 60 },
      hopMs: { p99: 2.1 },
      worstHopP99Ms: 9,
      engine: { cpuPercent: 10, heapUsedMiB: 1, rssMiB: 4 },
      engineRestarts: 0,
      ended: 'quit',
    });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it('keeps the latency of the time when sound passed', () => {
    const totals = new LiveTotals();
    show(totals);
    const { latencyMs, counters } = exampleTelemetry();
    show(totals, {
      state: 'stopped',
      uptimeMs: 0,
      latencyMs: { ...latencyMs, total: 0 },
      counters: { ...counters, underruns: 3 },
    });
    const document = totals.document(given)!;
    expect(document.latencyMs.total).toBe(48);
    expect(document.seconds).toBe(65.4);
    expect(document.counters.underruns).toBe(3);
  });

  it('adds up over engines that died', () => {
    const totals = new LiveTotals();
    show(totals);
    const problem = new ResiduaError('ENGINE_DIED', 'died');
    totals.take({ type: 'engine-restarted', problem, afterMs: 100 });
    show(totals, { uptimeMs: 600 });
    expect(totals.document(given)).toMatchObject({
      seconds: 66,
      engineRestarts: 1,
      counters: { hops: 13_000, underruns: 2 },
    });
  });

  it('takes a week of telemetry in bounded memory', () => {
    const totals = new LiveTotals();
    const telemetry = exampleTelemetry();
    for (let i = 0; i < 400_000; i++) totals.take({ type: 'telemetry', telemetry });
    expect(totals.document(given)!.latencyTotalMs!.p50).toBe(48);
  });
});
