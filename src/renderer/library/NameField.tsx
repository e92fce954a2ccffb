import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/Button.tsx';

/** As the contract has it. */
const LONGEST = 120;

export interface NameFieldProps {
  readonly name: string;
  readonly onSave: (name: string) => void;
  readonly onCancel: () => void;
}

/** A name where it stands: enter keeps it, escape leaves it as it was. */
export function NameField({ name, onSave, onCancel }: NameFieldProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(name);
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => ref.current!.select(), []);
  const trimmed = text.trim();
  return (
    <form
      className="rec__rename"
      onSubmit={(event) => {
        event.preventDefault();
        if (trimmed !== '') onSave(trimmed);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onCancel();
      }}
    >
      <input
        ref={ref}
        className="ui-field"
        type="text"
        aria-label={t('library.newName')}
        value={text}
        maxLength={LONGEST}
        onChange={({ target }) => setText(target.value)}
      />
      <Button type="submit" variant="primary" disabled={trimmed === ''}>
        {t('library.save')}
      </Button>
      <Button onClick={onCancel}>{t('common.cancel')}</Button>
    </form>
  );
}
