import { useCallback, useEffect, useState } from 'react';
import type { Recording } from '../../ipc/app/library.ts';
import type { Problem } from '../../ipc/messages.ts';
import type { AppClient } from '../client/app-client.ts';
import { describeError } from '../store/describe-error.ts';
import { useApp, useClient, useSession, type Session } from '../store/session.tsx';
import { PendingDeletes } from './pending-deletes.ts';

export interface Recordings {
  /** `null` while they are read for the first time. */
  readonly recordings: readonly Recording[] | null;
  readonly problem: Problem | null;
  /** Shows one that has changed, before the list is read again. */
  replace(recording: Recording): void;
  reload(): void;
}

/** The library, read anew whenever the app says that it is another one. */
export function useRecordings(): Recordings {
  const client = useClient();
  const connection = useApp((state) => state.connection);
  const [recordings, setRecordings] = useState<readonly Recording[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((count) => count + 1), []);
  useEffect(() => client.on('library', reload), [client, reload]);
  useEffect(() => {
    if (connection !== 'open') return;
    let isWanted = true;
    client.call('library.list', null).then(
      (list) => {
        if (!isWanted) return;
        setRecordings(list);
        setProblem(null);
      },
      (error: unknown) => isWanted && setProblem(describeError(error)),
    );
    return () => {
      isWanted = false;
    };
  }, [client, connection, turn]);
  const replace = useCallback((recording: Recording) => {
    setRecordings((list) =>
      list === null ? list : list.map((other) => (other.id === recording.id ? recording : other)),
    );
  }, []);
  return { recordings, problem, replace, reload };
}

const pending = new WeakMap<AppClient, PendingDeletes>();

function pendingOf({ client, app }: Session): PendingDeletes {
  let deletes = pending.get(client);
  if (deletes === undefined) {
    deletes = new PendingDeletes(
      (id) => client.call('library.delete', { id }),
      (error) => app.report(error),
    );
    pending.set(client, deletes);
  }
  return deletes;
}

/** The deletions of this window; they go on while another view is shown. */
export const usePendingDeletes = (): PendingDeletes => pendingOf(useSession());
