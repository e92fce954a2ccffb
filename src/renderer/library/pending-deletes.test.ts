import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Recording } from '../../ipc/app/library.ts';
import { PendingDeletes } from './pending-deletes.ts';

const recording = (id: string) => ({ id, name: id }) as Recording;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ids = (pending: PendingDeletes) => pending.state.getState().recordings.map(({ id }) => id);

it('deletes after a while, counted from the last one', async () => {
  const remove = vi.fn(() => Promise.resolve());
  const pending = new PendingDeletes(remove, () => {}, 1000);
  pending.add(recording('a'));
  await vi.advanceTimersByTimeAsync(900);
  pending.add(recording('b'));
  pending.add(recording('b'));
  await vi.advanceTimersByTimeAsync(900);
  expect(remove).not.toHaveBeenCalled();
  expect(ids(pending)).toEqual(['a', 'b']);
  await vi.advanceTimersByTimeAsync(200);
  expect(remove.mock.calls).toEqual([['a'], ['b']]);
  expect(ids(pending)).toEqual([]);
});

it('taken back, nothing is deleted', async () => {
  const remove = vi.fn(() => Promise.resolve());
  const pending = new PendingDeletes(remove, () => {}, 1000);
  pending.add(recording('a'));
  pending.undo();
  await vi.advanceTimersByTimeAsync(5000);
  expect(remove).not.toHaveBeenCalled();
});

it('one that cannot be deleted is said, and the others go', async () => {
  const failed = vi.fn();
  const remove = (id: string) =>
    id === 'a' ? Promise.reject(new Error('locked')) : Promise.resolve();
  const pending = new PendingDeletes(remove, failed, 1000);
  pending.add(recording('a'));
  pending.add(recording('b'));
  await pending.flush();
  expect(failed).toHaveBeenCalledOnce();
  expect(ids(pending)).toEqual([]);
});
