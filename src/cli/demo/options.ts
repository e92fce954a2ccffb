import { parseArgs } from 'node:util';
import { UsageError } from '../../common/errors.ts';

export const HELP = `residua demo: hear and see what every quantizer does to real noisy recordings

Usage
  npm run demo
  npm run demo -- [options]
  residua demo [options]

Streams each recording hop by hop through every quantizer, exactly as live, prints a table
(SI-SDR, STOI, PESQ noisy → enhanced, bitrate, latency, time per hop), and writes enhanced WAV
files and one self-contained HTML page with spectrograms and players. Needs no sound card, no GPU,
no display and no network.

Options
  --out DIR          where to write (default: demo-out)
  --quantizer ID     one quantizer only, e.g. vq (default: all)
  --models DIR       a model folder, or a folder of model folders (default: models)
  --recordings DIR   a folder with demo.json (default: resources/demo)
  --json             one JSON document on stdout instead of the table
  -h, --help         this text
`;

export interface DemoOptions {
  readonly out: string;
  /** Undefined: all. */
  readonly quantizer: string | undefined;
  /** Undefined: the checkout's own. */
  readonly models: string | undefined;
  readonly recordings: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws UsageError for an unknown option, a missing value or a stray argument */
export function parseDemoOptions(argv: readonly string[]): DemoOptions {
  const { values } = parse(argv);
  for (const name of ['out', 'quantizer', 'models', 'recordings'] as const) {
    if (values[name] === '') {
      throw new UsageError(`--${name} is empty`, { hint: 'Run with --help to see the options.' });
    }
  }
  return {
    out: values.out ?? 'demo-out',
    quantizer: values.quantizer === 'all' ? undefined : values.quantizer,
    models: values.models,
    recordings: values.recordings,
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        out: { type: 'string' },
        quantizer: { type: 'string' },
        models: { type: 'string' },
        recordings: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split('. ')[0] ?? message, {
      hint: 'Run with --help to see the options.',
      cause: error,
    });
  }
}
