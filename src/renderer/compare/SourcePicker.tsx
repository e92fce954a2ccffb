import { AudioLines, FileAudio, Mic, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatSigned } from '../format.ts';
import { FilePicker } from '../listen/FilePicker.tsx';
import { uploadObstacle } from '../listen/upload.ts';
import { useModel } from '../live/use-model.ts';
import { useApp } from '../store/session.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { ErrorPanel } from '../ui/Message.tsx';
import { Progress } from '../ui/Progress.tsx';
import type { Dropped } from '../listen/dropped.ts';
import { FREEZE_S } from './compare-model.ts';
import { useCompare, useCompareModel } from './use-versions.ts';

/** @returns opens what was dropped or chosen, or says why it cannot */
export function useOpenFile(): (dropped: Dropped, reference?: File | null) => void {
  const { t } = useTranslation();
  const model = useCompareModel();
  const { quantizers } = useModel();
  const filePaths = useApp(({ welcome }) => welcome?.can.filePaths ?? false);
  return (dropped, reference = null) => {
    const refuse = (code: string, message: string): void =>
      model.state.setState({ problem: { code, message } });
    if (!('file' in dropped)) {
      const { name, obstacle } = dropped;
      if (obstacle === 'folder') refuse('IS_FOLDER', t('compare.sources.folder', { name }));
      else refuse('NO_FILE', t('compare.sources.noFile'));
      return;
    }
    for (const file of [dropped.file, reference]) {
      const obstacle = file === null ? null : uploadObstacle(file);
      if (file === null || obstacle === null) continue;
      // The desktop app reads the file itself, however large; the reference is always sent.
      if (obstacle === 'too-large' && filePaths && file === dropped.file) continue;
      const { name } = file;
      if (obstacle === 'empty') refuse('FILE_EMPTY', t('compare.sources.empty', { name }));
      else refuse('FILE_TOO_LARGE', t('compare.sources.tooLarge', { name }));
      return;
    }
    void model.openFile(dropped.file, reference, quantizers);
  };
}

/** Where the sound to compare comes from: microphone, file, example. */
export function SourcePicker() {
  const { t } = useTranslation();
  const model = useCompareModel();
  const { quantizers } = useModel();
  const openFile = useOpenFile();
  const isLive = useApp(({ status }) => status?.isOn === true && status.state === 'running');
  const demos = useApp(({ welcome }) => welcome?.demos);
  const opening = useCompare((state) => state.opening);
  const problem = useCompare((state) => state.problem);
  const [reference, setReference] = useState<File | null>(null);
  if (opening !== null) return <Opening />;
  return (
    <div className="sources">
      {problem !== null && (
        <ErrorPanel title={t('compare.sources.failed')} problem={problem}>
          <IconButton
            label={t('common.dismiss')}
            icon={<X size={16} />}
            onClick={() => model.state.setState({ problem: null })}
          />
        </ErrorPanel>
      )}
      <p className="sources__lead muted">{t('compare.lead')}</p>
      <div className="sources__cards">
        <section className="ui-card source" aria-labelledby="source-mic">
          <Mic size={22} aria-hidden="true" />
          <h2 id="source-mic">{t('compare.sources.freezeTitle', { seconds: FREEZE_S })}</h2>
          <p className="muted">{t('compare.sources.freezeText')}</p>
          {!isLive && <p className="muted small">{t('compare.sources.freezeOff')}</p>}
          <Button
            variant="primary"
            disabled={!isLive}
            onClick={() => void model.freeze(quantizers, t('compare.sources.freezeName'))}
          >
            {t('compare.sources.freeze')}
          </Button>
        </section>
        <section className="ui-card source" aria-labelledby="source-file">
          <FileAudio size={22} aria-hidden="true" />
          <h2 id="source-file">{t('compare.sources.fileTitle')}</h2>
          <p className="muted">{t('compare.sources.fileText')}</p>
          <div className="source__reference">
            {reference === null ? (
              <FilePicker onFiles={([file]) => setReference(file!)} variant="quiet">
                {t('compare.sources.chooseReference')}
              </FilePicker>
            ) : (
              <p className="source__chosen">
                <span>
                  {t('compare.sources.reference')}: <strong>{reference.name}</strong>
                </span>
                <IconButton
                  label={t('compare.sources.removeReference', { name: reference.name })}
                  icon={<X size={14} />}
                  onClick={() => setReference(null)}
                />
              </p>
            )}
            <p className="muted small">{t('compare.sources.referenceText')}</p>
          </div>
          <FilePicker variant="primary" onFiles={([file]) => openFile({ file: file! }, reference)}>
            {t('compare.sources.choose')}
          </FilePicker>
        </section>
        <section className="ui-card source" aria-labelledby="source-demo">
          <AudioLines size={22} aria-hidden="true" />
          <h2 id="source-demo">{t('compare.sources.demosTitle')}</h2>
          <p className="muted">{t('compare.sources.demosText')}</p>
          <ul className="source__demos">
            {(demos ?? []).map(({ title, snrDb }, index) => (
              <li key={title}>
                <button
                  type="button"
                  className="source__demo"
                  onClick={() => void model.openDemo(index, quantizers, title)}
                >
                  <span>{title}</span>
                  <span className="muted small number">
                    {t('compare.sources.demoSnr', { db: formatSigned(snrDb) })}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </div>
  );
}

function Opening() {
  const { t } = useTranslation();
  const model = useCompareModel();
  const opening = useCompare((state) => state.opening)!;
  const { name, progress } = opening;
  const label =
    progress === null
      ? t('compare.sources.opening', { name })
      : t('compare.sources.sending', { name });
  return (
    <div className="ui-card opening" aria-busy="true">
      <p role="status">{label}</p>
      <Progress label={label} value={progress} />
      <Button onClick={() => model.cancelOpening()}>{t('common.cancel')}</Button>
    </div>
  );
}
