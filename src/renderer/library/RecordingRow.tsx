import {
  ChevronDown,
  ChevronRight,
  CircleAlert,
  Download,
  FolderOpen,
  History,
  Pencil,
  Radio,
  Trash2,
} from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { memo, useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ExportRequest, Recording } from '../../ipc/app/library.ts';
import { formatBytes, formatKbps, formatLength } from '../format.ts';
import { AbPlayer, type AbSide } from '../listen/AbPlayer.tsx';
import { saveTransfer } from '../listen/save.ts';
import { usePeaks } from '../listen/use-media.ts';
import { paintWaveform, WAVE_COLORS, type WaveColor } from '../listen/waveform-painter.ts';
import { useModel, useQuantizerWords } from '../live/use-model.ts';
import { useApp, useReadout, useSession } from '../store/session.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { Canvas, type Frame } from '../ui/Canvas.tsx';
import { classes } from '../ui/classes.ts';
import { ErrorPanel } from '../ui/Message.tsx';
import { NameField } from './NameField.tsx';
import { formatDate } from './format-date.ts';

export interface RecordingRowProps {
  readonly recording: Recording;
  readonly isOpen: boolean;
  readonly onToggle: (id: string) => void;
  readonly onChange: (recording: Recording) => void;
  readonly onDelete: (recording: Recording) => void;
}

/** One recording: what it is, what can be done with it, and its players when it is open. */
export const RecordingRow = memo(function RecordingRow(props: RecordingRowProps) {
  const { recording, isOpen, onToggle, onChange, onDelete } = props;
  const { t } = useTranslation();
  const { client, app } = useSession();
  const canReveal = useApp(({ welcome }) => welcome?.can.reveal ?? false);
  const [isRenaming, setIsRenaming] = useState(false);
  const { id, name, startedAt, seconds, bytes, has, isRecording, isRecovered, problem } = recording;
  const isPlayable = !isRecording && (has.raw || has.enhanced) && seconds > 0;
  const panelId = `recording-${id}`;
  const rename = async (next: string): Promise<void> => {
    setIsRenaming(false);
    if (next === name) return;
    const renamed = await app.attempt(() => client.call('library.rename', { id, name: next }));
    if (renamed !== undefined) onChange(renamed);
  };
  return (
    <li
      className={classes('rec', isOpen && 'is-open', isRecording && 'is-live')}
      data-recording={id}
    >
      <div className="rec__row">
        {isPlayable ? (
          <IconButton
            label={isOpen ? t('library.close', { name }) : t('library.open', { name })}
            icon={isOpen ? <ChevronDown size={18} /> : <ChevronRight size={18} />}
            aria-expanded={isOpen}
            aria-controls={panelId}
            onClick={() => onToggle(id)}
          />
        ) : (
          <span className="rec__mark" aria-hidden="true">
            {isRecording ? <Radio size={18} /> : <CircleAlert size={18} />}
          </span>
        )}
        <div className="rec__wave" aria-hidden="true" onClick={() => isPlayable && onToggle(id)}>
          {isPlayable && <SmallWaveform recording={recording} />}
          {isRecording && <LiveWaveform />}
        </div>
        <div className="rec__words">
          {isRenaming ? (
            <NameField
              name={name}
              onSave={(next) => void rename(next)}
              onCancel={() => setIsRenaming(false)}
            />
          ) : (
            <p className="rec__name">
              <strong>{name}</strong>
              {isRecording && (
                <span className="badge badge--live">{t('library.recordingNow')}</span>
              )}
              {isRecovered && (
                <span className="badge" title={t('library.recoveredHint')}>
                  <History size={12} aria-hidden="true" />
                  {t('library.recovered')}
                </span>
              )}
              {problem !== null && (
                <span className="badge badge--bad">
                  <CircleAlert size={12} aria-hidden="true" />
                  {t('library.broken')}
                </span>
              )}
            </p>
          )}
          <p className="rec__facts muted small number">
            <span>{formatDate(startedAt)}</span>
            {isRecording ? <LiveLength /> : <span>{formatLength(seconds)}</span>}
            <Quantizers recording={recording} />
            {!isRecording && <span>{formatBytes(bytes)}</span>}
          </p>
        </div>
        {!isRecording && (
          <div className="rec__actions">
            {isPlayable && <ExportMenu recording={recording} />}
            <IconButton
              label={t('library.renameOf', { name })}
              icon={<Pencil size={16} />}
              onClick={() => setIsRenaming(true)}
            />
            {canReveal && (
              <IconButton
                label={t('library.revealOf', { name })}
                icon={<FolderOpen size={16} />}
                onClick={() => void app.attempt(() => client.call('library.reveal', { id }))}
              />
            )}
            <IconButton
              label={t('library.deleteOf', { name })}
              icon={<Trash2 size={16} />}
              onClick={() => onDelete(recording)}
            />
          </div>
        )}
      </div>
      {problem !== null && <ErrorPanel problem={problem} />}
      {isOpen && isPlayable && (
        <div className="rec__panel" id={panelId}>
          <Player recording={recording} />
        </div>
      )}
    </li>
  );
});

function Player({ recording }: { readonly recording: Recording }) {
  const { t } = useTranslation();
  const { id, name, has } = recording;
  const sides: AbSide[] = [];
  for (const which of ['raw', 'enhanced'] as const) {
    if (!has[which]) continue;
    sides.push({
      key: which,
      label: t(`listen.${which}`),
      media: { kind: 'recording', id, which },
    });
  }
  return (
    <AbPlayer
      name={name}
      sides={sides}
      group={t('library.group')}
      switchLabel={t('library.shortcuts.side')}
    />
  );
}

/** Every quantizer that was heard, with its rate. */
function Quantizers({ recording }: { readonly recording: Recording }) {
  const { t } = useTranslation();
  const { quantizers } = useModel();
  const describe = useQuantizerWords();
  return recording.quantizers.map(({ id, codebooks, kbps }) => {
    const known = quantizers.find((other) => other.id === id);
    const short = known === undefined ? id.toUpperCase() : describe(known).short;
    const rate =
      codebooks === 0 ? t('library.notCoded') : t('library.kbps', { value: formatKbps(kbps) });
    return (
      <span key={id} className="rec__quantizer">
        {short} · {rate}
      </span>
    );
  });
}

function LiveLength() {
  const { t } = useTranslation();
  const length = useReadout((telemetry) => formatLength(telemetry?.recorder?.seconds ?? 0), 500);
  return (
    <span className="rec__live" title={t('library.recordingLive', { length })}>
      {length}
    </span>
  );
}

/** Levels shown while a recording goes on, one for each telemetry. */
const LIVE_LEVELS = 60;

/** What is being recorded, its last seconds. */
function LiveWaveform() {
  const { feed } = useSession();
  const peaks = useRef<number[]>(new Array<number>(LIVE_LEVELS).fill(0));
  const wake = useCallback(
    (again: () => void) =>
      feed.subscribe((telemetry) => {
        peaks.current = [...peaks.current.slice(1), 10 ** (telemetry.outputLevel.peak / 20)];
        again();
      }),
    [feed],
  );
  const draw = useCallback(({ context, width, height, colors }: Frame<WaveColor>) => {
    const picture = { width, height, colors, peaks: peaks.current, place: 1, loop: null };
    paintWaveform(context, { ...picture, hasPlayhead: false });
    return false;
  }, []);
  return (
    <div>
      <Canvas colors={WAVE_COLORS} draw={draw} wake={wake} />
    </div>
  );
}

/** Fetched when the row first comes into sight. */
function SmallWaveform({ recording }: { readonly recording: Recording }) {
  const { id, has } = recording;
  const ref = useRef<HTMLDivElement>(null);
  const [isSeen, setIsSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setIsSeen(true);
      },
      { rootMargin: '200px' },
    );
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  const which = has.enhanced ? 'enhanced' : 'raw';
  const peaks = usePeaks(isSeen ? { kind: 'recording', id, which } : null, 160);
  const draw = useCallback(
    ({ context, width, height, colors }: Frame<WaveColor>) => {
      paintWaveform(context, {
        width,
        height,
        colors,
        peaks: peaks ?? [],
        place: null,
        loop: null,
      });
      return false;
    },
    [peaks],
  );
  return (
    <div ref={ref}>
      <Canvas colors={WAVE_COLORS} draw={draw} />
    </div>
  );
}

const EXPORTS: readonly {
  readonly request: Omit<ExportRequest, 'id'>;
  readonly label: 'enhancedWav' | 'enhancedFlac' | 'rawWav' | 'rawFlac' | 'rsd';
}[] = [
  { request: { which: 'enhanced', format: 'wav' }, label: 'enhancedWav' },
  { request: { which: 'enhanced', format: 'flac' }, label: 'enhancedFlac' },
  { request: { which: 'raw', format: 'wav' }, label: 'rawWav' },
  { request: { which: 'raw', format: 'flac' }, label: 'rawFlac' },
  { request: { which: 'enhanced', format: 'rsd' }, label: 'rsd' },
];

function ExportMenu({ recording }: { readonly recording: Recording }) {
  const { t } = useTranslation();
  const { client, app } = useSession();
  const [isBusy, setIsBusy] = useState(false);
  const { id, name, has } = recording;
  const offered = EXPORTS.filter(({ request: { which, format } }) =>
    format === 'rsd' ? has.codes : has[which],
  );
  const save = async (request: Omit<ExportRequest, 'id'>): Promise<void> => {
    setIsBusy(true);
    await app.attempt(async () => {
      await saveTransfer(client, await client.call('library.export', { id, ...request }));
    });
    setIsBusy(false);
  };
  return (
    // A modal one would write styles into the page, which the security policy forbids.
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button
          variant="quiet"
          icon={<Download size={16} aria-hidden="true" />}
          aria-label={t('library.exportOf', { name })}
          disabled={isBusy}
        >
          {isBusy ? t('library.exporting') : t('library.export')}
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
          {offered.map(({ request, label }) => (
            <DropdownMenu.Item
              key={label}
              className="menu__item"
              onSelect={() => void save(request)}
            >
              {t(`library.exports.${label}`)}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
