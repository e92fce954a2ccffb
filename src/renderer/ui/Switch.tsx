import { Switch as Radix } from 'radix-ui';
import { useId, type ReactNode } from 'react';

export interface SwitchProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly hint?: ReactNode;
  readonly disabled?: boolean;
}

export function Switch({ label, checked, onChange, hint, disabled }: SwitchProps) {
  const id = useId();
  return (
    <div className="ui-switch">
      <div className="ui-switch__line">
        <label htmlFor={id}>{label}</label>
        <Radix.Root
          id={id}
          className="ui-switch__root"
          checked={checked}
          onCheckedChange={onChange}
          disabled={disabled ?? false}
          {...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` })}
        >
          <Radix.Thumb className="ui-switch__thumb" />
        </Radix.Root>
      </div>
      {hint !== undefined && (
        <p id={`${id}-hint`} className="muted small">
          {hint}
        </p>
      )}
    </div>
  );
}
