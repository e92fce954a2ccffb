import { RadioGroup } from 'radix-ui';
import type { ReactNode } from 'react';

export interface SegmentedProps<V extends string> {
  readonly label: string;
  readonly value: V;
  readonly options: readonly { readonly value: V; readonly label: ReactNode }[];
  readonly onChange: (value: V) => void;
  readonly disabled?: boolean;
}

/** One of a few, side by side: a radio group. */
export function Segmented<V extends string>(props: SegmentedProps<V>) {
  const { label, value, options, onChange, disabled = false } = props;
  return (
    <RadioGroup.Root
      className="ui-segmented"
      aria-label={label}
      orientation="horizontal"
      value={value}
      disabled={disabled}
      onValueChange={(next) => onChange(next as V)}
    >
      {options.map((option) => (
        <RadioGroup.Item className="ui-segmented__item" key={option.value} value={option.value}>
          {option.label}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
