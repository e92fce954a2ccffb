import { Check, CircleAlert, LoaderCircle } from 'lucide-react';
import { RadioGroup } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../../ipc/app/compare.ts';
import { formatKbps, formatNumber } from '../format.ts';
import { kbpsOf } from '../live/quantizers.ts';
import { useQuantizerWords } from '../live/use-model.ts';
import { useShortcuts } from '../shell/shortcuts.ts';
import { Card } from '../ui/Card.tsx';
import { classes } from '../ui/classes.ts';
import { ErrorPanel } from '../ui/Message.tsx';
import { Progress } from '../ui/Progress.tsx';
import { Slider } from '../ui/Slider.tsx';
import { Switch } from '../ui/Switch.tsx';
import { Button } from '../ui/Button.tsx';
import { useCompare, useCompareModel, useVersionName, useVersions } from './use-versions.ts';
import { NOISY, REFERENCE, variantOf, type Version } from './versions.ts';

/** Of the first ten versions. */
const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'];

/** One card for each version of the clip: its number or the arrow keys choose what is heard. */
export function VersionCards({ clip }: { readonly clip: Clip }) {
  const { t } = useTranslation();
  const model = useCompareModel();
  const versions = useVersions();
  const heard = useCompare((state) => state.heard);
  const rates = useCompare((state) => state.rates);
  const failed = useCompare((state) => state.failed[state.heard]);
  const queued = useCompare((state) => state.queue.length);
  const isMatched = useCompare((state) => state.isMatched);
  const nameOf = useVersionName();
  const keyed = versions.slice(0, DIGITS.length);
  const shownKeys = keyed.length > 9 ? '1–9, 0' : `1–${keyed.length}`;
  const choose = (key: string): void => {
    const version = versions.find((other) => other.key === key);
    if (version === undefined) return;
    model.choose(key, version.quantizer === null ? null : variantOf(version.quantizer, rates));
  };
  useShortcuts([
    {
      keys: keyed.map((_, i) => DIGITS[i]!),
      shown: shownKeys,
      group: t('compare.group'),
      label: t('compare.shortcuts.version'),
      run: (key) => {
        const version = keyed[DIGITS.indexOf(key)];
        if (version !== undefined) choose(version.key);
      },
    },
  ]);
  return (
    <Card
      className="versions"
      title={t('compare.versions.title')}
      aside={<span className="muted small">{t('compare.versions.hint', { keys: shownKeys })}</span>}
    >
      <RadioGroup.Root
        className="versions__cards"
        aria-label={t('compare.versions.title')}
        data-space="play"
        value={heard}
        onValueChange={choose}
      >
        {versions.map((version, i) => (
          <VersionCard
            key={version.quantizer?.id ?? version.key}
            version={version}
            clip={clip}
            digit={DIGITS[i] ?? null}
          />
        ))}
      </RadioGroup.Root>
      {failed !== undefined && (
        <ErrorPanel
          title={t('compare.versions.failedTitle', { name: nameOf(heard) })}
          problem={failed}
        >
          <Button onClick={() => choose(heard)}>{t('common.retry')}</Button>
        </ErrorPanel>
      )}
      <div className="versions__foot">
        <Switch
          label={t('compare.versions.matched')}
          hint={t('compare.versions.matchedHint')}
          checked={isMatched}
          onChange={(next) => model.setMatched(next)}
        />
        <p className="versions__left muted small" role="status">
          {queued === 1 && t('compare.versions.leftOne')}
          {queued > 1 && t('compare.versions.left', { count: queued })}
        </p>
      </div>
    </Card>
  );
}

interface VersionCardProps {
  readonly version: Version;
  readonly clip: Clip;
  readonly digit: string | null;
}

function VersionCard({ version, clip, digit }: VersionCardProps) {
  const { t } = useTranslation();
  const model = useCompareModel();
  const describe = useQuantizerWords();
  const { key, quantizer, codebooks } = version;
  const isHeard = useCompare((state) => state.heard === key);
  const hasFailed = useCompare((state) => state.failed[key] !== undefined);
  const place = useCompare((state) => state.queue.indexOf(key));
  const progress = useCompare((state) => state.progress);
  const variant = clip.variants.find((other) => other.key === key);
  const words = quantizer === null ? null : describe(quantizer);
  const max = quantizer?.maxCodebooks ?? 0;
  const name =
    (max === 0 ? words?.name : words?.short) ??
    (key === NOISY ? t('compare.versions.noisy') : t('compare.versions.reference'));
  const kbps = quantizer === null ? 0 : kbpsOf(quantizer, codebooks);
  const about =
    quantizer === null
      ? t(key === REFERENCE ? 'compare.versions.referenceHow' : 'compare.versions.noisyHow')
      : max === 0
        ? t('compare.versions.ceiling')
        : t('compare.versions.kbps', { value: formatKbps(kbps) });
  return (
    <div className={classes('version', isHeard && 'is-heard')} data-version={key}>
      <RadioGroup.Item value={key} className="version__choose">
        <span className="version__top">
          <strong>{name}</strong>
          {digit !== null && <kbd aria-hidden="true">{digit}</kbd>}
        </span>
        <span className="version__about">
          <span className="number">{about}</span>
          {place === 0 && (
            <span className="version__state">
              <LoaderCircle size={12} className="spin" aria-hidden="true" />
              {t('compare.versions.renderingShort', { percent: formatNumber(progress * 100) })}
            </span>
          )}
          {place > 0 && <span className="version__state">{t('compare.versions.waiting')}</span>}
          {hasFailed && (
            <span className="version__state version__state--failed">
              <CircleAlert size={12} aria-hidden="true" />
              {t('compare.versions.failed')}
            </span>
          )}
          {isHeard && variant !== undefined && (
            <Check size={14} className="version__check" aria-hidden="true" />
          )}
        </span>
      </RadioGroup.Item>
      {place === 0 && (
        <Progress label={t('compare.versions.rendering', { name })} value={progress} />
      )}
      {max > 1 && quantizer !== null && (
        <Slider
          isBare
          label={t('compare.versions.rate', { name })}
          value={codebooks ?? max}
          min={1}
          max={max}
          valueText={t('compare.versions.rateText', {
            count: codebooks ?? max,
            max,
            kbps: formatKbps(kbps),
          })}
          onChange={(next) => model.setRate(quantizer, next)}
        />
      )}
    </div>
  );
}
