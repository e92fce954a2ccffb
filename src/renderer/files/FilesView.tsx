import { FileAudio, FilePlus2 } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { formatLength } from '../format.ts';
import { DropVeil } from '../listen/DropVeil.tsx';
import { FilePicker } from '../listen/FilePicker.tsx';
import '../listen/listen.css';
import { useDrop } from '../listen/use-drop.ts';
import { useApp, useSession } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { EmptyState, ErrorPanel } from '../ui/Message.tsx';
import { FileOptionsBar, useFileOptions } from './FileOptionsBar.tsx';
import './files.css';
import { filesModel, isBusy, type FilesState } from './files-model.ts';
import { JobRow, LocalQueueRow } from './QueueRow.tsx';
import { summarize } from './queue-summary.ts';

/** The queue of files to clean. */
export function FilesView() {
  const { t } = useTranslation();
  const { client, app } = useSession();
  const model = filesModel(client);
  const state = useStore(model.state);
  const connection = useApp((other) => other.connection);
  const options = useFileOptions();
  const [openId, setOpenId] = useState<string | null>(null);
  useEffect(() => {
    if (connection === 'open') void model.load();
  }, [model, connection]);
  const toggle = useCallback((id: string) => setOpenId((open) => (open === id ? null : id)), []);
  const isOver = useDrop((dropped) => model.add(dropped, options));
  const addFiles = (files: readonly File[]): void =>
    model.add(
      files.map((file) => ({ file })),
      options,
    );
  const { jobs, local, problem } = state;
  const summary = summarize(state);
  const isEmpty = summary.total === 0;
  return (
    <div className="view files">
      <header className="view__head files__head">
        <div>
          <h1>{t('files.title')}</h1>
          {!isEmpty && <Summary state={state} />}
        </div>
        {!isEmpty && (
          <div className="files__tools">
            {summary.busy > 1 && (
              <Button onClick={() => void app.attempt(() => model.cancelAll())}>
                {t('files.cancelAll')}
              </Button>
            )}
            {summary.busy < summary.total && (
              <Button onClick={() => void app.attempt(() => model.clearFinished())}>
                {t('files.clear')}
              </Button>
            )}
            <FilePicker
              multiple
              variant="primary"
              icon={<FilePlus2 size={16} aria-hidden="true" />}
              onFiles={addFiles}
            >
              {t('files.add')}
            </FilePicker>
          </div>
        )}
      </header>
      <FileOptionsBar />
      {problem !== null && (
        <ErrorPanel problem={problem}>
          <Button onClick={() => void model.load()}>{t('common.retry')}</Button>
        </ErrorPanel>
      )}
      {isEmpty ? (
        <div className="files__drop">
          <EmptyState
            icon={<FileAudio size={28} />}
            title={t('files.dropTitle')}
            text={t('files.dropText')}
          >
            <FilePicker multiple variant="primary" onFiles={addFiles}>
              {t('files.choose')}
            </FilePicker>
          </EmptyState>
        </div>
      ) : (
        <ul className="files__queue" aria-label={t('files.queue')}>
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} isOpen={job.id === openId} onToggle={toggle} />
          ))}
          {local.map((row) => (
            <LocalQueueRow key={row.id} row={row} />
          ))}
        </ul>
      )}
      <Announcer state={state} />
      {isOver && <DropVeil text={t('files.dropNow')} />}
    </div>
  );
}

function Summary({ state }: { readonly state: FilesState }) {
  const { t } = useTranslation();
  const { total, busy, done, failed, secondsLeft } = summarize(state);
  const parts: string[] = [
    busy === 0 && failed === 0
      ? t('files.summary.allDone')
      : t('files.summary.left', { done, total }),
  ];
  if (busy > 0 && secondsLeft !== null) {
    parts.push(t('files.summary.time', { time: formatLength(Math.max(1, secondsLeft)) }));
  }
  if (failed > 0) {
    parts.push(
      failed === 1 ? t('files.summary.failedOne') : t('files.summary.failed', { count: failed }),
    );
  }
  return <p className="muted small number">{parts.join(' · ')}</p>;
}

/** Says only what has ended; progress itself stays silent. */
function Announcer({ state }: { readonly state: FilesState }) {
  const { t } = useTranslation();
  const [said, setSaid] = useState('');
  const known = useRef<Map<string, string> | null>(null);
  useEffect(() => {
    const rows = [...state.jobs, ...state.local];
    const before = known.current;
    known.current = new Map(rows.map(({ id, state: now }) => [id, now]));
    if (before === null) return;
    const words = rows.flatMap(({ id, name, state: now, problem }) => {
      const was = before.get(id);
      if (was === now || (was !== undefined && !isBusy(was as typeof now))) return [];
      if (now === 'done') return [t('files.announceDone', { name })];
      if (now !== 'failed' && now !== 'refused') return [];
      return [t('files.announceFailed', { name, message: problem?.message ?? '' })];
    });
    if (words.length > 0) setSaid(words.join(' '));
  }, [state, t]);
  return (
    <p className="visually-hidden" role="status">
      {said}
    </p>
  );
}
