import { useId, type ReactNode } from 'react';
import { classes } from './classes.ts';

export interface CardProps {
  readonly title?: ReactNode;
  /** At the right of the title. */
  readonly aside?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Card({ title, aside, className, children }: CardProps) {
  const id = useId();
  const named = title === undefined ? {} : { 'aria-labelledby': id };
  return (
    <section className={classes('ui-card', className)} {...named}>
      {(title !== undefined || aside !== undefined) && (
        <header className="ui-card__head">
          {title !== undefined && <h2 id={id}>{title}</h2>}
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}
