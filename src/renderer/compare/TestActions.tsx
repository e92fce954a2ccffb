import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../ipc/messages.ts';
import { fileNameOf, saveText } from '../listen/save.ts';
import { Button } from '../ui/Button.tsx';
import { ErrorPanel } from '../ui/Message.tsx';
import { Progress } from '../ui/Progress.tsx';

export interface StartActionsProps {
  readonly start: string;
  readonly preparing: string;
  /** Its versions are being rendered. */
  readonly isStarting: boolean;
  /** 0..1 of them. */
  readonly prepared: number;
  readonly problem: Problem | undefined;
  readonly disabled: boolean;
  readonly onStart: () => void;
  readonly onCancel: () => void;
}

/** The foot of a blind test's setup. */
export function StartActions(props: StartActionsProps) {
  const { start, preparing, isStarting, prepared, problem, disabled, onStart, onCancel } = props;
  const { t } = useTranslation();
  return (
    <>
      {problem !== undefined && <ErrorPanel problem={problem} />}
      <div className="test__actions">
        {isStarting ? (
          <>
            <div className="test__preparing">
              <p role="status">{preparing}</p>
              <Progress label={preparing} value={prepared} />
            </div>
            <Button onClick={onCancel}>{t('common.cancel')}</Button>
          </>
        ) : (
          <Button variant="primary" disabled={disabled} onClick={onStart}>
            {start}
          </Button>
        )}
      </div>
    </>
  );
}

const TYPES = { csv: 'text/csv', json: 'application/json' } as const;
export type ResultFormat = keyof typeof TYPES;

export interface ResultActionsProps {
  readonly again: string;
  readonly others: string;
  readonly onAgain: () => void;
  readonly onLeave: () => void;
  /** Name of the saved file, without its extension. */
  readonly name: string;
  readonly textOf: (format: ResultFormat) => string;
}

/** The foot of a blind test's results. */
export function ResultActions(props: ResultActionsProps) {
  const { again, others, onAgain, onLeave, name, textOf } = props;
  const { t } = useTranslation();
  const save = (format: ResultFormat): void =>
    saveText(textOf(format), fileNameOf(name, format), TYPES[format]);
  const icon = <Download size={15} aria-hidden="true" />;
  return (
    <div className="test__actions">
      <Button variant="primary" onClick={onAgain}>
        {again}
      </Button>
      <Button onClick={onLeave}>{others}</Button>
      <span className="test__gap" />
      <Button icon={icon} onClick={() => save('csv')}>
        {t('compare.exportCsv')}
      </Button>
      <Button icon={icon} onClick={() => save('json')}>
        {t('compare.exportJson')}
      </Button>
    </div>
  );
}
