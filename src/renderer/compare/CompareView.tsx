import { useTranslation } from 'react-i18next';
import { formatNumber } from '../format.ts';
import { useDrop } from '../listen/use-drop.ts';
import { DropVeil } from '../listen/DropVeil.tsx';
import '../listen/listen.css';
import { Button } from '../ui/Button.tsx';
import { ErrorPanel } from '../ui/Message.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { AbxPanel } from './AbxPanel.tsx';
import './compare.css';
import type { CompareMode } from './compare-model.ts';
import { ListenPanel } from './ListenPanel.tsx';
import { MushraPanel } from './MushraPanel.tsx';
import { SourcePicker, useOpenFile } from './SourcePicker.tsx';
import { useCompare, useCompareModel } from './use-versions.ts';

const MODES: readonly CompareMode[] = ['listen', 'abx', 'mushra'];

/** One piece of sound through any quantizer: by ear, blind, and in figures. */
export function CompareView() {
  const { t } = useTranslation();
  const model = useCompareModel();
  const clip = useCompare((state) => state.clip);
  const mode = useCompare((state) => state.mode);
  const problem = useCompare((state) => state.problem);
  const isOpening = useCompare((state) => state.opening !== null);
  const openFile = useOpenFile();
  const isOver = useDrop(([first]) => first !== undefined && openFile(first));
  return (
    <div className="view compare">
      <header className="view__head compare__head">
        <div className="compare__title">
          <h1>{t('compare.title')}</h1>
          {clip !== null && (
            <p className="muted small">
              <strong>{clip.name}</strong>{' '}
              {t('compare.clip.facts', {
                seconds: formatNumber(clip.seconds, 1, 1),
                khz: formatNumber(clip.sampleRateHz / 1000, 1),
              })}
              {clip.hasReference && <> · {t('compare.clip.withReference')}</>}
            </p>
          )}
        </div>
        {clip !== null && !isOpening && (
          <div className="compare__tools">
            <Segmented
              label={t('compare.modes.label')}
              value={mode}
              onChange={(next) => model.setMode(next)}
              options={MODES.map((value) => ({ value, label: t(`compare.modes.${value}`) }))}
            />
            <Button onClick={() => model.close()}>{t('compare.sources.other')}</Button>
          </div>
        )}
      </header>
      {clip === null || isOpening ? (
        <SourcePicker />
      ) : (
        <>
          {problem !== null && (
            <ErrorPanel title={t('compare.sources.failed')} problem={problem}>
              <Button onClick={() => model.state.setState({ problem: null })}>
                {t('common.dismiss')}
              </Button>
            </ErrorPanel>
          )}
          {mode === 'listen' && <ListenPanel key={clip.id} clip={clip} />}
          {mode === 'abx' && <AbxPanel key={clip.id} clip={clip} />}
          {mode === 'mushra' && <MushraPanel key={clip.id} clip={clip} />}
        </>
      )}
      {isOver && <DropVeil text={t('compare.sources.dropHint')} />}
    </div>
  );
}
