import { useEffect, useId, useRef, useState, type ReactNode } from 'react';

export interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly hint?: ReactNode;
  /** On Enter or when the field is left, where it has changed; Escape takes it back. */
  readonly onCommit: (value: string) => void;
  readonly disabled?: boolean;
}

export function TextField(props: TextFieldProps) {
  const { label, value, placeholder, hint, onCommit, disabled } = props;
  const id = useId();
  const [text, setText] = useState(value);
  const isGivenUp = useRef(false);
  useEffect(() => setText(value), [value]);
  const commit = (): void => {
    if (isGivenUp.current) isGivenUp.current = false;
    else if (text !== value) onCommit(text);
  };
  return (
    <div className="ui-text">
      <div className="ui-words">
        <label className="ui-label" htmlFor={id}>
          {label}
        </label>
        {hint !== undefined && (
          <p className="ui-hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <input
        id={id}
        type="text"
        className="ui-field"
        value={text}
        placeholder={placeholder}
        disabled={disabled}
        spellCheck={false}
        autoComplete="off"
        {...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` })}
        onChange={({ target }) => setText(target.value)}
        onBlur={commit}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') currentTarget.blur();
          if (key !== 'Escape') return;
          isGivenUp.current = true;
          setText(value);
          currentTarget.blur();
        }}
      />
    </div>
  );
}
