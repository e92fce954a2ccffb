import { Volume2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../../ipc/app/compare.ts';
import { advanceMushra, HIDDEN_REFERENCE, mushraObstacle, rateMushra } from '../listen/mushra.ts';
import type { Alternative } from '../listen/range-player.ts';
import { useShortcuts } from '../shell/shortcuts.ts';
import { Button } from '../ui/Button.tsx';
import { Card } from '../ui/Card.tsx';
import { classes } from '../ui/classes.ts';
import { Slider } from '../ui/Slider.tsx';
import type { MushraFlow } from './compare-model.ts';
import { TestStage } from './TestStage.tsx';
import { useClipPlayer } from './use-clip-player.ts';
import { useCompareModel } from './use-versions.ts';

/** BS.1534-3, 6: five intervals of equal width. */
const SCALE = ['bad', 'poor', 'fair', 'good', 'excellent'] as const;
const wordOf = (score: number) => SCALE[Math.min(4, Math.floor(score / 20))]!;

export interface MushraTrialProps {
  readonly clip: Clip;
  readonly flow: MushraFlow;
  /** Empty until it is computed. */
  readonly anchor: readonly Alternative[];
}

/** All sounds of one trial, in an order that tells nothing. */
export function MushraTrial({ clip, flow, anchor }: MushraTrialProps) {
  const { t } = useTranslation();
  const model = useCompareModel();
  const { player, state, retry } = useClipPlayer(clip, true, anchor);
  const { test, reference } = flow;
  const { stimuli } = test.trials[test.current]!;
  /** Index of a sound; −1 the open reference. */
  const [listened, setListened] = useState(-1);
  const [presses, setPresses] = useState(0);
  const keyOf = (index: number): string => {
    const condition = stimuli[index]?.condition ?? HIDDEN_REFERENCE;
    return condition === HIDDEN_REFERENCE ? reference : condition;
  };
  const played = keyOf(listened);
  const isReady = stimuli.every((_, index) => state.ready.includes(keyOf(index)));
  useEffect(() => {
    // Through the same silence whatever is switched: the switch itself must not tell.
    if (player !== null && isReady) player.select(played, 'silence');
  }, [player, isReady, played, presses]);
  useEffect(() => setListened(-1), [test.current]);

  const listen = (index: number): void => {
    setListened(index);
    setPresses((count) => count + 1);
    void player?.play();
  };
  const group = t('compare.mushra.title');
  const keyed = stimuli.slice(0, 9);
  useShortcuts([
    { keys: ['0'], group, label: t('compare.mushra.keys.reference'), run: () => listen(-1) },
    {
      keys: keyed.map((_, i) => String(i + 1)),
      shown: `1–${keyed.length}`,
      group,
      label: t('compare.mushra.keys.stimulus'),
      run: (key) => listen(Number(key) - 1),
    },
  ]);
  const obstacle = mushraObstacle(test);
  const isLast = test.current === test.trials.length - 1;
  const advance = (): void => {
    const next = advanceMushra(test);
    const isOver = next.current >= next.trials.length;
    model.setMushra({ ...flow, test: next, finishedAt: isOver ? new Date().toISOString() : null });
  };
  return (
    <div className="test">
      <Card
        title={t('compare.mushra.trial', {
          number: test.current + 1,
          count: test.trials.length,
        })}
        aside={
          <Button variant="quiet" onClick={() => model.setMushra(null)}>
            {t('compare.mushra.end')}
          </Button>
        }
      >
        <div className="mushra" data-space="play">
          <ListenButton
            label={t('compare.mushra.listenReference')}
            digit={0}
            isPressed={listened === -1}
            isDisabled={!isReady}
            onPress={() => listen(-1)}
          />
          <div className="mushra__scale" aria-hidden="true">
            {SCALE.map((word) => (
              <span key={word}>{t(`compare.mushra.scale.${word}`)}</span>
            ))}
          </div>
          <span />
          {stimuli.map(({ score }, index) => {
            const number = index + 1;
            return (
              <div className="mushra__row" key={index}>
                <ListenButton
                  label={t('compare.mushra.stimulus', { number })}
                  digit={index < 9 ? number : null}
                  isPressed={listened === index}
                  isDisabled={!isReady}
                  onPress={() => listen(index)}
                />
                <div className={classes('mushra__slider', score === null && 'is-unrated')}>
                  <Slider
                    isBare
                    label={t('compare.mushra.score', { number })}
                    value={score ?? 0}
                    min={0}
                    max={100}
                    valueText={
                      score === null
                        ? t('compare.mushra.unrated')
                        : t('compare.mushra.scoreText', {
                            score,
                            word: t(`compare.mushra.scale.${wordOf(score)}`),
                          })
                    }
                    onChange={(next) =>
                      model.setMushra({ ...flow, test: rateMushra(test, index, next) })
                    }
                  />
                </div>
                <output className="mushra__score number">{score ?? t('common.none')}</output>
              </div>
            );
          })}
        </div>
        <div className="test__actions">
          <p className="muted small test__obstacle" role="status">
            {obstacle !== null && t(`compare.mushra.obstacle.${obstacle}`)}
          </p>
          <Button variant="primary" disabled={obstacle !== null} onClick={advance}>
            {isLast ? t('compare.mushra.finish') : t('compare.mushra.next')}
          </Button>
        </div>
      </Card>
      <TestStage clip={clip} player={player} state={state} retry={retry} />
    </div>
  );
}

interface ListenButtonProps {
  readonly label: string;
  readonly digit: number | null;
  readonly isPressed: boolean;
  readonly isDisabled: boolean;
  readonly onPress: () => void;
}

function ListenButton({ label, digit, isPressed, isDisabled, onPress }: ListenButtonProps) {
  return (
    <Button className="mushra__listen" pressed={isPressed} disabled={isDisabled} onClick={onPress}>
      <Volume2 size={14} aria-hidden="true" className={classes(!isPressed && 'is-hidden')} />
      {label}
      {digit !== null && <kbd aria-hidden="true">{digit}</kbd>}
    </Button>
  );
}
