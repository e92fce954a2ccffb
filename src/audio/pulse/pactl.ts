/**
 * `pactl`, the command line of PulseAudio and of PipeWire's Pulse server: lists devices, loads modules,
 * and tells when something changes. Version 16 or newer, which speaks JSON.
 */
import { execFile, spawn } from 'node:child_process';
import { ResiduaError } from '../../common/errors.ts';

const TIMEOUT_MS = 4000;
const MAX_BYTES = 32 << 20;

export interface PactlOptions {
  /** Default: this process's environment, so that PULSE_SERVER and XDG_RUNTIME_DIR count. */
  readonly env?: NodeJS.ProcessEnv;
}

/** `PULSE_UNAVAILABLE`: no sound server, or no `pactl`. `PULSE_REFUSED`: the server said no. */
export class PulseError extends ResiduaError {
  override readonly name = 'PulseError';
  declare readonly code: 'PULSE_UNAVAILABLE' | 'PULSE_REFUSED';
}

/**
 * Runs one command. Never waits longer than 4 s: a hung server looks like none.
 * @returns what it printed
 * @throws PulseError
 */
export function pactl(args: readonly string[], options: PactlOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      'pactl',
      args,
      {
        env: plainEnv(options.env),
        timeout: TIMEOUT_MS,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_BYTES,
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(describeFailure(args, error, stderr));
      },
    );
  });
}

/** Like {@link pactl}, parsed. @throws PulseError also for output that is no JSON */
export async function pactlJson(
  args: readonly string[],
  options: PactlOptions = {},
): Promise<unknown> {
  const text = await pactl(['--format=json', ...args], options);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PulseError('PULSE_UNAVAILABLE', `pactl ${args.join(' ')} printed no JSON`, {
      hint: 'Install pactl 16 or newer (package pulseaudio-utils).',
      cause,
    });
  }
}

/** Ends pactl when standard input ends: it would outlive a killed parent, and cares for no broken pipe. */
const SUBSCRIBE = `
trap '' INT TERM HUP
pactl subscribe </dev/null & subscription=$!
exec >/dev/null
read -r _
kill "$subscription"
`;

/** Devices that come and go, and the server's defaults. */
const TELLS = /'(new|remove)' on (sink|source|card) |'change' on server /m;

/**
 * Reports changes of sinks, sources, cards and the server's defaults as they happen.
 * @param ended the server is gone; also called when there never was one
 * @returns ends the subscription
 */
export function subscribe(
  changed: () => void,
  ended: () => void,
  options: PactlOptions = {},
): () => void {
  const child = spawn('sh', ['-c', SUBSCRIBE], {
    env: plainEnv(options.env),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let done = false;
  const end = (): void => {
    if (done) return;
    done = true;
    ended();
  };
  child.on('error', end);
  child.stdin.on('error', () => {});
  // pactl alone holds the other end, see the script.
  child.stdout.on('close', () => {
    child.stdin.end();
    end();
  });
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    // Not every change of a device: volumes change all the time, and a new list costs something.
    if (!done && TELLS.test(`${text} `)) changed();
  });
  return () => {
    done = true;
    child.stdin.end();
  };
}

/** Messages and numbers in one language, whatever the user's. */
function plainEnv(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...env, LC_ALL: 'C' };
}

function describeFailure(
  args: readonly string[],
  error: Error & { code?: unknown; killed?: boolean },
  stderr: string,
): PulseError {
  if (error.code === 'ENOENT') {
    return new PulseError('PULSE_UNAVAILABLE', 'pactl is not installed', {
      hint: 'Install it, on Debian and Ubuntu: sudo apt install pulseaudio-utils',
      cause: error,
    });
  }
  const said = stderr.trim().split('\n').at(-1) ?? '';
  const noServer = error.killed === true || /connection|refused|timeout/i.test(said);
  return new PulseError(
    noServer ? 'PULSE_UNAVAILABLE' : 'PULSE_REFUSED',
    noServer
      ? `no sound server answers (${said || 'pactl got no answer'})`
      : `pactl ${args[0]}: ${said}`,
    {
      ...(noServer
        ? { hint: 'Start PulseAudio or PipeWire, or point PULSE_SERVER at the running one.' }
        : {}),
      cause: error,
    },
  );
}
