import { Slider as Radix } from 'radix-ui';
import { useId } from 'react';
import { classes } from './classes.ts';

export interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** The value in words, with its unit: shown, and read out. */
  readonly valueText: string;
  /** At every move of the hand. */
  readonly onChange: (value: number) => void;
  /** When the hand lets go. */
  readonly onCommit?: (value: number) => void;
  /** A double click goes there. */
  readonly resetTo?: number;
  readonly disabled?: boolean;
  /** Draws a mark at each step: for few steps. */
  readonly hasMarks?: boolean;
  /** Hides label and text; both are still read out. */
  readonly isBare?: boolean;
}

export function Slider(props: SliderProps) {
  const { label, value, min, max, step = 1, valueText, onChange, onCommit, resetTo } = props;
  const { disabled = false, hasMarks = false, isBare = false } = props;
  const id = useId();
  const marks = hasMarks ? Math.round((max - min) / step) + 1 : 0;
  return (
    <div
      className={classes('ui-slider', isBare && 'ui-slider--bare', disabled && 'is-disabled')}
      onDoubleClick={() => resetTo !== undefined && !disabled && onChange(resetTo)}
    >
      {!isBare && (
        <div className="ui-slider__head">
          <span id={id}>{label}</span>
          <output className="ui-slider__value number">{valueText}</output>
        </div>
      )}
      <Radix.Root
        className="ui-slider__root"
        value={[value]}
        min={min}
        max={max}
        step={step}
        disabled={disabled}
        onValueChange={([next]) => next !== undefined && onChange(next)}
        onValueCommit={([next]) => next !== undefined && onCommit?.(next)}
      >
        <Radix.Track className="ui-slider__track">
          <Radix.Range className="ui-slider__range" />
        </Radix.Track>
        {marks > 1 && (
          <span className="ui-slider__marks" aria-hidden="true">
            {Array.from({ length: marks }, (_, i) => (
              <i key={i} />
            ))}
          </span>
        )}
        <Radix.Thumb
          className="ui-slider__thumb"
          {...(isBare ? { 'aria-label': label } : { 'aria-labelledby': id })}
          aria-valuetext={valueText}
        />
      </Radix.Root>
    </div>
  );
}
