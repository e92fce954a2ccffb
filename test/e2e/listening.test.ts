import { open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Download, Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { readAudio } from '../../src/audio/open-audio.ts';
import { appMissing, goTo, takeProblems, turn, useApp } from '../fixtures/use-app.ts';

const DEMO = path.resolve(import.meta.dirname, '../../resources/demo/noisy');

/** Saves what a click sends to the browser. */
async function saved(page: Page, click: () => Promise<void>, folder: string): Promise<string> {
  const [download]: [Download, void] = await Promise.all([page.waitForEvent('download'), click()]);
  const file = path.join(folder, download.suggestedFilename());
  await download.saveAs(file);
  return file;
}

describe.skipIf(appMissing !== undefined)('beside Live [needs Chromium] [needs PulseAudio]', () => {
  const app = useApp();
  afterEach(() => {
    expect(takeProblems()).toEqual([]);
  });

  it('records at one key, and plays what was recorded', async () => {
    const { page, process } = app();
    await turn(page, true);
    await page.keyboard.press('r');
    await pause(4000);
    await page.keyboard.press('r');
    await page
      .getByText(/It is under Recordings/)
      .first()
      .waitFor();
    await goTo(page, 'Recordings');
    const row = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('button', { name: /^Open / }) })
      .first();
    await row.getByRole('button', { name: /^Open / }).click();
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await page.getByRole('button', { name: /^Export / }).click();
    const file = await saved(
      page,
      () => page.getByRole('menuitem', { name: 'Clean voice as FLAC' }).click(),
      process.folder,
    );
    const { channels, sampleRate } = await readAudio(file);
    expect(channels[0]!.length / sampleRate).toBeGreaterThan(3);
    expect(channels[0]!.some((x) => Math.abs(x) > 0.01)).toBe(true);
  });

  it('renames, deletes and takes back', async () => {
    const { page } = app();
    await page
      .getByRole('button', { name: /^Rename / })
      .first()
      .click();
    await page.getByRole('textbox', { name: 'New name' }).fill('First take');
    await page.keyboard.press('Enter');
    await page.getByText('First take', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Delete First take' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('First take', { exact: true }).first().waitFor();
    await page.reload();
    await goTo(page, 'Recordings');
    await page.getByText('First take', { exact: true }).first().waitFor();
  });

  it('freezes what the microphone heard and plays it through another quantizer', async () => {
    const { page } = app();
    await goTo(page, 'Compare');
    await page.getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('heading', { name: 'Version heard' }).waitFor();
    const versions = page.getByRole('radiogroup', { name: 'Version heard' }).getByRole('radio');
    expect(await versions.count()).toBeGreaterThanOrEqual(7);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await versions.filter({ hasText: 'RVQ' }).click();
    await expect
      .poll(() => versions.filter({ hasText: 'RVQ' }).isChecked(), { timeout: 60_000 })
      .toBe(true);
  });

  it('runs a blind ABX test to its p-value and saves it', async () => {
    const { page, process } = app();
    await page.getByRole('radio', { name: 'Blind ABX' }).click();
    await page.getByRole('button', { name: 'Start the test' }).click();
    const save = page.getByRole('button', { name: 'Save CSV' });
    const answer = page.getByRole('button', { name: 'X is A' });
    let trials = 0;
    await answer.waitFor({ timeout: 60_000 });
    while (await answer.isVisible()) {
      await page.keyboard.press('x');
      await answer.click();
      trials++;
      await answer.or(save).first().waitFor();
    }
    await page.getByText(/^p [=<] 0|^p = 1/).waitFor();
    const csv = await readFile(await saved(page, () => save.click(), process.folder), 'utf8');
    expect(trials).toBeGreaterThanOrEqual(5);
    expect(csv.trim().split('\n').length).toBeGreaterThan(trials);
  });

  it('cleans files of a queue; says what is wrong with one, and cancels another', async () => {
    const { page, process } = app();
    const text = path.join(process.folder, 'notes.wav');
    await writeFile(text, 'This is no sound at all. '.repeat(40));
    const long = path.join(process.folder, 'long.wav');
    await silence(long, 1200);
    await goTo(page, 'Files');
    const input = page.locator('input[type=file]').first();
    await input.setInputFiles([path.join(DEMO, 'rain.flac'), text, long]);
    await page.getByRole('button', { name: 'Cancel long.wav' }).click();
    await page.getByText('Cancelled').first().waitFor();
    const row = (name: string) => page.getByRole('listitem').filter({ hasText: name }).first();
    await row('rain.flac').getByText('Done').waitFor({ timeout: 60_000 });
    await row('notes.wav').getByText('Failed').waitFor();
    const file = await saved(
      page,
      () => page.getByRole('button', { name: 'Save the result of rain.flac' }).click(),
      process.folder,
    );
    const before = await readAudio(path.join(DEMO, 'rain.flac'));
    const after = await readAudio(file);
    expect(after.sampleRate).toBe(before.sampleRate);
    expect(after.channels[0]!.length).toBe(before.channels[0]!.length);
    await page.getByRole('button', { name: 'Listen to rain.flac' }).click();
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
  });
});

/** A WAV file of so many seconds of digital silence, 16 bit, 48 kHz. */
async function silence(file: string, seconds: number): Promise<void> {
  const bytes = seconds * 96_000;
  const header = Buffer.alloc(44);
  header.write('RIFF').toString();
  header.writeUInt32LE(36 + bytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(96_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(bytes, 40);
  const handle = await open(file, 'w');
  try {
    await handle.write(header);
    await handle.truncate(44 + bytes);
  } finally {
    await handle.close();
  }
}
