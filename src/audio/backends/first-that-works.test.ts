import { describe, expect, it } from 'vitest';
import { FakeBackend } from './fake/fake-backend.ts';
import { firstThatWorks } from './first-that-works.ts';

const broken = (why: string): FakeBackend => {
  const backend = new FakeBackend();
  backend.setUnavailable(why);
  return backend;
};

describe('firstThatWorks', () => {
  it('takes the first, and the next one where that cannot list its devices', async () => {
    const [good, other] = [new FakeBackend(), new FakeBackend()];
    expect(await firstThatWorks([() => good, () => other])).toBe(good);
    expect(await firstThatWorks([() => broken('no compiler'), () => other])).toBe(other);
  });

  it('says what is wrong with each when none works', async () => {
    const none = firstThatWorks([() => broken('no compiler'), () => broken('no binary')]);
    await expect(none).rejects.toMatchObject({
      code: 'AUDIO_UNAVAILABLE',
      message: expect.stringMatching(/fake: no compiler; fake: no binary/),
    });
  });
});
