/** Made-up results for tests: shaped like a study's, the same every time. */
import { gaussian, mulberry32 } from '../../graph/random.ts';
import { studyPaths } from '../paths.ts';
import { parsePlan, type PlannedRun } from '../plan.ts';
import { writeResult, type Metrics, type RateResult, type RunResult } from '../result.ts';

const FAMILIES: readonly (readonly [
  family: string,
  label: string,
  strength: number,
  rates: number[],
])[] = [
  ['vq', 'VQ', 0.1, [1]],
  ['rvq', 'RVQ', 0.3, [1, 2, 4, 8, 16]],
  ['simvq', 'SimVQ (residual)', 0.25, [1, 2, 4, 8, 16]],
  ['pq', 'PQ', -0.2, [1, 2, 4, 8, 16]],
  ['gumbel', 'Gumbel-Softmax', -0.5, [1, 2, 4, 8, 16]],
  ['fsq', 'FSQ', 0.05, [1, 2, 4, 8, 16]],
  ['bsq', 'BSQ', -0.4, [1, 2, 4, 8, 16]],
];

/** A plan with every kind of run: families, a second seed, ablations, one diverged, one not run. */
export function fakePlan(): PlannedRun[] {
  const run = (id: string, group: string, label: string, more: object = {}): object => ({
    id,
    group,
    label,
    about: `What ${label} is for.`,
    config: {},
    ...more,
  });
  const runs = [
    run('base', 'base', 'no quantizer'),
    ...FAMILIES.map(([family, label, , rates]) =>
      run(family, 'family', label, {
        config: { quantizer: { family, dropout: rates.length > 1 ? 0.5 : 0 } },
        rates,
      }),
    ),
    run('rvq-seed2', 'family', 'RVQ, second seed', { seedOf: 'rvq', config: { seed: 2 } }),
    run('rvq-256', 'ablation', 'codebooks of 256 | not 1024', {
      extends: 'rvq',
      rates: [1, 9, 20],
    }),
    run('rvq-fixed', 'ablation', 'no quantizer dropout', { extends: 'rvq', rates: [16] }),
    run('gumbel-cold', 'ablation', 'temperature 0.1 from the start', { extends: 'gumbel' }),
    run('later', 'ablation', 'not run yet', { extends: 'rvq' }),
  ];
  return parsePlan({ common: { quantizer: { family: 'none' } }, runs }, 'fake plan');
}

/** Writes results for {@link fakePlan} below `root`. */
export function writeFakeResults(root: string, plan: readonly PlannedRun[]): void {
  const paths = studyPaths(root);
  plan.forEach((run, index) => {
    if (run.id === 'later') return;
    writeResult(paths.result(run.id), fakeResult(run, index));
  });
}

function fakeResult(run: PlannedRun, index: number): RunResult {
  const random = mulberry32(index + 1);
  const noise = (size: number): number => size * gaussian(random);
  const family = FAMILIES.find(([id]) => run.id === id || run.id.startsWith(`${id}-`));
  const perCodebook = run.id === 'rvq-256' ? 0.8 : 1;
  const steps = run.group === 'ablation' ? 300 : 500;
  const curve: RunResult['curve'] = Array.from({ length: 50 }, (_, i) => {
    const step = ((i + 1) * steps) / 50;
    const loss = 3 + 4 * Math.exp(-step / 100) + noise(0.1);
    const siSdr = 6 + (family?.[2] ?? 1) - 4 * Math.exp(-step / 150);
    return step % (steps / 5) === 0 ? [step, loss, siSdr] : [step, loss];
  });
  const common = {
    id: run.id,
    configHash: run.configHash,
    steps,
    audioHours: steps / 150,
    audioHoursBefore: 28,
    wallSeconds: 2400 + 100 * index,
    curve,
  };
  if (run.id === 'gumbel-cold') {
    const reason = 'Training diverged at step 120 (loss NaN). Resume lower.';
    return { ...common, status: 'diverged', reason, rates: [] };
  }
  const strength = (family?.[2] ?? 0) + noise(0.1);
  const rates = (run.rates.length === 0 ? [0] : run.rates).map((n) =>
    fakeRate(n, n * perCodebook, strength),
  );
  const collapsed = run.id === 'bsq';
  return {
    ...common,
    status: collapsed ? 'collapsed' : 'done',
    ...(collapsed ? { reason: 'collapsed codebooks: 3 (6.3% used, perplexity 1.0)' } : {}),
    rates,
    noisy: {
      metrics: noisyAt(5),
      files: 50,
      bySnr: SNRS.map((snrDb) => ({ snrDb, files: 10, metrics: noisyAt(snrDb) })),
    },
    bench: {
      hopMs: { p50: 0.6 + 0.1 * index, p95: 1, p99: 1.9, max: 4 },
      ...(run.rates.length === 0 ? {} : { quantizerMs: { p50: 0.02 * index, p95: 0.3 } }),
      rtf: 0.07,
      rssMiB: 170,
      coldStartMs: 500,
    },
    macsPerHop: 3_600_000 + 1000 * index,
    quantizerMacs: run.rates.length === 0 ? 0 : 65_536 * index,
    params: 1_400_000,
    bytes: 5_600_000,
    codebookSize: run.rates.length === 0 ? 0 : run.id === 'rvq-256' ? 256 : 1024,
    maxCodebooks: Math.max(0, ...run.rates),
  };
}

const SNRS = [-5, 0, 5, 10, 15];

function noisyAt(snrDb: number): Metrics {
  const share = (snrDb + 10) / 30;
  return {
    siSdr: snrDb,
    stoi: 0.6 + 0.35 * share,
    estoi: 0.4 + 0.5 * share,
    pesqWb: 1.05 + 0.6 * share,
    lsd: 18 - 8 * share,
  };
}

/** Better with the rate, towards the network without a quantizer (rate 0). */
function fakeRate(codebooks: number, kbps: number, strength: number): RateResult {
  const reach = kbps === 0 ? 1 : 0.9 - 0.75 / (1 + kbps / 2);
  const at = (snrDb: number): Metrics => {
    const noisy = noisyAt(snrDb);
    const siSdr = -4 + (snrDb * 0.6 + 10.5) * (reach + 0.05 * strength);
    return {
      siSdr,
      siSdrImprovement: siSdr - noisy.siSdr!,
      stoi: Math.min(0.98, 0.5 + noisy.stoi! * 0.45 * (reach + 0.1 * strength)),
      stoiNoisy: noisy.stoi!,
      estoi: Math.min(0.97, 0.3 + noisy.estoi! * 0.6 * (reach + 0.1 * strength)),
      estoiNoisy: noisy.estoi!,
      pesqWb: 1.05 + 0.9 * (reach + 0.2 * strength) * ((snrDb + 15) / 25),
      pesqWbNoisy: noisy.pesqWb!,
      lsd: 12 - 6 * reach,
      lsdNoisy: noisy.lsd!,
    };
  };
  return {
    codebooks,
    kbps,
    metrics: at(5),
    bySnr: SNRS.map((snrDb) => ({ snrDb, files: 10, metrics: at(snrDb) })),
    codes: Array.from({ length: codebooks }, (_, i) => ({
      usage: 1 - 0.02 * i,
      perplexity: 900 - 40 * i,
      effectiveBits: 9.7 - 0.25 * i,
    })),
    cleanThrough: { siSdr: 4 + 14 * reach, stoi: 0.9, pesqWb: 2.5, lsd: 5 },
  };
}
