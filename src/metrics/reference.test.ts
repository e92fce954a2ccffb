import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  AUDIO_ROOT,
  committedPairs,
  createPair,
  fingerprint,
  type Pair,
  testSplitPairs,
  testSplitPresent,
} from '../../test/fixtures/metrics/pairs.ts';
import { estoi, pesqWb, stoi } from './index.ts';

/**
 * Proof against the Python packages pesq (the ITU-T reference software) and pystoi. How the values
 * were made: scripts/metrics-reference.
 */

interface ReferenceValues {
  fingerprint: string;
  pesqWb: number;
  /** Absent where the signals differ in length. */
  stoi?: number;
  estoi?: number;
}

const { pairs: references } = JSON.parse(
  readFileSync(new URL('../../test/fixtures/metrics/reference.json', import.meta.url), 'utf8'),
) as { pairs: Record<string, ReferenceValues> };

/** What the project promises. */
const STOI_TOLERANCE = 0.002;
const PESQ_TOLERANCE = 0.15;
const PESQ_TOLERANCE_95 = 0.05;
/** What it reaches; a change that loses this has broken something. */
const STOI_REACHED = 1e-6;
const PESQ_REACHED_95 = 0.001;

const deviations: { id: string; pesq: number; stoi: number; estoi: number }[] = [];

async function measure(pair: Pair): Promise<void> {
  const expected = references[pair.id];
  expect(expected, `reference.json has no ${pair.id}: see scripts/metrics-reference`).toBeDefined();
  const signals = await createPair(pair);
  expect(fingerprint(signals), 'the recipe no longer makes the signals that were measured').toBe(
    expected!.fingerprint,
  );
  const { reference, degraded } = signals;
  const deviation = { id: pair.id, pesq: 0, stoi: 0, estoi: 0 };
  deviation.pesq = Math.abs(pesqWb(reference, degraded, 16000) - expected!.pesqWb);
  if (expected!.stoi !== undefined && expected!.estoi !== undefined) {
    deviation.stoi = Math.abs(stoi(reference, degraded, 16000) - expected!.stoi);
    deviation.estoi = Math.abs(estoi(reference, degraded, 16000) - expected!.estoi);
  }
  deviations.push(deviation);
  expect(deviation.pesq, 'PESQ').toBeLessThanOrEqual(PESQ_TOLERANCE);
  expect(deviation.stoi, 'STOI').toBeLessThanOrEqual(STOI_TOLERANCE);
  expect(deviation.estoi, 'ESTOI').toBeLessThanOrEqual(STOI_TOLERANCE);
}

function percentile(values: number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
}

describe('degradations of the committed recordings', () => {
  it.each(committedPairs())('$id', measure);
});

const present = testSplitPresent();
if (!present) {
  process.stderr.write(
    `skipped: ${testSplitPairs().length} pairs of the test split, not found in ${AUDIO_ROOT}` +
      ' (RESIDUA_AUDIO names another folder)\n',
  );
}

describe.skipIf(!present)(`test split in ${AUDIO_ROOT}`, () => {
  it.each(testSplitPairs())('$id', measure);
});

describe('all pairs together', () => {
  it('agree far more closely than promised', () => {
    expect(deviations.length).toBeGreaterThanOrEqual(present ? 150 : 60);
    const pesq = deviations.map((deviation) => deviation.pesq);
    expect(percentile(pesq, 0.95)).toBeLessThanOrEqual(PESQ_TOLERANCE_95);
    expect(percentile(pesq, 0.95)).toBeLessThanOrEqual(PESQ_REACHED_95);
    for (const { id, stoi: s, estoi: e } of deviations) {
      expect(Math.max(s, e), id).toBeLessThanOrEqual(STOI_REACHED);
    }
  });
});

afterAll(() => {
  const worst = (name: 'pesq' | 'stoi' | 'estoi'): string => {
    const values = deviations.map((deviation) => deviation[name]);
    const most = Math.max(...values);
    const at = deviations.find((deviation) => deviation[name] === most)?.id;
    return `${name} worst ${most.toExponential(1)} (${at}), p95 ${percentile(values, 0.95).toExponential(1)}`;
  };
  process.stderr.write(
    `${deviations.length} pairs: ${worst('pesq')}; ${worst('stoi')}; ${worst('estoi')}\n`,
  );
});
