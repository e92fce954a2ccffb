import { Command, CommanderError } from 'commander';
import { removeUnfinishedFiles } from '../audio/atomic-file.ts';
import { describeError, exitCodeOf, ResiduaError } from '../common/errors.ts';
import { registerBench } from './commands/bench.ts';
import { registerDecode } from './commands/decode.ts';
import { registerDenoise } from './commands/denoise.ts';
import { registerEncode } from './commands/encode.ts';
import { registerEvaluate } from './commands/evaluate.ts';
import { registerModels } from './commands/models.ts';
import { registerDemo } from './demo/command.ts';
import { errorJson } from './error-json.ts';
import { log, printJson } from './terminal.ts';

const EXAMPLES = `
Examples:
  residua denoise talk.flac -o clean.wav          clean one recording
  residua denoise *.mp3 -o cleaned/               clean many into a folder
  residua encode talk.wav -o talk.rsd             keep only the code stream (about 1 kbit/s)
  residua decode talk.rsd -o talk.wav             and hear it again
  residua models                                  which models and quantizers there are
  residua bench                                   how fast they run here
  residua evaluate path/to/test                   how good they are, measured

Each command explains itself: residua denoise --help
Exit status: 0 done, 1 the work failed, 2 wrong usage. Messages go to stderr, results to stdout.`;

/**
 * Runs one command line.
 * @param args without the node executable and the script
 * @returns the exit status: 0 done, 1 the work failed, 2 wrong usage
 */
export async function main(args: readonly string[]): Promise<number> {
  const wantsJson = args.includes('--json');
  const stop = stopCleanly();
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return process.exitCode === undefined ? 0 : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    log(`residua: ${describeError(error)}`);
    if (!(error instanceof ResiduaError) && process.env.RESIDUA_DEBUG)
      log(String((error as Error).stack));
    if (wantsJson) printJson({ error: errorJson(error) });
    return exitCodeOf(error);
  } finally {
    stop();
  }
}

export function createProgram(): Command {
  const program = new Command('residua')
    .description('Cleans speech recordings with a neural codec trained on noisy speech.')
    .helpCommand(false)
    .showHelpAfterError('(see residua --help)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  const commands = [
    registerDenoise,
    registerEncode,
    registerDecode,
    registerModels,
    registerBench,
    registerEvaluate,
    registerDemo,
  ];
  for (const register of commands) register(program);
  for (const command of program.commands) {
    command.exitOverride().showHelpAfterError(`(see residua ${command.name()} --help)`);
  }
  return program;
}

/** Ctrl-C and a terminate signal leave no half-written file behind. */
function stopCleanly(): () => void {
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const handlers = Object.entries(codes).map(([signal, code]) => {
    const handler = (): void => {
      removeUnfinishedFiles();
      process.exit(code);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => handlers.forEach((remove) => remove());
}
