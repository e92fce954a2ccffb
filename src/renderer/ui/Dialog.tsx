import { X } from 'lucide-react';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button.tsx';
import { classes } from './classes.ts';
import { PortalProvider } from './portal.ts';

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
  const [element, setElement] = useState<HTMLDialogElement | null>(null);
  const id = useId();
  const { t } = useTranslation();
  useEffect(() => {
    const dialog = ref.current!;
    setElement(dialog);
    if (isOpen && !dialog.open) {
      dialog.showModal();
      // Its title, so that it is read out, and no button shows itself as chosen.
      dialog.querySelector<HTMLElement>('[data-initial-focus]')?.focus();
    }
    if (!isOpen && dialog.open) dialog.close();
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
        <PortalProvider value={element}>
          <div className="ui-dialog__body">
            <header className="ui-dialog__head">
              <h2 id={id} tabIndex={-1} data-initial-focus="">
                {title}
              </h2>
              <Button
                variant="quiet"
                className="ui-button--icon"
                aria-label={t('common.close')}
                icon={<X size={16} aria-hidden="true" />}
                onClick={onClose}
              />
            </header>
            <div className="ui-dialog__content">{children}</div>
            {actions !== undefined && <footer className="ui-dialog__actions">{actions}</footer>}
          </div>
        </PortalProvider>
      )}
    </dialog>
  );
}
