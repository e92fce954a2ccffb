import { useTranslation } from 'react-i18next';
import type { Clip } from '../../ipc/app/compare.ts';
import { Transport } from '../listen/Transport.tsx';
import { usePeaks } from '../listen/use-media.ts';
import { usePlayKeys } from '../listen/use-play-keys.ts';
import { Waveform } from '../listen/Waveform.tsx';
import { describeError } from '../store/describe-error.ts';
import { Card } from '../ui/Card.tsx';
import { Button } from '../ui/Button.tsx';
import { ErrorPanel } from '../ui/Message.tsx';
import type { ClipPlayer } from './use-clip-player.ts';
import { NOISY } from './versions.ts';

/** The player of a blind test. It shows the sound as it came, whatever is heard: a picture would tell. */
export function TestStage({ clip, player, state, retry }: ClipPlayer & { readonly clip: Clip }) {
  const { t } = useTranslation();
  const peaks = usePeaks({ kind: 'clip', id: clip.id, variant: NOISY });
  usePlayKeys(() => player?.toggle());
  return (
    <Card className="listen__player listen__player--small">
      <Waveform
        label={t('listen.waveform', { name: clip.name })}
        peaks={peaks}
        player={player}
        state={state}
        hasLoop
      />
      <Transport player={player} state={state} hasLoop />
      {state.error !== null && (
        <ErrorPanel title={t('listen.failed')} problem={describeError(state.error)}>
          <Button onClick={retry}>{t('common.retry')}</Button>
        </ErrorPanel>
      )}
    </Card>
  );
}
