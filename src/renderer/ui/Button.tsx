import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes.ts';
import { Tooltip } from './Tooltip.tsx';

export interface ButtonProps extends ComponentProps<'button'> {
  readonly variant?: 'normal' | 'primary' | 'danger' | 'quiet';
  /** Stays down: `aria-pressed`. */
  readonly pressed?: boolean;
  /** Before the text. */
  readonly icon?: ReactNode;
}

export function Button({
  variant = 'normal',
  pressed,
  icon,
  className,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      className={classes('ui-button', `ui-button--${variant}`, className)}
      aria-pressed={pressed}
      {...rest}
    >
      {icon}
      {children !== undefined && <span className="ui-button__text">{children}</span>}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon'> {
  /** What it does: its accessible name, and its tooltip. */
  readonly label: string;
  readonly icon: ReactNode;
}

export function IconButton({ label, icon, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <Button
        aria-label={label}
        variant="quiet"
        className={classes('ui-button--icon', className)}
        icon={icon}
        {...rest}
      />
    </Tooltip>
  );
}
