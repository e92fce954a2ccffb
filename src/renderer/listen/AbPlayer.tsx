import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MediaRef } from '../../ipc/app/media.ts';
import { useShortcuts } from '../shell/shortcuts.ts';
import { describeError } from '../store/describe-error.ts';
import { useClient } from '../store/session.tsx';
import { classes } from '../ui/classes.ts';
import { Button } from '../ui/Button.tsx';
import { ErrorPanel } from '../ui/Message.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { mediaSource } from './sound-source.ts';
import { SpectrogramView } from './SpectrogramView.tsx';
import { Transport } from './Transport.tsx';
import { usePeaks, useSpectrogram } from './use-media.ts';
import { usePlayKeys } from './use-play-keys.ts';
import { usePlayer } from './use-player.ts';
import { Waveform } from './Waveform.tsx';

export interface AbSide {
  readonly key: string;
  readonly label: string;
  readonly media: MediaRef;
}

export interface AbPlayerProps {
  /** What it is of. */
  readonly name: string;
  /** One or two; the last is heard first. The array may change at every render, what it says may not. */
  readonly sides: readonly AbSide[];
  /** Of its keys, in the help. */
  readonly group: string;
  readonly switchLabel: string;
  readonly className?: string;
}

/** The same sound before and after, at the same place: waveforms, spectrograms, and keys A and B. */
export function AbPlayer({ name, sides, group, switchLabel, className }: AbPlayerProps) {
  const { t } = useTranslation();
  const client = useClient();
  const fixed = JSON.stringify(sides.map(({ media }) => media));
  const alternatives = useMemo(
    () => sides.map(({ key, media }) => ({ key, source: mediaSource(client, media) })),
    // The media stand for the sides.
    [client, fixed],
  );
  const { player, state, retry } = usePlayer(alternatives);
  const [wanted, setWanted] = useState(sides.at(-1)!.key);
  const isReady = state.ready.includes(wanted);
  useEffect(() => {
    if (isReady) player?.select(wanted);
  }, [player, isReady, wanted]);
  usePlayKeys(() => player?.toggle());
  const [first, second] = sides;
  useShortcuts([
    {
      keys: ['a'],
      group,
      label: `${switchLabel}: ${first!.label}`,
      run: () => setWanted(first!.key),
    },
    ...(second === undefined
      ? []
      : [
          {
            keys: ['b'],
            group,
            label: `${switchLabel}: ${second.label}`,
            run: () => setWanted(second.key),
          },
        ]),
  ]);
  return (
    <div className={classes('ab', className)}>
      {state.error !== null && (
        <ErrorPanel title={t('listen.failed')} problem={describeError(state.error)}>
          <Button onClick={retry}>{t('common.retry')}</Button>
        </ErrorPanel>
      )}
      <Transport player={player} state={state} takesFocus>
        {second !== undefined && (
          <div data-space="play">
            <Segmented
              label={switchLabel}
              value={wanted}
              onChange={setWanted}
              options={sides.map(({ key, label }, i) => ({
                value: key,
                label: (
                  <>
                    {label} <kbd aria-hidden="true">{i === 0 ? 'A' : 'B'}</kbd>
                  </>
                ),
              }))}
            />
          </div>
        )}
      </Transport>
      <div className={classes('ab__sides', second === undefined && 'ab__sides--one')}>
        {sides.map((side) => (
          <Side
            key={side.key}
            side={side}
            name={name}
            isHeard={state.heard === side.key}
            player={player}
            state={state}
          />
        ))}
      </div>
    </div>
  );
}

interface SideProps extends Pick<ReturnType<typeof usePlayer>, 'player' | 'state'> {
  readonly side: AbSide;
  readonly name: string;
  readonly isHeard: boolean;
}

function Side({ side, name, isHeard, player, state }: SideProps) {
  const { t } = useTranslation();
  const peaks = usePeaks(side.media);
  const image = useSpectrogram(side.media);
  const title = `${name}, ${side.label}`;
  return (
    <div className={classes('ab__side', isHeard && 'is-heard')}>
      <Waveform
        label={t('listen.waveform', { name: title })}
        peaks={peaks}
        player={player}
        state={state}
        className="wave--small"
      />
      <SpectrogramView
        title={
          <>
            {side.label}
            {isHeard && <span className="ab__heard">{t('listen.heard')}</span>}
          </>
        }
        label={t('listen.spectrogramOf', { name: title })}
        image={image}
        player={player}
        state={state}
      />
    </div>
  );
}
