import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BrowserModeProcess } from '../fixtures/browser-mode.ts';
import { useBuiltApp } from '../fixtures/build-app.ts';
import { TEST_MIC_NAME, TEST_OUT_NAME } from '../fixtures/pulse.ts';
import {
  appMissing,
  chooseDevice,
  goTo,
  launchBrowser,
  openPage,
  speakInto,
  takeProblems,
} from '../fixtures/use-app.ts';
import { usePulse } from '../fixtures/use-pulse.ts';

describe.skipIf(appMissing !== undefined)('a newcomer [needs Chromium] [needs PulseAudio]', () => {
  const built = useBuiltApp();
  const pulse = usePulse();
  let browser: Browser;
  let app: BrowserModeProcess;
  const start = (env?: NodeJS.ProcessEnv) =>
    BrowserModeProcess.start({
      page: path.join(built(), 'renderer'),
      ...(env === undefined ? {} : { env }),
    });
  beforeAll(async () => {
    await speakInto(pulse());
    browser = await launchBrowser();
    app = await start();
  });
  afterEach(() => {
    expect(takeProblems()).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.remove();
  });

  it('is led to the own voice, cleaned', async () => {
    const page = await openPage(browser, app.url);
    const guide = page.getByRole('dialog');
    const next = guide.getByRole('button', { name: 'Next' });
    await guide.getByLabel('Microphone').selectOption({ label: TEST_MIC_NAME });
    await next.click();
    await guide.getByRole('button', { name: 'Turn the microphone on' }).click();
    await guide.getByText(/good level|rather quiet|too loud/).waitFor();
    await next.click();
    await guide.getByLabel('Listen on').selectOption({ label: TEST_OUT_NAME });
    await next.click();
    const hold = guide.getByRole('button', { name: 'Hold to hear it without Residua' });
    await hold.hover();
    await page.mouse.down();
    await guide.getByText('This is the microphone as it is').first().waitFor();
    await page.mouse.up();
    await hold.waitFor();
    await guide.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Your voice is being cleaned.').waitFor();
    await page.close();
  });

  it('finds everything as it was after a restart of the app', async () => {
    let page = await openPage(browser, app.url);
    await page
      .getByRole('radiogroup', { name: 'Quantizer' })
      .getByRole('radio', { name: 'FSQ' })
      .click();
    await goTo(page, 'Settings');
    await page.getByRole('radio', { name: 'Dark' }).click();
    await page.close();
    expect(await app.end()).toBe(0);

    const again = await start({ RESIDUA_DATA: app.folder });
    try {
      page = await openPage(browser, again.url);
      const fsq = page
        .getByRole('radiogroup', { name: 'Quantizer' })
        .getByRole('radio', { name: 'FSQ' });
      await fsq.waitFor();
      expect(await fsq.isChecked()).toBe(true);
      const microphone = page.getByLabel('Microphone', { exact: true });
      expect(await microphone.locator('option:checked').textContent()).toContain(TEST_MIC_NAME);
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
      expect(await page.getByRole('dialog').count()).toBe(0);
      await chooseDevice(page, 'Listen on', TEST_OUT_NAME);
    } finally {
      await again.remove();
    }
  });
});
