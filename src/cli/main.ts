import { Command, CommanderError } from 'commander';
import { removeUnfinishedFiles } from '../audio/atomic-file.ts';
import { describeError, exitCodeOf, ResiduaError } from '../common/errors.ts';
import { AlreadyReported } from './already-reported.ts';
import { errorJson } from './error-json.ts';
import { requestEnd } from './interrupt.ts';
import { packageVersion } from './package-version.ts';
import { log, printJson } from './terminal.ts';

type Register = (program: Command) => void;

/** In the order of the help. Loaded on demand: a start should not pay for the other commands. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  denoise: async () => (await import('./commands/denoise.ts')).registerDenoise,
  encode: async () => (await import('./commands/encode.ts')).registerEncode,
  decode: async () => (await import('./commands/decode.ts')).registerDecode,
  live: async () => (await import('./commands/live.ts')).registerLive,
  app: async () => (await import('./commands/app.ts')).registerApp,
  devices: async () => (await import('./commands/devices.ts')).registerDevices,
  models: async () => (await import('./commands/models.ts')).registerModels,
  bench: async () => (await import('./commands/bench.ts')).registerBench,
  evaluate: async () => (await import('./commands/evaluate.ts')).registerEvaluate,
  demo: async () => (await import('./demo/command.ts')).registerDemo,
};

const EXAMPLES = `
Examples:
  residua denoise talk.flac -o clean.wav          clean one recording
  residua denoise *.mp3 -o cleaned/               clean many into a folder
  residua encode talk.wav -o talk.rsd             keep only the code stream (about 1 kbit/s)
  residua decode talk.rsd -o talk.wav             and hear it again
  residua live --virtual-mic                      clean the microphone for a call
  residua app                                     the app, in your browser
  residua devices                                 which microphones and loudspeakers there are
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
    const program = await createProgram(args[0]);
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof AlreadyReported) return error.exitCode;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      if (wantsJson) printJson({ error: { code: 'USAGE', message: usageMessage(error) } });
      return 2;
    }
    log(`residua: ${describeError(error)}`);
    if (!(error instanceof ResiduaError) && process.env.RESIDUA_DEBUG)
      log(String((error as Error).stack));
    if (wantsJson) printJson({ error: errorJson(error) });
    return exitCodeOf(error);
  } finally {
    stop();
  }
}

/** @param only the command to be run, where it is known: no other one is loaded then */
async function createProgram(only: string | undefined): Promise<Command> {
  const program = new Command('residua')
    .description('Cleans speech, recorded or live, with a neural codec trained on noisy speech.')
    .helpCommand(false)
    .version(packageVersion(), '-V, --version')
    .showHelpAfterError('(see residua --help)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  const known = only !== undefined && Object.hasOwn(COMMANDS, only);
  for (const name of known ? [only] : Object.keys(COMMANDS)) (await COMMANDS[name]!())(program);
  for (const command of program.commands) {
    command.exitOverride().showHelpAfterError(`(see residua ${command.name()} --help)`);
  }
  return program;
}

/** Commander has already printed its message, with 'error: ' before it. */
function usageMessage(error: CommanderError): string {
  return error.code === 'commander.help'
    ? 'no command given'
    : error.message.replace(/^error: /, '');
}

/** Ctrl-C and a terminate signal leave nothing half-written behind; some commands end in their own way first. */
function stopCleanly(): () => void {
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const handlers = Object.entries(codes).map(([signal, code]) => {
    const handler = (): void => {
      if (requestEnd()) return;
      removeUnfinishedFiles();
      process.exit(code);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => handlers.forEach((remove) => remove());
}
