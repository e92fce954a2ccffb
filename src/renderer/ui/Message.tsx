import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Problem } from '../../ipc/messages.ts';

export interface EmptyStateProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text?: ReactNode;
  readonly children?: ReactNode;
}

/** Nothing is here yet, and what to do about it. */
export function EmptyState({ icon, title, text, children }: EmptyStateProps) {
  return (
    <div className="ui-empty">
      <div className="ui-empty__icon" aria-hidden="true">
        {icon}
      </div>
      <h2>{title}</h2>
      {text !== undefined && <p className="muted">{text}</p>}
      {children !== undefined && <div className="ui-empty__actions">{children}</div>}
    </div>
  );
}

export interface ErrorPanelProps {
  readonly problem: Problem;
  readonly title?: string;
  /** Buttons. */
  readonly children?: ReactNode;
}

/** What went wrong and what to do next. */
export function ErrorPanel({ problem, title, children }: ErrorPanelProps) {
  return (
    <div className="ui-error" role="alert">
      <TriangleAlert size={18} aria-hidden="true" />
      <div className="ui-error__words">
        {title !== undefined && <p className="ui-error__title">{title}</p>}
        <p>{problem.message}</p>
        {problem.hint !== undefined && <p className="muted">{problem.hint}</p>}
      </div>
      {children !== undefined && <div className="ui-error__actions">{children}</div>}
    </div>
  );
}
