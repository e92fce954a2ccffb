import { ListMusic, Search, SearchX } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { Recording } from '../../ipc/app/library.ts';
import '../listen/listen.css';
import { useNavigation } from '../shell/navigation.ts';
import { useApp } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { EmptyState, ErrorPanel } from '../ui/Message.tsx';
import { Select } from '../ui/Select.tsx';
import './library.css';
import { listRecordings, RECORDING_SORTS, type RecordingSort } from './recordings-list.ts';
import { RecordingRow } from './RecordingRow.tsx';
import { usePendingDeletes, useRecordings } from './use-recordings.ts';

/** The library of recordings. */
export function RecordingsView() {
  const { t } = useTranslation();
  const { recordings, problem, replace, reload } = useRecordings();
  const folder = useApp(({ welcome }) => welcome?.recordingsFolder ?? '');
  const goTo = useNavigation(({ go }) => go);
  const pending = usePendingDeletes();
  const deleting = useStore(pending.state, (state) => state.recordings);
  const [query, setQuery] = useState('');
  const [sort, setSort] = useState<RecordingSort>('newest');
  const [openId, setOpenId] = useState<string | null>(null);
  const shown = useMemo(
    () => listRecordings(recordings ?? [], query, sort, new Set(deleting.map(({ id }) => id))),
    [recordings, query, sort, deleting],
  );
  const toggle = useCallback((id: string) => setOpenId((open) => (open === id ? null : id)), []);
  const remove = useCallback((recording: Recording) => pending.add(recording), [pending]);
  const total = (recordings?.length ?? 0) - deleting.length;
  return (
    <div className="view library">
      <header className="view__head library__head">
        <div>
          <h1>{t('library.title')}</h1>
          <p className="muted small library__folder" title={folder}>
            {recordings !== null && total > 0 && (
              <>
                {query.trim() !== ''
                  ? t('library.found', { count: shown.length, total })
                  : total === 1
                    ? t('library.countOne')
                    : t('library.count', { count: total })}{' '}
              </>
            )}
            {folder !== '' && t('library.folder', { folder })}
          </p>
        </div>
        {total > 0 && (
          <div className="library__tools">
            <div className="library__search">
              <Search size={15} aria-hidden="true" />
              <input
                type="search"
                className="ui-field"
                aria-label={t('library.search')}
                placeholder={t('library.searchShort')}
                value={query}
                onChange={({ target }) => setQuery(target.value)}
              />
            </div>
            <Select
              label={t('library.sort')}
              isLabelHidden
              value={sort}
              onChange={setSort}
              options={RECORDING_SORTS.map((value) => ({
                value,
                label: t(`library.sorts.${value}`),
              }))}
            />
          </div>
        )}
      </header>
      {problem !== null && (
        <ErrorPanel title={t('library.failedTitle')} problem={problem}>
          <Button onClick={reload}>{t('common.retry')}</Button>
        </ErrorPanel>
      )}
      {recordings === null && problem === null && (
        <p className="muted library__wait">{t('common.loading')}</p>
      )}
      {recordings !== null && total === 0 && (
        <EmptyState
          icon={<ListMusic size={26} />}
          title={t('library.emptyTitle')}
          text={t('library.emptyText')}
        >
          <Button variant="primary" onClick={() => goTo('live')}>
            {t('library.emptyAction')}
          </Button>
        </EmptyState>
      )}
      {total > 0 && shown.length === 0 && (
        <EmptyState
          icon={<SearchX size={26} />}
          title={t('library.noMatchTitle')}
          text={t('library.noMatchText', { text: query.trim() })}
        >
          <Button onClick={() => setQuery('')}>{t('library.clearSearch')}</Button>
        </EmptyState>
      )}
      {shown.length > 0 && (
        <ul className="library__list" aria-label={t('library.list')}>
          {shown.map((recording) => (
            <RecordingRow
              key={recording.id}
              recording={recording}
              isOpen={recording.id === openId}
              onToggle={toggle}
              onChange={replace}
              onDelete={remove}
            />
          ))}
        </ul>
      )}
      <div className="library__undo" role="status">
        {deleting.length > 0 && (
          <div className="undo">
            <span>
              {deleting.length === 1
                ? t('library.deletedOne', { name: deleting[0]!.name })
                : t('library.deleted', { count: deleting.length })}
            </span>
            <Button onClick={() => pending.undo()}>{t('library.undo')}</Button>
            <Button variant="quiet" onClick={() => void pending.flush()}>
              {t('library.deleteNow')}
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}
