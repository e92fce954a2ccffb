import type { Command } from 'commander';
import { quantizerKbps, type ModelManifest, type QuantizerEntry } from '../../codec/manifest.ts';
import { loadModel } from '../../codec/model-folder.ts';
import { samplesToMs } from '../../common/units.ts';
import { listModelFolders } from '../model-choice.ts';
import { jsonOption } from '../options.ts';
import { figure, print, printJson, table } from '../terminal.ts';

interface ModelsOptions {
  models?: string;
  json?: boolean;
}

const HELP = `
A quantizer turns each hop into codebook indices; kbit/s is what its codes cost with all codebooks.
'none' leaves the bottleneck open: the ceiling of its network, not a codec. Codes used (in the codebook that
uses the fewest) and effective bits per code were counted on test recordings when the model was exported.

Examples:
  residua models
  residua models --models path/to/models --json`;

export function registerModels(program: Command): void {
  program
    .command('models')
    .summary('list models and their quantizers')
    .description('Lists the installed models and their quantizers.')
    .option('--models <dir>', 'folder of model folders (default: the ones that come with Residua)')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(models);
}

async function models(options: ModelsOptions): Promise<void> {
  const folders = await listModelFolders(options.models);
  const manifests: ModelManifest[] = [];
  for (const folder of folders) manifests.push((await loadModel(folder)).manifest);
  const described = manifests.map(describe);
  if (options.json) {
    printJson({ models: described });
    return;
  }
  for (const [i, model] of described.entries()) {
    const manifest = manifests[i]!;
    print(`${model.id}  ${manifest.name} ${manifest.version}, ${manifest.license}`);
    print(
      `${model.sampleRate} Hz, ${model.hopMs} ms hops, ${model.algorithmicLatencyMs} ms algorithmic latency\n`,
    );
    const rows = model.quantizers.map((q) => [
      q.id,
      String(q.maxCodebooks),
      figure(q.bitsPerCodebook, 1),
      figure(q.kbpsMax, 2),
      `${figure(q.params / 1e6, 2)} M`,
      `${figure(q.macsPerSecond / 1e6, 0)} M`,
      ...codeUse(q.codes),
    ]);
    const head = ['id', 'codebooks', 'bits each', 'kbit/s', 'parameters', 'MAC/s'];
    print(table([[...head, 'codes used', 'effective bits'], ...rows]));
  }
}

/** Share of codes used in the worst codebook, and bits per code after entropy coding in the mean one. */
function codeUse(codes: QuantizerEntry['codes']): [string, string] {
  if (codes === undefined || codes.length === 0) return ['–', '–'];
  const least = Math.min(...codes.map(({ usage }) => usage));
  const bits = codes.reduce((sum, { effectiveBits }) => sum + effectiveBits, 0) / codes.length;
  return [`≥ ${figure(100 * least, 0)}%`, figure(bits, 1)];
}

function describe(manifest: ModelManifest) {
  const { sampleRate, hopSamples, algorithmicLatencySamples } = manifest;
  return {
    id: manifest.id,
    sampleRate,
    hopMs: samplesToMs(hopSamples, sampleRate),
    algorithmicLatencyMs: samplesToMs(algorithmicLatencySamples, sampleRate),
    quantizers: manifest.quantizers.map((entry) => ({
      id: entry.id,
      family: entry.family,
      maxCodebooks: entry.maxCodebooks,
      bitsPerCodebook: entry.bitsPerCodebook,
      kbpsMax: quantizerKbps(manifest, entry),
      params: entry.params,
      macsPerSecond: Math.round((entry.macsPerHop * sampleRate) / hopSamples),
      ...(entry.codes === undefined ? {} : { codes: entry.codes }),
    })),
  };
}
