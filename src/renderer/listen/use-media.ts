import { useEffect, useState } from 'react';
import type { MediaRef, SpectrogramImage } from '../../ipc/app/media.ts';
import type { AppClient } from '../client/app-client.ts';
import { useClient } from '../store/session.tsx';

/** What is fetched for a picture: `undefined` while it is on its way, `null` where there is none. */
export type Fetched<T> = T | null | undefined;

const PEAK_BUCKETS = 1200;
const COLUMNS = 900;
const ROWS = 128;

/** @returns peaks of the whole length. @param media `null`: nothing is fetched yet */
export function usePeaks(media: MediaRef | null, buckets = PEAK_BUCKETS): Fetched<number[]> {
  const client = useClient();
  return useFetched(media, `peaks ${buckets}`, (ref) =>
    client.call('media.peaks', { media: ref, buckets }),
  );
}

/** @returns the spectrogram of the whole length */
export function useSpectrogram(media: MediaRef | null): Fetched<SpectrogramImage> {
  const client = useClient();
  return useFetched(media, 'spectrogram', (ref) =>
    client.call('media.spectrogram', { media: ref, columns: COLUMNS, rows: ROWS }),
  );
}

/** Pictures are for the eye alone: one that cannot be had is left out, and the player says what is wrong. */
function useFetched<T>(
  media: MediaRef | null,
  kind: string,
  fetch: (media: MediaRef) => Promise<T>,
): Fetched<T> {
  const key = media === null ? null : `${kind} ${JSON.stringify(media)}`;
  const client = useClient();
  const [fetched, setFetched] = useState<{ readonly key: string; readonly value: T | null }>();
  useEffect(() => {
    if (media === null || key === null) return;
    let isWanted = true;
    const kept = cacheOf(client);
    const known = kept.get(key);
    if (known !== undefined) {
      setFetched({ key, value: known as T });
      return;
    }
    fetch(media).then(
      (value) => {
        kept.set(key, value);
        for (const oldest of kept.keys()) {
          if (kept.size <= MOST_KEPT) break;
          kept.delete(oldest);
        }
        if (isWanted) setFetched({ key, value });
      },
      () => isWanted && setFetched({ key, value: null }),
    );
    return () => {
      isWanted = false;
    };
    // The key stands for media and fetch.
  }, [key]);
  if (fetched?.key === key) return fetched.value;
  return key === null ? undefined : (cacheOf(client).get(key) as T | undefined);
}

/** Pictures of the same sound are asked for over and over while one switches between versions. */
const MOST_KEPT = 80;
const caches = new WeakMap<AppClient, Map<string, unknown>>();

function cacheOf(client: AppClient): Map<string, unknown> {
  let cache = caches.get(client);
  if (cache === undefined) caches.set(client, (cache = new Map()));
  return cache;
}
