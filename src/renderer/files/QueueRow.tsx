import {
  Ban,
  ChevronDown,
  ChevronRight,
  CircleAlert,
  CircleCheck,
  Clock,
  Download,
  FolderOpen,
  LoaderCircle,
  RotateCcw,
  Upload,
  X,
} from 'lucide-react';
import { memo, useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../ipc/app/jobs.ts';
import type { FileOptions } from '../../ipc/app/settings.ts';
import type { MediaRef } from '../../ipc/app/media.ts';
import { formatKbps, formatLength, formatNumber } from '../format.ts';
import { AbPlayer, type AbSide } from '../listen/AbPlayer.tsx';
import { saveTransfer } from '../listen/save.ts';
import { useModel, useQuantizerWords } from '../live/use-model.ts';
import { useApp, useClient, useSession } from '../store/session.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';
import { Progress } from '../ui/Progress.tsx';
import { filesModel, isBusy, type LocalRow } from './files-model.ts';

type State = Job['state'] | LocalRow['state'];

const ICONS: Record<State, ReactNode> = {
  waiting: <Clock size={18} aria-hidden="true" />,
  uploading: <Upload size={18} aria-hidden="true" />,
  running: <LoaderCircle size={18} className="spin" aria-hidden="true" />,
  done: <CircleCheck size={18} aria-hidden="true" />,
  failed: <CircleAlert size={18} aria-hidden="true" />,
  refused: <CircleAlert size={18} aria-hidden="true" />,
  cancelled: <Ban size={18} aria-hidden="true" />,
};

/** A file that is on its way to the app, or cannot go there. */
export const LocalQueueRow = memo(function LocalQueueRow({ row }: { readonly row: LocalRow }) {
  const { t } = useTranslation();
  const { id, name, state, progress, obstacle, problem, options, file } = row;
  const words: Record<NonNullable<LocalRow['obstacle']>, string> = {
    folder: t('files.problems.folder'),
    empty: t('files.problems.empty'),
    'too-large': t('files.problems.tooLarge'),
    unreadable: t('files.problems.unreadable'),
    'no-file': t('files.problems.noFile'),
  };
  const message = obstacle === null ? problem?.message : words[obstacle];
  return (
    <Row
      id={id}
      name={name || t('files.problems.noFile')}
      state={state}
      options={options}
      progress={state === 'uploading' ? progress : null}
      facts={[]}
      message={message ?? null}
      hint={problem?.hint ?? null}
      // Trying again helps where the app refused, not where the file itself cannot be.
      canRetry={
        state === 'cancelled' ||
        (state === 'refused' && file !== null && (obstacle === null || obstacle === 'unreadable'))
      }
    />
  );
});

export interface JobRowProps {
  readonly job: Job;
  readonly isOpen: boolean;
  readonly onToggle: (id: string) => void;
}

/** A job of the app, with its players when it is done and open. */
export const JobRow = memo(function JobRow({ job, isOpen, onToggle }: JobRowProps) {
  const { t } = useTranslation();
  const { client, app } = useSession();
  const canReveal = useApp(({ welcome }) => welcome?.can.reveal ?? false);
  const [isSaving, setIsSaving] = useState(false);
  const { id, name, state, progress, seconds, secondsLeft, speed, kbps, output, problem } = job;
  const isDone = state === 'done';
  const facts: string[] = [];
  if (seconds !== null) facts.push(formatLength(seconds));
  if (isDone && kbps !== null && kbps > 0) {
    facts.push(t('files.kbps', { value: formatKbps(kbps) }));
  }
  if (state === 'running' && secondsLeft !== null) {
    facts.push(t('files.left', { time: formatLength(Math.max(1, secondsLeft)) }));
  }
  if ((state === 'running' || isDone) && speed !== null && speed > 0) {
    facts.push(t('files.speed', { value: formatNumber(speed, speed < 10 ? 1 : 0) }));
  }
  const save = async (): Promise<void> => {
    setIsSaving(true);
    await app.attempt(async () => saveTransfer(client, await client.call('jobs.fetch', { id })));
    setIsSaving(false);
  };
  return (
    <Row
      id={id}
      name={name}
      state={state}
      options={job.options}
      hasKbps={isDone && kbps !== null && kbps > 0}
      progress={state === 'running' ? progress : null}
      facts={facts}
      message={problem?.message ?? null}
      hint={problem?.hint ?? null}
      canRetry={state === 'failed' || state === 'cancelled'}
      isOpen={isOpen}
      {...(isDone ? { onToggle: () => onToggle(id) } : {})}
      actions={
        isDone && (
          <>
            {output === null && (
              <Button
                variant="quiet"
                icon={<Download size={16} aria-hidden="true" />}
                aria-label={t('files.downloadOf', { name })}
                disabled={isSaving}
                onClick={() => void save()}
              >
                {t('files.download')}
              </Button>
            )}
            {output !== null && canReveal && (
              <IconButton
                label={t('files.revealOf', { name })}
                icon={<FolderOpen size={16} />}
                onClick={() => void app.attempt(() => client.call('jobs.reveal', { id }))}
              />
            )}
          </>
        )
      }
    >
      {isOpen && isDone && <Player job={job} />}
    </Row>
  );
});

interface RowProps {
  readonly id: string;
  readonly name: string;
  readonly state: State;
  readonly options: FileOptions;
  /** The facts have the rate already. */
  readonly hasKbps?: boolean;
  /** 0..1; `null`: nothing moves. */
  readonly progress: number | null;
  readonly facts: readonly string[];
  readonly message: string | null;
  readonly hint: string | null;
  readonly canRetry: boolean;
  readonly isOpen?: boolean;
  readonly onToggle?: () => void;
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

function Row(props: RowProps) {
  const { id, name, state, options, hasKbps = false, progress, facts, message, hint } = props;
  const { canRetry, isOpen = false, onToggle, actions, children } = props;
  const { t } = useTranslation();
  const model = filesModel(useClient());
  const { app } = useSession();
  const stateName = t(`files.states.${state}`);
  const act = (work: () => Promise<void>): void => void app.attempt(work);
  return (
    <li
      className={classes('job', `job--${state}`, isOpen && 'is-open')}
      data-job={id}
      data-state={state}
    >
      <div className="job__row">
        {onToggle === undefined ? (
          <span className="job__icon">{ICONS[state]}</span>
        ) : (
          <IconButton
            label={isOpen ? t('files.closeOf', { name }) : t('files.listenOf', { name })}
            icon={isOpen ? <ChevronDown size={18} /> : <ChevronRight size={18} />}
            aria-expanded={isOpen}
            onClick={onToggle}
          />
        )}
        <div className="job__words">
          <p className="job__name" title={name}>
            {name}
          </p>
          <p className="job__facts muted small number">
            <span className="job__state">
              {onToggle !== undefined && ICONS[state]}
              {stateName}
            </span>
            {progress !== null && (
              <span>{t('files.percent', { value: formatNumber(progress * 100) })}</span>
            )}
            {facts.map((fact) => (
              <span key={fact}>{fact}</span>
            ))}
            <OptionsText options={options} hasKbps={hasKbps} />
          </p>
          {message !== null && (
            <p className="job__problem small">
              {message}
              {hint !== null && <span className="muted">{hint}</span>}
            </p>
          )}
        </div>
        <div className="job__actions">
          {actions}
          {canRetry && (
            <IconButton
              label={t('files.retryOf', { name })}
              icon={<RotateCcw size={16} />}
              onClick={() => act(() => model.retry(id))}
            />
          )}
          {isBusy(state) ? (
            <IconButton
              label={t('files.cancelOf', { name })}
              icon={<X size={16} />}
              onClick={() => act(() => model.cancel(id))}
            />
          ) : (
            <IconButton
              label={t('files.removeOf', { name })}
              icon={<X size={16} />}
              onClick={() => act(() => model.remove(id))}
            />
          )}
        </div>
      </div>
      {progress !== null && (
        <Progress label={t('files.progressOf', { state: stateName, name })} value={progress} />
      )}
      {children !== false && children !== undefined && <div className="job__panel">{children}</div>}
    </li>
  );
}

function OptionsText({
  options,
  hasKbps,
}: {
  readonly options: FileOptions;
  readonly hasKbps: boolean;
}) {
  const { t } = useTranslation();
  const { quantizers } = useModel();
  const describe = useQuantizerWords();
  const { quantizer, codebooks, mix } = options;
  const known = quantizers.find(({ id }) => id === quantizer);
  const parts: string[] = [];
  if (known !== undefined) {
    const { maxCodebooks, kbpsMax } = known;
    const kbps = maxCodebooks === 0 ? 0 : (kbpsMax * (codebooks ?? maxCodebooks)) / maxCodebooks;
    const rate = kbps === 0 || hasKbps ? '' : ` · ${t('files.kbps', { value: formatKbps(kbps) })}`;
    parts.push(describe(known).short + rate);
  } else if (quantizer !== null) parts.push(quantizer);
  if (mix < 1) parts.push(t('files.mixShort', { percent: formatNumber(mix * 100) }));
  return parts.map((part) => <span key={part}>{part}</span>);
}

/** A `.rsd` has no sound from before: what there is, is asked first. */
function Player({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const client = useClient();
  const { id, name } = job;
  const [hasBefore, setHasBefore] = useState<boolean | null>(null);
  useEffect(() => {
    let isWanted = true;
    const before: MediaRef = { kind: 'job', id, which: 'before' };
    client.call('media.info', before).then(
      ({ frames }) => isWanted && setHasBefore(frames > 0),
      () => isWanted && setHasBefore(false),
    );
    return () => {
      isWanted = false;
    };
  }, [client, id]);
  if (hasBefore === null) return <p className="muted">{t('common.loading')}</p>;
  const after: AbSide = {
    key: 'after',
    label: t('listen.after'),
    media: { kind: 'job', id, which: 'after' },
  };
  const before: AbSide = {
    key: 'before',
    label: t('listen.before'),
    media: { kind: 'job', id, which: 'before' },
  };
  return (
    <>
      <AbPlayer
        name={name}
        sides={hasBefore ? [before, after] : [after]}
        group={t('files.group')}
        switchLabel={t('files.shortcuts.side')}
      />
      {!hasBefore && <p className="muted small">{t('listen.onlyAfter')}</p>}
    </>
  );
}
