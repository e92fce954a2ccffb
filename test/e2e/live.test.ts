import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { TEST_MIC, TEST_MIC_NAME, TEST_OUT, type PulseDaemon } from '../fixtures/pulse.ts';
import { appMissing, powerSwitch, takeProblems, turn, useApp } from '../fixtures/use-app.ts';
import type { BrowserModeProcess } from '../fixtures/browser-mode.ts';
import { commandLine } from '../live/processes.ts';

/** What stands beside a name in a list of readings, once it says what is expected. */
async function reads(page: Page, name: string, expected: RegExp): Promise<void> {
  const row = page.locator('dl > div', { has: page.getByText(name, { exact: true }) });
  await row.locator('dd').filter({ hasText: expected }).waitFor();
}

const quantizer = (page: Page, name: string) =>
  page.getByRole('radiogroup', { name: 'Quantizer' }).getByRole('radio', { name });

/** Level in dB below which a tenth of all 20 ms pieces of what is recorded lies: the noise between words. */
async function floorDb(pulse: PulseDaemon, source: string, seconds: number): Promise<number> {
  const recorder = pulse.record(source);
  await pause(1000 * seconds);
  const sound = await recorder.stop();
  const piece = pulse.rateHz / 50;
  const levels: number[] = [];
  for (let at = 0; at + piece <= sound.length; at += piece) {
    const energy = sound.subarray(at, at + piece).reduce((sum, x) => sum + x * x, 0);
    levels.push(10 * Math.log10(energy / piece + 1e-12));
  }
  levels.sort((a, b) => a - b);
  return levels[Math.floor(levels.length / 10)]!;
}

const engineOf = (process: BrowserModeProcess): number | undefined =>
  process.descendants().find((pid) => commandLine(pid).includes('engine-main'));

describe.skipIf(appMissing !== undefined)('Live [needs Chromium] [needs PulseAudio]', () => {
  const app = useApp();
  afterEach(() => {
    expect(takeProblems()).toEqual([]);
  });

  it('cleans the voice at one press, and says how', async () => {
    const { page, pulse } = app();
    await turn(page, true);
    await reads(page, 'Bitrate', /^16 kbps/);
    await reads(page, 'Algorithm', /20\.0 ms/);
    await reads(page, 'Computed on', /CPU/);
    const [noisy, clean] = await Promise.all([
      floorDb(pulse, `${TEST_MIC}.monitor`, 8),
      floorDb(pulse, `${TEST_OUT}.monitor`, 8),
    ]);
    expect(noisy).toBeGreaterThan(-60);
    expect(clean).toBeLessThan(noisy - 10);
    expect(await page.getByRole('meter').count()).toBeGreaterThanOrEqual(2);
  });

  it('switches to every quantizer while it runs, by pointer and by key', async () => {
    const { page } = app();
    const radios = page.getByRole('radiogroup', { name: 'Quantizer' }).getByRole('radio');
    const count = await radios.count();
    expect(count).toBeGreaterThanOrEqual(6);
    for (let i = 0; i < count; i++) {
      const radio = radios.nth(i);
      if (i % 2 === 0) await radio.click();
      else await page.keyboard.press(String(i + 1));
      await expect.poll(() => radio.isChecked()).toBe(true);
      const isCoded = !(await radio.innerText()).includes('unquantised');
      await reads(page, 'Bitrate', isCoded ? /^[1-9]\d* kbps/ : /not coded/);
    }
    expect(await powerSwitch(page).isChecked()).toBe(true);
  });

  it('trades codebooks for bitrate with the slider', async () => {
    const { page } = app();
    await quantizer(page, 'RVQ').click();
    const slider = page.getByRole('slider', { name: 'Codebooks' });
    await slider.focus();
    await page.keyboard.press('Home');
    await reads(page, 'Bitrate', /^1 kbps/);
    for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowRight');
    await reads(page, 'Bitrate', /^8 kbps/);
    expect(await slider.getAttribute('aria-valuetext')).toContain('8 kbps');
    await page.keyboard.press('End');
    await reads(page, 'Bitrate', /^16 kbps/);
  });

  it('lets the microphone through while B is held', async () => {
    const { page } = app();
    await page.getByRole('heading', { name: 'Spectrum' }).click();
    await page.keyboard.down('b');
    await page.getByText('You hear the microphone as it is, equally loud.').waitFor();
    await page.keyboard.up('b');
    await page.getByText('Your voice is being cleaned.').waitFor();
  });

  it('mutes', async () => {
    const { page, pulse } = app();
    await page.keyboard.press('m');
    await page.getByText('Nothing of your voice gets through.').waitFor();
    await pause(500);
    expect(await floorDb(pulse, `${TEST_OUT}.monitor`, 2)).toBeLessThan(-100);
    await page.keyboard.press('m');
    await page.getByText('Your voice is being cleaned.').waitFor();
  });

  it('waits for a sound server that is gone, and goes on with it', async () => {
    const { page, pulse } = app();
    await pulse.down();
    await page
      .getByText('Sound comes back with it.')
      .or(page.getByText(/is gone|lost/))
      .first()
      .waitFor();
    await pulse.up();
    await page.getByText('Your voice is being cleaned.').waitFor({ timeout: 45_000 });
    expect(await powerSwitch(page).isChecked()).toBe(true);
    void takeProblems();
  });

  it('goes on after the engine process was killed', async () => {
    const { page, process } = app();
    const engine = engineOf(process)!;
    globalThis.process.kill(engine, 'SIGKILL');
    await page.getByRole('status').filter({ hasText: /again/ }).first().waitFor();
    await page.getByText('Your voice is being cleaned.').waitFor({ timeout: 30_000 });
    await expect.poll(() => engineOf(process)).not.toBe(engine);
  });

  it('keeps what was chosen when the page is opened again, and releases the microphone when turned off', async () => {
    const { page } = app();
    await quantizer(page, 'PQ').click();
    await reads(page, 'Bitrate', /^16 kbps/);
    await page.reload();
    await page.getByText('Your voice is being cleaned.').waitFor();
    expect(await quantizer(page, 'PQ').isChecked()).toBe(true);
    expect(await page.getByLabel('Microphone', { exact: true }).inputValue()).toContain(
      TEST_MIC_NAME,
    );
    await turn(page, false);
    expect(await page.getByRole('button', { name: 'Skip the guide' }).count()).toBe(0);
  });
});
