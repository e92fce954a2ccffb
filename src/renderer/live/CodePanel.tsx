import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { formatNumber } from '../format.ts';
import { MAP_CELLS, type CodeMap } from '../store/code-map.ts';
import { useReadout, useSession } from '../store/session.tsx';
import { Canvas, type Frame } from '../ui/Canvas.tsx';
import { Card } from '../ui/Card.tsx';
import { codebookSize } from './quantizers.ts';
import { useModel } from './use-model.ts';

const COLORS = ['accent', 'inset', 'muted', 'line', 'text', 'part-7'] as const;
type Colors = (typeof COLORS)[number];
const LABEL_PX = 18;
const BITS_PX = 44;
const LABEL_FONT_PX = 9;
/** Half of the first row's number stands out of its row. */
const TOP_PX = 2;

/** Which entries of each codebook speak, how evenly, and what that is worth in bits. */
export function CodePanel({ isPassing }: { readonly isPassing: boolean }) {
  const { t } = useTranslation();
  const { feed, codeMap } = useSession();
  const { quantizers } = useModel();
  const draw = useCallback(
    (frame: Frame<Colors>) => {
      drawCodes(frame, codeMap, feed.latest?.codebooks.map(({ perplexity }) => perplexity) ?? []);
      return false;
    },
    [codeMap, feed],
  );
  const wake = useCallback((again: () => void) => feed.subscribe(again), [feed]);
  const mean = useReadout((telemetry) => {
    const inUse = telemetry?.codebooks.filter(({ perplexity }) => perplexity > 0) ?? [];
    if (inUse.length === 0) return null;
    const average = (pick: (book: (typeof inUse)[number]) => number): number =>
      inUse.reduce((sum, book) => sum + pick(book), 0) / inUse.length;
    return {
      perplexity: average(({ perplexity }) => perplexity),
      bits: average(({ perplexity }) => Math.log2(perplexity)),
      usage: average(({ usage }) => usage),
    };
  }, 500);
  const heard = useReadout((telemetry) => telemetry?.heard.quantizer);
  const quantizer = quantizers.find(({ id }) => id === heard);
  const isCoded = quantizer !== undefined && quantizer.maxCodebooks > 0;
  return (
    <Card className="codes" title={t('live.codes.title')}>
      {!isPassing || !isCoded || mean === null ? (
        <p className="muted small">
          {t(
            isPassing && quantizer !== undefined && !isCoded
              ? 'live.codes.uncoded'
              : 'live.codes.off',
          )}
        </p>
      ) : (
        <>
          <Canvas
            className="codes__map"
            label={t('live.codes.label')}
            colors={COLORS}
            draw={draw}
            wake={wake}
          />
          <dl className="facts facts--three">
            <div>
              <dt>{t('live.codes.perplexity')}</dt>
              <dd className="number">
                <strong>{formatNumber(mean.perplexity)}</strong>
                <small>{t('live.codes.of', { size: formatNumber(codebookSize(quantizer)) })}</small>
              </dd>
            </div>
            <div>
              <dt>{t('live.codes.bits')}</dt>
              <dd className="number">
                <strong>{formatNumber(mean.bits, 1, 1)}</strong>
                <small>
                  {t('live.codes.of', { size: formatNumber(quantizer.bitsPerCodebook, 1) })}
                </small>
              </dd>
            </div>
            <div>
              <dt>{t('live.codes.usage')}</dt>
              <dd className="number">
                <strong>{t('common.percent', { value: formatNumber(mean.usage * 100) })}</strong>
              </dd>
            </div>
          </dl>
        </>
      )}
    </Card>
  );
}

/** Every row where there is room for its number, otherwise the first and every fourth. */
const isLabelled = (row: number, rowHeight: number): boolean =>
  rowHeight >= LABEL_FONT_PX || row === 0 || (row + 1) % 4 === 0;

/** A row for each codebook: its number, heat of its entries, and its effective bits as a bar. */
function drawCodes(
  { context, width, height, colors }: Frame<Colors>,
  { heat, size, codes }: CodeMap,
  perplexities: readonly number[],
): void {
  const rows = heat.length;
  if (rows === 0) return;
  const rowHeight = Math.min(14, (height - TOP_PX) / rows);
  const gap = rowHeight > 6 ? 2 : 1;
  const cell = (width - LABEL_PX - BITS_PX) / MAP_CELLS;
  const bits = Math.max(1, Math.log2(Math.max(2, size)));
  context.font = `${LABEL_FONT_PX}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  for (let r = 0; r < rows; r++) {
    const y = TOP_PX + r * rowHeight;
    const isUsed = codes[r]! >= 0;
    context.globalAlpha = isUsed ? 1 : 0.4;
    context.textAlign = 'right';
    context.fillStyle = colors.muted;
    if (isLabelled(r, rowHeight)) {
      context.fillText(String(r + 1), LABEL_PX - 5, y + (rowHeight - gap) / 2);
    }
    context.fillStyle = colors.inset;
    context.fillRect(LABEL_PX, y, cell * MAP_CELLS, rowHeight - gap);
    context.fillRect(width - BITS_PX + 6, y, BITS_PX - 6, rowHeight - gap);
    const cells = heat[r]!;
    context.fillStyle = colors.accent;
    for (let c = 0; c < MAP_CELLS; c++) {
      if (cells[c]! < 0.03) continue;
      context.globalAlpha = 0.15 + 0.85 * cells[c]!;
      context.fillRect(LABEL_PX + c * cell, y, Math.max(1, cell - 0.5), rowHeight - gap);
    }
    context.globalAlpha = 1;
    const effective = perplexities[r]! > 0 ? Math.log2(perplexities[r]!) : 0;
    context.fillStyle = colors['part-7'];
    const length = (BITS_PX - 6) * Math.min(1, effective / bits);
    context.fillRect(width - BITS_PX + 6, y, length, rowHeight - gap);
  }
}
