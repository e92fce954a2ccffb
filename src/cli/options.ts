import { InvalidArgumentError, Option, type Command } from 'commander';
import type { WavSampleFormat } from '../audio/wav-writer.ts';

/** Options several commands share, so that they read alike everywhere. */

export interface CodecOptions {
  models?: string;
  model?: string;
  quantizer?: string;
  codebooks?: number;
  provider: string;
}

const PROVIDERS = ['auto', 'cpu', 'cuda', 'webgpu', 'dml', 'coreml'];

export function addModelOptions(command: Command): Command {
  return command
    .option('--models <dir>', 'folder of model folders (default: the ones that come with Residua)')
    .option('--model <id>', 'which of them, where there are several');
}

export function addCodecOptions(command: Command): Command {
  return addModelOptions(command)
    .option(
      '-q, --quantizer <id>',
      'quantizer id, see `residua models` (default: the first that codes)',
    )
    .option(
      '-n, --codebooks <n>',
      'codebooks to use, fewer cost fewer bits (default: all)',
      wholeNumber(1),
    )
    .addOption(providerOption());
}

export function providerOption(): Option {
  return new Option(
    '-p, --provider <name>',
    'where the network runs; auto measures, small networks are fastest on the cpu',
  )
    .choices(PROVIDERS)
    .default('cpu');
}

export function bitsOption(): Option {
  return new Option('--bits <format>', 'sample format of the WAV written')
    .choices(['16', '24', 'float'])
    .default('16');
}

export interface OutputOptions {
  bits: WavSampleFormat;
}

export function jsonOption(): Option {
  return new Option('--json', 'print one JSON document to stdout');
}

/** @returns a parser for integers from `least` up */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} up.`);
    }
    return value;
  };
}

/** @returns a parser for decimal numbers in [least, most] */
export function numberBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value >= least && value <= most)) {
      const range = most === Infinity ? `from ${least} up` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`It must be a number ${range}.`);
    }
    return value;
  };
}
