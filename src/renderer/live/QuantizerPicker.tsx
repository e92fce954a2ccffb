import { RadioGroup } from 'radix-ui';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QuantizerSummary } from '../../ipc/messages.ts';
import { formatKbps } from '../format.ts';
import { useShortcuts } from '../shell/shortcuts.ts';
import { useControls, useSession } from '../store/session.tsx';
import { Card } from '../ui/Card.tsx';
import { CodebooksSlider } from './SoundSliders.tsx';
import { useModel, useQuantizerWords } from './use-model.ts';

/** Keys 1 to 9. */
const MOST_KEYS = 9;

/** One card for each quantizer of the model; the arrow keys or its number choose it. */
export function QuantizerPicker() {
  const { t } = useTranslation();
  const { controls: model } = useSession();
  const controls = useControls();
  const { quantizers } = useModel();
  const [pointed, setPointed] = useState<string | null>(null);
  /** Codebooks last used with each, so that going back and forth compares the same two. */
  const remembered = useRef(new Map<string, number | null>());
  const keyed = quantizers.slice(0, MOST_KEYS);

  const choose = (id: string): void => {
    const now = model.controls;
    if (now === null || now.quantizer === id) return;
    remembered.current.set(now.quantizer, now.codebooks);
    model.change({ quantizer: id, codebooks: remembered.current.get(id) ?? null });
  };
  useShortcuts([
    {
      keys: keyed.map((_, i) => String(i + 1)),
      shown: `1–${keyed.length}`,
      group: t('live.shortcuts.group'),
      label: t('live.shortcuts.quantizer'),
      run: (key) => {
        const chosen = keyed[Number(key) - 1];
        if (chosen !== undefined) choose(chosen.id);
      },
    },
  ]);
  return (
    <Card
      className="quantizers"
      title={t('live.quantizer.title')}
      aside={
        keyed.length > 0 && (
          <span className="muted small">{t('live.quantizer.hint', { count: keyed.length })}</span>
        )
      }
    >
      {quantizers.length === 0 ? (
        <p className="muted">{t('live.quantizer.none')}</p>
      ) : (
        <>
          <RadioGroup.Root
            className="quantizers__cards"
            aria-label={t('live.quantizer.title')}
            value={controls?.quantizer ?? null}
            disabled={controls === null}
            onValueChange={choose}
            onPointerLeave={() => setPointed(null)}
            onBlur={() => setPointed(null)}
          >
            {quantizers.map((quantizer, i) => (
              <QuantizerCard
                key={quantizer.id}
                quantizer={quantizer}
                shortcut={i < MOST_KEYS ? String(i + 1) : null}
                onPoint={() => setPointed(quantizer.id)}
              />
            ))}
          </RadioGroup.Root>
          <div className="quantizers__foot">
            <About
              quantizer={quantizers.find(({ id }) => id === (pointed ?? controls?.quantizer))}
            />
            <CodebooksSlider />
          </div>
        </>
      )}
    </Card>
  );
}

interface QuantizerCardProps {
  readonly quantizer: QuantizerSummary;
  readonly shortcut: string | null;
  readonly onPoint: () => void;
}

function QuantizerCard({ quantizer, shortcut, onPoint }: QuantizerCardProps) {
  const { t } = useTranslation();
  const { short, name, how } = useQuantizerWords()(quantizer);
  const value = formatKbps(quantizer.kbpsMax);
  const rate =
    quantizer.maxCodebooks === 0
      ? t('quantizers.ceiling')
      : t(quantizer.maxCodebooks === 1 ? 'quantizers.exactly' : 'quantizers.upTo', { value });
  return (
    <RadioGroup.Item
      value={quantizer.id}
      className="quantizer"
      data-quantizer={quantizer.id}
      aria-label={`${short}: ${name}, ${rate}`}
      aria-description={how}
      {...(shortcut === null ? {} : { 'aria-keyshortcuts': shortcut })}
      onPointerEnter={onPoint}
      onFocus={onPoint}
    >
      <strong>{short}</strong>
      <span className="quantizer__rate number">{rate}</span>
      {shortcut !== null && <kbd aria-hidden="true">{shortcut}</kbd>}
    </RadioGroup.Item>
  );
}

/** The one that is pointed at, otherwise the one in use. */
function About({ quantizer }: { readonly quantizer: QuantizerSummary | undefined }) {
  const describe = useQuantizerWords();
  if (quantizer === undefined) return <p className="quantizers__about" />;
  const { name, how } = describe(quantizer);
  return (
    <p className="quantizers__about">
      <strong>{name}</strong>
      <span className="muted">{how}</span>
    </p>
  );
}
