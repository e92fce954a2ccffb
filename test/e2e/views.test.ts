import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { appMissing, goTo, takeProblems, turn, useApp } from '../fixtures/use-app.ts';

/** Where screenshots of every view go; none are taken without it. */
const SHOTS = process.env['RESIDUA_SCREENSHOTS'];
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const VIEWS = ['Live', 'Compare', 'Recordings', 'Files', 'Settings'] as const;
const SIZES = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
] as const;

interface AxeRun {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Violations that keep people out, as lines. */
async function barriers(page: Page): Promise<string[]> {
  // By the driver: the page's own policy lets no foreign script in.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = (await page.evaluate('axe.run()')) as AxeRun;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** Controls that stick out of the window to the side, where nobody reaches them. */
const sticksOut = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('button, input, select, [role=slider], [role=switch]')]
    .filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      return width > 1 && (left < -1 || right > innerWidth + 1);
    })
    .map((element) => element.outerHTML.slice(0, 120))`);

/** Of the element that has the keyboard. */
const focusedName = (page: Page): Promise<string> =>
  page.evaluate(`(() => {
    const element = document.activeElement;
    const isNone = element === null || element === document.body;
    return isNone ? '' : (element.getAttribute('aria-label') ?? element.textContent ?? '').trim();
  })()`);

describe.skipIf(appMissing !== undefined)('every view [needs Chromium] [needs PulseAudio]', () => {
  const app = useApp();
  afterEach(() => {
    expect(takeProblems()).toEqual([]);
  });

  it('has something to show', async () => {
    const { page } = app();
    await turn(page, true);
    await page.keyboard.press('r');
    await pause(3000);
    await page.keyboard.press('r');
    await pause(SHOTS === undefined ? 500 : 5000);
    await goTo(page, 'Compare');
    await page.getByRole('button', { name: /SNR/ }).first().click();
    await page.getByRole('heading', { name: 'Version heard' }).waitFor();
    await goTo(page, 'Files');
    const file = path.resolve(import.meta.dirname, '../../resources/demo/noisy/rain.flac');
    await page.locator('input[type=file]').first().setInputFiles([file]);
    await page
      .getByRole('button', { name: 'Save the result of rain.flac' })
      .waitFor({ timeout: 60_000 });
  });

  it.each(['light', 'dark'] as const)(
    'keeps nobody out and shows all of itself, in either size, %s',
    async (theme) => {
      const { page } = app();
      await page.emulateMedia({ colorScheme: theme });
      const found: string[] = [];
      for (const size of SIZES) {
        await page.setViewportSize(size);
        for (const view of VIEWS) {
          await goTo(page, view);
          const where = `${view}, ${size.width} wide`;
          if (SHOTS !== undefined) {
            await pause(view === 'Live' ? 6000 : 1500);
            await mkdir(SHOTS, { recursive: true });
            const name = `${view.toLowerCase()}-${size.width}-${theme}.png`;
            await page.screenshot({ path: path.join(SHOTS, name) });
          }
          found.push(...(await barriers(page)).map((line) => `${where}: ${line}`));
          found.push(...(await sticksOut(page)).map((html) => `${where}: outside ${html}`));
        }
      }
      expect(found).toEqual([]);
    },
    240_000,
  );

  it('is reached with the keyboard alone', async () => {
    const { page } = app();
    await page.setViewportSize(SIZES[0]);
    await goTo(page, 'Live');
    await page.locator('body').click({ position: { x: 2, y: 2 } });
    const reached = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      reached.add(await focusedName(page));
    }
    for (const name of ['Compare', 'Clean my voice']) {
      expect(
        [...reached].some((one) => one.includes(name)),
        name,
      ).toBe(true);
    }
  });
});
