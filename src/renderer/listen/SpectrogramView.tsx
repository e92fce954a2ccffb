import { useCallback, useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Canvas, type Frame } from '../ui/Canvas.tsx';
import type { PlayerState, RangePlayer } from './range-player.ts';
import { spectrogramPixels } from './spectrogram-image.ts';
import type { Fetched } from './use-media.ts';
import type { SpectrogramImage } from '../../ipc/app/media.ts';

export interface SpectrogramViewProps {
  /** Over the picture. */
  readonly title: ReactNode;
  /** What it is of, for who cannot see it. */
  readonly label: string;
  readonly image: Fetched<SpectrogramImage>;
  /** Draws the place of this player, and moves it on a click. */
  readonly player: RangePlayer | null;
  readonly state: PlayerState;
}

const NO_COLORS: readonly never[] = [];
/** Of the picture: see `SpectrogramImage`. */
const TOP_KHZ = 8;
const GROUND = '#050308';
const INK = 'rgb(255 255 255 / 78%)';
const GRID = 'rgb(255 255 255 / 13%)';

/** The spectrogram of a whole sound, with the place that is played. */
export function SpectrogramView({ title, label, image, player, state }: SpectrogramViewProps) {
  const { t } = useTranslation();
  const picture = useMemo(() => (image ? toCanvas(image) : null), [image]);
  const draw = useCallback(
    ({ context, width, height }: Frame<never>) => {
      context.fillStyle = GROUND;
      context.fillRect(0, 0, width, height);
      if (picture !== null) context.drawImage(picture, 0, 0, width, height);
      context.font = '10px system-ui, sans-serif';
      for (const khz of [2, 4, 6]) {
        const y = Math.round(height * (1 - khz / TOP_KHZ)) + 0.5;
        context.fillStyle = GRID;
        context.fillRect(0, y, width, 1);
        context.fillStyle = INK;
        context.fillText(`${khz}k`, 4, y - 3);
      }
      if (state.seconds > 0 && player !== null) {
        context.fillStyle = '#fff';
        context.fillRect((player.position() / state.seconds) * width - 0.5, 0, 1, height);
      }
      return state.status === 'playing' || state.status === 'waiting';
    },
    [picture, player, state],
  );
  return (
    <figure className="spectrum">
      <figcaption>{title}</figcaption>
      <div
        className="spectrum__picture"
        onClick={({ currentTarget, clientX }) => {
          const { left, width } = currentTarget.getBoundingClientRect();
          player?.seek(((clientX - left) / width) * state.seconds);
        }}
      >
        <Canvas label={label} colors={NO_COLORS} draw={draw} />
        {image === undefined && <p className="spectrum__note">{t('common.loading')}</p>}
        {image === null && <p className="spectrum__note">{t('listen.noPicture')}</p>}
      </div>
    </figure>
  );
}

function toCanvas(image: SpectrogramImage): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = image.columns;
  canvas.height = image.rows;
  const data = new ImageData(spectrogramPixels(image), image.columns, image.rows);
  canvas.getContext('2d')!.putImageData(data, 0, 0);
  return canvas;
}
