import { Volume2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../../ipc/app/compare.ts';
import { abxFeedback, answerAbx, endAbx, type AbxSide, type AbxTest } from '../listen/abx.ts';
import { cryptoRandom } from '../listen/random.ts';
import { useShortcuts } from '../shell/shortcuts.ts';
import { Button } from '../ui/Button.tsx';
import { Card } from '../ui/Card.tsx';
import { classes } from '../ui/classes.ts';
import { Progress } from '../ui/Progress.tsx';
import type { AbxFlow } from './compare-model.ts';
import { TestStage } from './TestStage.tsx';
import { useClipPlayer } from './use-clip-player.ts';
import { useCompareModel } from './use-versions.ts';

type Listened = AbxSide | 'X';
const LISTENED: readonly Listened[] = ['A', 'X', 'B'];

/** One X after the other. Nothing on the page depends on what X is. */
export function AbxTrial({ clip, flow }: { readonly clip: Clip; readonly flow: AbxFlow }) {
  const { t } = useTranslation();
  const model = useCompareModel();
  const { player, state, retry } = useClipPlayer(clip, true);
  const { sides, test } = flow;
  const number = test.trials.length + 1;
  const [listened, setListened] = useState<Listened>('A');
  const [hasHeardX, setHasHeardX] = useState(false);
  const [isHurried, setIsHurried] = useState(false);
  const startedAt = useRef(performance.now());

  const isReady = state.ready.includes(sides.A) && state.ready.includes(sides.B);
  const isPlaying = state.status === 'playing';
  const side = listened === 'X' ? test.x! : listened;
  const played = sides[side];
  // Every choice goes through the same silence: the switch itself must not tell.
  const press = useRef(0);
  const [presses, setPresses] = useState(0);
  useEffect(() => {
    if (player === null || !isReady) return;
    player.select(played, 'silence');
  }, [player, isReady, played, presses]);
  useEffect(() => {
    if (listened === 'X' && isPlaying) setHasHeardX(true);
  }, [listened, isPlaying]);
  useEffect(() => {
    startedAt.current = performance.now();
    setHasHeardX(false);
    setIsHurried(false);
    setListened('A');
  }, [number]);

  const listen = (next: Listened): void => {
    setListened(next);
    setPresses((press.current += 1));
    if (next === 'X') setIsHurried(false);
    void player?.play();
  };
  const keep = (next: AbxTest): void =>
    model.setAbx({
      ...flow,
      test: next,
      finishedAt: next.x === null ? new Date().toISOString() : null,
    });
  const answer = (given: AbxSide): void => {
    if (!hasHeardX) return setIsHurried(true);
    const seconds = (performance.now() - startedAt.current) / 1000;
    keep(answerAbx(test, given, seconds, cryptoRandom));
  };
  const group = t('compare.abx.title');
  useShortcuts([
    { keys: ['a'], group, label: t('compare.abx.keys.a'), run: () => listen('A') },
    { keys: ['x'], group, label: t('compare.abx.keys.x'), run: () => listen('X') },
    { keys: ['b'], group, label: t('compare.abx.keys.b'), run: () => listen('B') },
    { keys: ['1'], group, label: t('compare.abx.keys.isA'), run: () => answer('A') },
    { keys: ['2'], group, label: t('compare.abx.keys.isB'), run: () => answer('B') },
  ]);
  const feedback = abxFeedback(test);
  const last = test.trials.at(-1);
  return (
    <div className="test">
      <Card
        title={t('compare.abx.trial', { number, count: test.options.trials })}
        aside={
          <Button variant="quiet" onClick={() => keep(endAbx(test))}>
            {t('compare.abx.end')}
          </Button>
        }
      >
        <Progress
          label={t('compare.abx.progress')}
          value={test.trials.length / test.options.trials}
        />
        <div className="abx" role="group" aria-label={t('compare.abx.listenTo')} data-space="play">
          {LISTENED.map((name) => (
            <button
              key={name}
              type="button"
              className={classes('abx__side', name === 'X' && 'abx__side--x')}
              aria-pressed={listened === name}
              disabled={!isReady}
              onClick={() => listen(name)}
            >
              <span className="abx__letter">{name}</span>
              <span className="abx__hint">
                {listened === name && <Volume2 size={14} aria-hidden="true" />}
                {t('compare.abx.listenTo')} <kbd aria-hidden="true">{name}</kbd>
              </span>
            </button>
          ))}
        </div>
        <div className="abx__answers" role="group" aria-label={t('compare.abx.answer')}>
          <Button disabled={!isReady} onClick={() => answer('A')}>
            {t('compare.abx.isA')} <kbd aria-hidden="true">1</kbd>
          </Button>
          <Button disabled={!isReady} onClick={() => answer('B')}>
            {t('compare.abx.isB')} <kbd aria-hidden="true">2</kbd>
          </Button>
        </div>
        <p className="abx__said" role="status">
          {isHurried
            ? t('compare.abx.unheardX')
            : last === undefined
              ? ''
              : feedback === null
                ? t('compare.abx.answered')
                : feedback
                  ? t('compare.abx.right')
                  : t('compare.abx.wrong', { x: last.x })}
        </p>
      </Card>
      <TestStage clip={clip} player={player} state={state} retry={retry} />
    </div>
  );
}
