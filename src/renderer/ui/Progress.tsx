export interface ProgressProps {
  readonly label: string;
  /** 0..1; `null`: nobody knows. */
  readonly value: number | null;
}

export function Progress({ label, value }: ProgressProps) {
  return (
    <progress
      className="ui-progress"
      aria-label={label}
      max={1}
      {...(value === null ? {} : { value })}
    />
  );
}
