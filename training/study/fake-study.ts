/** A study whose processes are played by a function: for tests. Lives in a temporary folder. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord } from '../log/run-log.ts';
import type { Outcome, RunCommand, StageCommand } from './command.ts';
import { writeWhole, type JsonObject } from './json.ts';
import { studyPaths, type StudyPaths } from './paths.ts';
import { parsePlan, type PlannedRun } from './plan.ts';
import { readResult, type RunResult } from './result.ts';
import { runStudy, type RunOutcome, type StudyOptions } from './runner.ts';

export const TOTAL_STEPS = 40;

/** What a stage does instead of its work; `stop` interrupts the study while it runs. */
export type Play = 'work' | 'stop' | 'crash' | 'diverge' | 'kill' | 'collapse' | 'nonsense';

export class FakeStudy {
  readonly root: string;
  readonly paths: StudyPaths;
  /** Every stage that was run: `id/stage`. */
  readonly calls: string[] = [];
  readonly lines: string[] = [];
  /** By `id/stage`, for the next call only. */
  readonly plays = new Map<string, Play>();
  #stop = new AbortController();

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'residua-study-'));
    this.paths = studyPaths(this.root);
    mkdirSync(join(this.root, 'pairs'));
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }

  plan(...runs: JsonObject[]): PlannedRun[] {
    const common = {
      seed: 1,
      data: { corpora: [{ path: join(this.root, 'pairs') }], evaluate: join(this.root, 'pairs') },
      optimizer: { totalSteps: TOTAL_STEPS },
      quantizer: { family: 'rvq' },
    };
    const filled = runs.map((run) => ({
      group: 'family',
      label: String(run['id']),
      about: 'A run.',
      config: {},
      rates: [1, 4],
      ...run,
    }));
    return parsePlan({ common, runs: filled }, 'plan.json');
  }

  async run(
    runs: readonly PlannedRun[],
    options: Partial<StudyOptions> = {},
  ): Promise<RunOutcome[]> {
    this.calls.length = 0;
    this.#stop = new AbortController();
    return runStudy({
      runs,
      selected: new Set(runs.map(({ id }) => id)),
      force: new Set(),
      stage: 'all',
      paths: this.paths,
      runCommand: this.runCommand,
      stop: this.#stop.signal,
      say: (line) => this.lines.push(line),
      ...options,
    });
  }

  result(id: string): RunResult | undefined {
    return readResult(this.paths.result(id));
  }

  readonly runCommand: RunCommand = async ({ run, stage, args }) => {
    const key = `${run}/${stage}`;
    this.calls.push(key);
    const play = this.plays.get(key) ?? 'work';
    this.plays.delete(key);
    if (play === 'stop') {
      this.#stop.abort();
      if (stage === 'train') this.#checkpoint(run, TOTAL_STEPS / 2);
      return stage === 'train' ? outcome(0) : outcome(143);
    }
    if (play === 'crash') return outcome(1, { messages: 'TypeError: x is not a function\n' });
    if (play === 'kill') return { ...outcome(0), code: null, signal: 'SIGKILL' };
    if (play === 'nonsense') return outcome(0, { stdout: 'hello' });
    if (play === 'diverge') {
      this.#checkpoint(run, 20);
      const messages = 'step 30\nerror [DIVERGED]: Training diverged at step 30. Resume lower.\n';
      return outcome(1, { messages });
    }
    return this.#work(run, stage, args, play === 'collapse');
  };

  #work(run: string, stage: StageCommand['stage'], args: string[], collapse: boolean): Outcome {
    switch (stage) {
      case 'train':
        this.#checkpoint(run, TOTAL_STEPS);
        return outcome(0);
      case 'export':
        writeWhole(join(this.paths.model(run), 'manifest.json'), JSON.stringify(manifest()));
        return outcome(0);
      case 'noisy':
      case 'clean': {
        const list = args[args.indexOf('--codebooks') + 1]!;
        const document = evaluation(list.split(',').map(Number), collapse);
        if (stage === 'clean') Object.assign(document, { noisy: undefined });
        return outcome(0, { stdout: JSON.stringify(document) });
      }
      case 'lookup':
        return outcome(0, { stdout: '{"quantizerMs": {"p50": 0.1, "p95": 0.2}}' });
      case 'bench': {
        const hopMs = { p50: 0.5, p95: 0.8, p99: 1, max: 2 };
        const results = [{ hopMs, rtf: 0.05, rssMiB: 100, coldStartMs: 400 }];
        return outcome(0, { stdout: JSON.stringify({ results }) });
      }
    }
  }

  #checkpoint(run: string, step: number): void {
    const folder = this.paths.checkpoint(run);
    writeWhole(join(folder, 'checkpoint.json'), JSON.stringify({ step }));
    const log: LogRecord[] = [{ step: 0, seconds: 0, audioSeconds: 3600 }];
    for (let at = 10; at <= step; at += 10) {
      log.push({ step: at, seconds: at / 2, loss: 1 / at, audioSeconds: 3600 + 36 * at });
    }
    const codes = [{ usage: 1, perplexity: 12, effectiveBits: 3.6 }];
    log.push({
      step,
      seconds: step,
      evaluation: { codebooks: 4, siSdr: step / 10, cleanSiSdr: 20, codes },
    });
    writeWhole(this.paths.runLog(run), log.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  /** The config that a run was trained with. */
  trainedConfig(id: string): unknown {
    const path = this.paths.config(id);
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  }
}

function outcome(code: number, more: Partial<Outcome> = {}): Outcome {
  return { code, signal: null, stdout: '', messages: '', ...more };
}

function manifest(): JsonObject {
  const graph = (file: string) => ({ file, sha256: '0'.repeat(64), bytes: 1000, stateSize: 8 });
  return {
    format: 'residua-model',
    formatVersion: 1,
    id: 'study',
    name: 'Study',
    version: '1',
    license: 'MIT',
    description: '',
    sampleRate: 16000,
    hopSamples: 160,
    windowSamples: 320,
    algorithmicLatencySamples: 320,
    quantizers: [
      {
        id: 'rvq',
        family: 'rvq',
        label: 'RVQ',
        maxCodebooks: 4,
        codebookSize: 16,
        bitsPerCodebook: 4,
        latentDim: 8,
        encoder: graph('e.onnx'),
        decoder: graph('d.onnx'),
        params: 5000,
        macsPerHop: 7000,
        training: { quantizerMacs: 300 },
      },
    ],
  };
}

function evaluation(rates: readonly number[], collapse: boolean): JsonObject {
  const results = rates.map((codebooks) => {
    const metrics = { siSdr: codebooks, stoi: 0.8 };
    const bad = { usage: 0.0625, perplexity: 1, effectiveBits: 0 };
    const good = { usage: 1, perplexity: 12, effectiveBits: 3.6 };
    return {
      quantizer: 'rvq',
      codebooks,
      bitrateKbps: 0.4 * codebooks,
      files: 2,
      metrics,
      bySnr: [{ snrDb: 0, files: 2, metrics }],
      codebookUsage: Array.from({ length: codebooks }, (_, i) =>
        collapse && i === 2 ? bad : good,
      ),
    };
  });
  const noisy = { siSdr: 1, stoi: 0.7 };
  return { results, noisy: { ...noisy, bySnr: [{ snrDb: 0, files: 2, ...noisy }] } };
}
