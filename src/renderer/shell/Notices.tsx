import { CircleAlert, Info, TriangleAlert, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ShownNotice } from '../store/app-store.ts';
import { useApp, useSession } from '../store/session.tsx';
import { IconButton } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';

/** Time a notice stays, ms; errors stay until they are dismissed. */
const STAYS_MS = { info: 6000, warning: 12_000, error: null } as const;
const ICONS = { info: Info, warning: TriangleAlert, error: CircleAlert } as const;

/** What happened lately, at the foot of the window; read out as it comes. */
export function Notices() {
  const notices = useApp((state) => state.notices);
  const { t } = useTranslation();
  return (
    <section className="notices" aria-label={t('common.notices')}>
      <ol aria-live="polite">
        {notices.map((notice) => (
          <Item key={notice.id} notice={notice} />
        ))}
      </ol>
    </section>
  );
}

function Item({ notice }: { readonly notice: ShownNotice }) {
  const { app } = useSession();
  const { t } = useTranslation();
  const [isRead, setRead] = useState(false);
  const { id, level, message, hint, count } = notice;
  useEffect(() => {
    const stays = STAYS_MS[level];
    if (stays === null || isRead) return; // not while the pointer or the focus is on it
    const timer = setTimeout(() => app.dismiss(id), stays);
    return () => clearTimeout(timer);
  }, [app, id, level, isRead]);
  const Icon = ICONS[level];
  return (
    <li
      className={classes('notice', `notice--${level}`)}
      onPointerEnter={() => setRead(true)}
      onPointerLeave={() => setRead(false)}
      onFocus={() => setRead(true)}
      onBlur={() => setRead(false)}
    >
      <Icon size={16} aria-hidden="true" />
      <div className="notice__words">
        <p>
          <span className="visually-hidden">{t(`common.notice.${level}`)}: </span>
          {message}
          {count > 1 && <span className="muted"> · {t('common.noticeCount', { count })}</span>}
        </p>
        {hint !== null && <p className="muted small">{hint}</p>}
      </div>
      <IconButton
        label={t('common.dismiss')}
        icon={<X size={14} />}
        onClick={() => app.dismiss(id)}
      />
    </li>
  );
}
