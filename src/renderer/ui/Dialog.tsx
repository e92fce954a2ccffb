import { X } from 'lucide-react';
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from './Button.tsx';
import { classes } from './classes.ts';

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  /** Escape, the cross, or a click beside it. */
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons at its foot. */
  readonly actions?: ReactNode;
  readonly size?: 'small' | 'medium' | 'large';
}

/** The browser's own modal dialog: it keeps the focus inside, and gives it back. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  actions,
  size = 'medium',
}: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const { t } = useTranslation();
  useEffect(() => {
    const dialog = ref.current!;
    if (isOpen && !dialog.open) dialog.showModal();
    else if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  return (
    <dialog
      ref={ref}
      className={classes('ui-dialog', `ui-dialog--${size}`)}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) onClose(); // its backdrop
      }}
    >
      {isOpen && (
        <div className="ui-dialog__body">
          <header className="ui-dialog__head">
            <h2 id={id}>{title}</h2>
            <IconButton label={t('common.close')} icon={<X size={16} />} onClick={onClose} />
          </header>
          <div className="ui-dialog__content">{children}</div>
          {actions !== undefined && <footer className="ui-dialog__actions">{actions}</footer>}
        </div>
      )}
    </dialog>
  );
}
