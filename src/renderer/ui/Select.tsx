import { ChevronsUpDown } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import { classes } from './classes.ts';

export interface SelectOption<V extends string> {
  readonly value: V;
  readonly label: string;
  readonly disabled?: boolean;
}

export interface SelectProps<V extends string> {
  readonly label: string;
  readonly value: V;
  readonly options: readonly SelectOption<V>[];
  readonly onChange: (value: V) => void;
  readonly disabled?: boolean;
  /** The label is read out only. */
  readonly isLabelHidden?: boolean;
  readonly hint?: ReactNode;
}

/** The system's own list: it works with every keyboard, screen reader and touch screen. */
export function Select<V extends string>(props: SelectProps<V>) {
  const { label, value, options, onChange, disabled, isLabelHidden = false, hint } = props;
  const id = useId();
  return (
    <div className="ui-select">
      <div className="ui-words">
        <label htmlFor={id} className={classes('ui-label', isLabelHidden && 'visually-hidden')}>
          {label}
        </label>
        {hint !== undefined && (
          <p className="ui-hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <div className="ui-select__box">
        <select
          id={id}
          value={value}
          disabled={disabled}
          {...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` })}
          onChange={({ target }) => onChange(target.value as V)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronsUpDown size={14} aria-hidden="true" />
      </div>
    </div>
  );
}
