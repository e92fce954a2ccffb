import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listCorpus } from './index.ts';
import { parseCsv } from './residua.ts';
import type { CorpusListing } from './types.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'residua-corpora-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Listing opens no file, so empty ones do. */
function touch(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), '');
  }
}

const names = (listing: CorpusListing) => ({
  format: listing.format,
  speech: listing.speech.map((f) => [relative(dir, f.path), f.speaker]),
  noise: listing.noise.map((f) => [relative(dir, f.path), f.source]),
  pairs: listing.pairs.map((p) => [relative(dir, p.noisy), relative(dir, p.clean)]),
});

describe('LibriSpeech', () => {
  it('lists the train splits only, without held-out readers', () => {
    touch(
      'train-clean-100/103/1240/103-1240-0001.flac',
      'train-clean-100/103/1240/103-1240-0000.flac',
      'train-clean-100/103/1240/103-1240.trans.txt',
      'train-clean-100/60/121082/60-121082-0000.flac', // reader of the test set
      'train-other-500/20/205/20-205-0000.flac',
      'dev-clean/84/121123/84-121123-0000.flac',
      'test-clean/61/70968/61-70968-0000.flac',
      'SPEAKERS.TXT',
    );
    expect(names(listCorpus({ path: dir }))).toEqual({
      format: 'librispeech',
      speech: [
        ['train-clean-100/103/1240/103-1240-0000.flac', 'librispeech-103'],
        ['train-clean-100/103/1240/103-1240-0001.flac', 'librispeech-103'],
        ['train-other-500/20/205/20-205-0000.flac', 'librispeech-20'],
      ],
      noise: [],
      pairs: [],
    });
    expect(listCorpus({ path: join(dir, 'train-other-500') }).speech).toHaveLength(1);
    for (const split of ['dev-clean', 'test-clean']) {
      expect(() => listCorpus({ path: join(dir, split), format: 'librispeech' })).toThrow(
        expect.objectContaining({ code: 'DATA_SPLIT' }),
      );
      expect(() => listCorpus({ path: join(dir, split) })).toThrow();
    }
  });
});

describe('VCTK', () => {
  it('lists one microphone of version 0.92', () => {
    touch(
      'wav48_silence_trimmed/p225/p225_001_mic1.flac',
      'wav48_silence_trimmed/p225/p225_001_mic2.flac',
      'wav48_silence_trimmed/s5/s5_001_mic1.flac',
      'wav48_silence_trimmed/log.txt',
    );
    const want = {
      format: 'vctk',
      speech: [
        ['wav48_silence_trimmed/p225/p225_001_mic1.flac', 'vctk-p225'],
        ['wav48_silence_trimmed/s5/s5_001_mic1.flac', 'vctk-s5'],
      ],
      noise: [],
      pairs: [],
    };
    expect(names(listCorpus({ path: dir }))).toEqual(want);
    expect(names(listCorpus({ path: join(dir, 'wav48_silence_trimmed') }))).toEqual(want);
  });

  it('lists version 0.80', () => {
    touch('wav48/p226/p226_002.wav', 'wav48/p226/._p226_002.wav');
    expect(names(listCorpus({ path: dir })).speech).toEqual([
      ['wav48/p226/p226_002.wav', 'vctk-p226'],
    ]);
  });
});

describe('VoiceBank+DEMAND', () => {
  it('pairs files by name and leaves the test set alone', () => {
    touch(
      'clean_trainset_28spk_wav/p226_001.wav',
      'clean_trainset_28spk_wav/p226_002.wav',
      'noisy_trainset_28spk_wav/p226_001.wav',
      'clean_testset_wav/p232_001.wav',
      'noisy_testset_wav/p232_001.wav',
    );
    expect(names(listCorpus({ path: dir }))).toEqual({
      format: 'voicebank-demand',
      speech: [
        ['clean_trainset_28spk_wav/p226_001.wav', 'vctk-p226'],
        ['clean_trainset_28spk_wav/p226_002.wav', 'vctk-p226'],
      ],
      noise: [],
      pairs: [['noisy_trainset_28spk_wav/p226_001.wav', 'clean_trainset_28spk_wav/p226_001.wav']],
    });
  });

  it('refuses folders whose files do not go together', () => {
    touch('clean_trainset_28spk_wav/a.wav', 'noisy_trainset_28spk_wav/b.wav');
    expect(() => listCorpus({ path: dir })).toThrow(
      expect.objectContaining({ code: 'DATA_FORMAT' }),
    );
  });
});

describe('ESC-50', () => {
  it('lists folds 1 to 4 by class', () => {
    touch(
      'meta/esc50.csv',
      'audio/1-100032-A-0.wav',
      'audio/4-99999-C-49.wav',
      'audio/5-9032-A-0.wav', // the fold held out
    );
    expect(names(listCorpus({ path: dir }))).toEqual({
      format: 'esc50',
      speech: [],
      noise: [
        ['audio/1-100032-A-0.wav', 'esc50-0'],
        ['audio/4-99999-C-49.wav', 'esc50-49'],
      ],
      pairs: [],
    });
  });
});

describe('DNS and MS-SNSD', () => {
  it.each([
    ['clean', 'noise'],
    ['datasets/clean', 'datasets/noise'],
    ['datasets_fullband/clean_fullband', 'datasets_fullband/noise_fullband'],
    ['clean_train', 'noise_train'],
  ])('lists %s and %s at any depth', (clean, noise) => {
    const spoken = `${clean}/read/book_00000_chp_0009_reader_06709_0_seg_1.wav`;
    touch(spoken, `${clean}/a.wav`, `${noise}/fan.wav`, 'clean_test/t.wav', 'noise_test/t.wav');
    expect(names(listCorpus({ path: dir }))).toEqual({
      format: 'dns',
      speech: [
        [`${clean}/a.wav`, undefined],
        [spoken, 'librivox-06709'],
      ],
      noise: [[`${noise}/fan.wav`, 'dns-noise']],
      pairs: [],
    });
  });
});

describe('a folder with manifest.csv', () => {
  const header = 'split,kind,source,file,original,licence,seconds,bytes\n';

  it('lists its train split', () => {
    const rows = [
      'train,speech,librispeech,train/speech/librispeech/298-1-0000.flac,"a, b",CC BY,1,1',
      'val,speech,librispeech,val/speech/librispeech/60-1-0000.flac,x,CC BY,1,1',
      'train,noise,esc10,train/noise/esc10/a.opus,x,CC BY,1,1',
    ];
    writeFileSync(join(dir, 'manifest.csv'), header + rows.join('\r\n'));
    expect(names(listCorpus({ path: dir }))).toEqual({
      format: 'residua',
      speech: [['train/speech/librispeech/298-1-0000.flac', 'librispeech-298']],
      noise: [['train/noise/esc10/a.opus', 'esc10']],
      pairs: [],
    });
  });

  it.each([
    'val/speech/x.flac',
    'test/clean/x.flac',
    'train/../val/x.flac',
    '/etc/passwd',
    '../x.flac',
  ])('refuses a train row that leads to %s', (file) => {
    writeFileSync(join(dir, 'manifest.csv'), `${header}train,speech,s,${file},x,y,1,1\n`);
    expect(() => listCorpus({ path: dir })).toThrow(
      expect.objectContaining({ code: 'DATA_SPLIT' }),
    );
  });

  it('refuses a manifest without the columns', () => {
    writeFileSync(join(dir, 'manifest.csv'), 'split,file\ntrain,train/x.wav\n');
    expect(() => listCorpus({ path: dir })).toThrow(
      expect.objectContaining({ code: 'DATA_FORMAT' }),
    );
  });
});

describe('listCorpus', () => {
  it('says what is wrong with a folder', () => {
    const refused = (spec: Parameters<typeof listCorpus>[0], code: string): void =>
      expect(() => listCorpus(spec)).toThrow(expect.objectContaining({ code }));
    touch('pictures/a.png');
    refused({ path: join(dir, 'nowhere') }, 'DATA_NOT_FOUND');
    refused({ path: join(dir, 'pictures', 'a.png') }, 'DATA_NOT_FOUND');
    refused({ path: dir }, 'DATA_FORMAT');
    refused({ path: dir, format: 'vctk' }, 'DATA_FORMAT');
    refused({ path: dir, format: 'wsj0' }, 'DATA_OPTIONS');
    touch('clean/readme.txt', 'noise/readme.txt');
    refused({ path: dir }, 'DATA_EMPTY');
  });
});

describe('parseCsv', () => {
  it('reads quoted fields, empty ones, and any line ending', () => {
    expect(parseCsv('a,"b, ""c""\nd",\r\ne,,f')).toEqual([
      ['a', 'b, "c"\nd', ''],
      ['e', '', 'f'],
    ]);
    expect(parseCsv('')).toEqual([]);
  });
});
