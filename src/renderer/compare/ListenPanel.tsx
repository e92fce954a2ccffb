import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../../ipc/app/compare.ts';
import { SpectrogramView } from '../listen/SpectrogramView.tsx';
import { Transport } from '../listen/Transport.tsx';
import { usePeaks, useSpectrogram } from '../listen/use-media.ts';
import { usePlayKeys } from '../listen/use-play-keys.ts';
import { Waveform } from '../listen/Waveform.tsx';
import { Card } from '../ui/Card.tsx';
import { Button } from '../ui/Button.tsx';
import { ErrorPanel } from '../ui/Message.tsx';
import { describeError } from '../store/describe-error.ts';
import { FiguresCard } from './StudyTable.tsx';
import { useClipPlayer } from './use-clip-player.ts';
import { useCompare, useVersionName } from './use-versions.ts';
import { VersionCards } from './VersionCards.tsx';
import { NOISY } from './versions.ts';

/** One clip, repeated; what is heard changes at a key, with its picture and its figures. */
export function ListenPanel({ clip }: { readonly clip: Clip }) {
  const { t } = useTranslation();
  const heard = useCompare((state) => state.heard);
  const isMatched = useCompare((state) => state.isMatched);
  const { player, state, retry } = useClipPlayer(clip, isMatched);
  const nameOf = useVersionName();
  usePlayKeys(() => player?.toggle());

  // What is chosen but not rendered yet does not silence what is heard.
  const isReady = state.ready.includes(heard);
  useEffect(() => {
    if (isReady) player?.select(heard);
  }, [player, heard, isReady]);
  const audible = state.heard ?? NOISY;

  const peaks = usePeaks({ kind: 'clip', id: clip.id, variant: audible });
  const noisyImage = useSpectrogram({ kind: 'clip', id: clip.id, variant: NOISY });
  const heardImage = useSpectrogram({ kind: 'clip', id: clip.id, variant: audible });
  return (
    <div className="listen">
      <div className="listen__main">
        <Card className="listen__player">
          <Waveform
            label={t('listen.waveform', { name: clip.name })}
            peaks={peaks}
            player={player}
            state={state}
            hasLoop
          />
          <Transport player={player} state={state} hasLoop>
            <span className="listen__audible">
              {t('listen.heard')} <strong>{nameOf(audible)}</strong>
            </span>
          </Transport>
          {state.error !== null && (
            <ErrorPanel title={t('listen.failed')} problem={describeError(state.error)}>
              <Button onClick={retry}>{t('common.retry')}</Button>
            </ErrorPanel>
          )}
        </Card>
        <VersionCards clip={clip} />
        <Card className="listen__pictures" title={t('compare.spectrograms')}>
          <div className="spectra">
            <SpectrogramView
              title={t('compare.versions.noisy')}
              label={t('listen.spectrogramOf', { name: t('compare.versions.noisy') })}
              image={noisyImage}
              player={player}
              state={state}
            />
            <SpectrogramView
              title={
                <>
                  {t('listen.heard')}: {nameOf(audible)}
                </>
              }
              label={t('listen.spectrogramOf', { name: nameOf(audible) })}
              image={heardImage}
              player={player}
              state={state}
            />
          </div>
        </Card>
      </div>
      <FiguresCard clip={clip} />
    </div>
  );
}
