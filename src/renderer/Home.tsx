import type { ModelSummary, Overview, QuantizerSummary } from '../ipc/messages.ts';
import { formatBitrate, formatCount, formatKhz, formatMs } from './format.ts';

const steps = [
  ['Microphone', 'noisy, any sample rate'],
  ['Encoder', 'masks the noise, then codes what is left'],
  ['Quantizer', 'turns it into a few bits per frame'],
  ['Decoder', 'hears only those bits'],
  ['Headphones', 'or a virtual microphone'],
] as const;

/** The first window: what Residua is and what is installed. */
export function Home({ overview }: { readonly overview: Overview }) {
  return (
    <main className="page">
      <header className="hero">
        <h1>Residua</h1>
        <p className="lead">
          Cleans a microphone in real time with a neural audio codec, and lets you hear what each
          way of quantizing its code does to the sound. Everything runs on this device.
        </p>
      </header>

      <ol className="path" aria-label="The way of the sound">
        {steps.map(([name, what]) => (
          <li key={name}>
            <strong>{name}</strong>
            <span>{what}</span>
          </li>
        ))}
      </ol>

      {overview.problems.map((problem) => (
        <p className="problem" role="alert" key={problem.code + problem.message}>
          {problem.message} {problem.hint}
        </p>
      ))}
      {overview.models.length === 0 && overview.problems.length === 0 && (
        <p className="problem" role="status">
          No model is installed.
        </p>
      )}
      {overview.models.map((model) => (
        <ModelCard model={model} key={model.id} />
      ))}

      <footer>Residua {overview.appVersion}</footer>
    </main>
  );
}

function ModelCard({ model }: { readonly model: ModelSummary }) {
  return (
    <section className="card" aria-labelledby={`model-${model.id}`}>
      <h2 id={`model-${model.id}`}>
        {model.name} <small>{model.version}</small>
      </h2>
      <p>{model.description}</p>
      <dl className="facts">
        <Fact name="Sample rate" value={formatKhz(model.sampleRateHz)} />
        <Fact name="Hop" value={formatMs(model.hopMs)} />
        <Fact name="Algorithmic latency" value={formatMs(model.algorithmicLatencyMs)} />
        <Fact name="Licence" value={model.license} />
      </dl>
      <table>
        <thead>
          <tr>
            <th scope="col">Quantizer</th>
            <th scope="col" className="number">
              Codebooks
            </th>
            <th scope="col" className="number">
              Bits each
            </th>
            <th scope="col" className="number">
              Bitrate up to
            </th>
            <th scope="col" className="number">
              Parameters
            </th>
            <th scope="col" className="number">
              MAC/s
            </th>
          </tr>
        </thead>
        <tbody>
          {model.quantizers.map((quantizer) => (
            <QuantizerRow quantizer={quantizer} key={quantizer.id} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function QuantizerRow({ quantizer }: { readonly quantizer: QuantizerSummary }) {
  const coded = quantizer.maxCodebooks > 0;
  return (
    <tr>
      <th scope="row">
        {quantizer.label} <code>{quantizer.id}</code>
      </th>
      <td className="number">{coded ? quantizer.maxCodebooks : '–'}</td>
      <td className="number">{coded ? Number(quantizer.bitsPerCodebook.toFixed(2)) : '–'}</td>
      <td className="number">{formatBitrate(quantizer.kbpsMax)}</td>
      <td className="number">{formatCount(quantizer.params)}</td>
      <td className="number">{formatCount(quantizer.macsPerSecond)}</td>
    </tr>
  );
}
