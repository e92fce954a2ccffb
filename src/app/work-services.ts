import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from '../audio/atomic-file.ts';
import type { MediaRef } from '../ipc/app/media.ts';
import { Clips } from './compare/clips.ts';
import type { WorkContext, WorkServices } from './handlers.ts';
import { JobQueue } from './jobs/job-queue.ts';
import { DecodedFiles } from './media/decoded-files.ts';
import { Media } from './media/media.ts';
import { Transfers } from './transfers/transfers.ts';
import { Uploads } from './uploads/uploads.ts';
import { WorkPool, type PoolOptions } from './work/pool.ts';
import { makeWorkFolder } from './work/work-folder.ts';

/** The services of files and clips, and their worker processes. Nothing starts before it is needed. */
export function createWork(context: WorkContext, poolOptions: PoolOptions = {}): WorkServices {
  const { emit, settings, modelFolder, takesPaths, recordingFile, snapshot } = context;
  let folder: Promise<string> | undefined;
  const workFolder = (): Promise<string> => {
    folder ??= context
      .temporaryFolder()
      .then(makeWorkFolder)
      .catch((error: unknown) => {
        // The disk may have room the next time.
        folder = undefined;
        throw error;
      });
    return folder;
  };

  const pool = new WorkPool(poolOptions);
  const transfers = new Transfers();
  const uploads = new Uploads({ folder: workFolder });
  const jobs = new JobQueue({
    pool,
    uploads,
    transfers,
    emit,
    settings,
    modelFolder,
    workFolder,
    takesPaths,
    ...(context.reveal ? { reveal: context.reveal } : {}),
  });
  const clips = new Clips({
    pool,
    uploads,
    emit,
    settings,
    modelFolder,
    snapshot,
    workFolder,
    demoFolder: join(context.resourcesFolder, 'demo'),
    takesPaths,
  });
  const fileOf = (media: MediaRef): string | Promise<string> => {
    switch (media.kind) {
      case 'recording':
        return recordingFile(media.id, media.which);
      case 'job':
        return jobs.file(media.id, media.which);
      case 'clip':
        return clips.file(media.id, media.variant);
    }
  };
  const decoded = new DecodedFiles({ pool, folder: workFolder });
  const media = new Media({ pool, decoded, fileOf });

  const convert = async (task: 'flac' | 'wav', input: string, output: string): Promise<void> => {
    const temporary = temporaryName(output);
    const target = { path: output, temporary };
    await pool.run(task, { input, output: target }, { temporaries: [temporary] });
  };

  return {
    handlers: {
      'upload.begin': async ({ name, bytes }) => ({ id: await uploads.begin(name, bytes) }),
      'upload.piece': ({ id, offset, bytes }) => uploads.piece(id, offset, bytes),
      'upload.cancel': ({ id }) => uploads.cancel(id).then(toNull),

      'jobs.list': async () => jobs.list(),
      'jobs.add': async (argument) => jobs.add(argument),
      'jobs.cancel': ({ id }) => jobs.cancel(id).then(toNull),
      'jobs.retry': async ({ id }) => {
        jobs.retry(id);
        return null;
      },
      'jobs.remove': ({ id }) => jobs.remove(id).then(toNull),
      'jobs.reveal': ({ id }) => jobs.reveal(id).then(toNull),
      'jobs.fetch': async ({ id }) => jobs.fetch(id),

      'compare.freeze': ({ seconds }) => clips.freeze(seconds),
      'compare.open': (argument) => clips.open(argument),
      'compare.render': ({ id, variants }) => clips.render(id, variants),
      'compare.close': ({ id }) => clips.drop(id).then(toNull),

      'media.info': (argument) => media.info(argument),
      'media.read': (argument) => media.read(argument),
      'media.peaks': (argument) => media.peaks(argument),
      'media.spectrogram': (argument) => media.spectrogram(argument),

      'transfer.read': ({ id, offset }) => transfers.read(id, offset),
      'transfer.end': ({ id }) => transfers.end(id).then(toNull),
    },
    offer: (source) => transfers.offer(source),
    writeFlac: (input, output) => convert('flac', input, output),
    writeWav: (input, output) => convert('wav', input, output),
    async close() {
      await pool.close();
      await Promise.all([jobs.close(), clips.close(), transfers.close(), uploads.close()]);
      const made = await folder?.catch(() => undefined);
      if (made !== undefined) await rm(made, { recursive: true, force: true });
    },
  };
}

function toNull(): null {
  return null;
}
