import { Unplug } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useApp, useClient } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { EmptyState, ErrorPanel } from '../ui/Message.tsx';

/** Longer than that is not "just starting". */
const PATIENCE_MS = 3000;

/** Says when the window and the app behind it have lost each other, and what to do about it. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const client = useClient();
  const connection = useApp((state) => state.connection);
  const failure = useApp((state) => state.failure);
  const isReady = useApp(({ welcome }) => welcome !== null);
  const isLate = useLater(connection === 'connecting', PATIENCE_MS);
  const icon = <Unplug size={24} />;

  if (connection === 'outdated') {
    return (
      <EmptyState
        icon={icon}
        title={t('common.connection.outdatedTitle')}
        text={t('common.connection.outdated')}
      >
        <Button variant="primary" onClick={() => location.reload()}>
          {t('common.connection.reload')}
        </Button>
      </EmptyState>
    );
  }
  if (connection === 'superseded') {
    return (
      <div className="shell__banner" role="status">
        <Unplug size={16} aria-hidden="true" />
        <p>
          <strong>{t('common.connection.supersededTitle')}.</strong>{' '}
          {t('common.connection.superseded')}
        </p>
        <Button onClick={() => client.reconnect()}>{t('common.connection.useHere')}</Button>
      </div>
    );
  }
  if (failure !== null && !isReady) {
    return (
      <div className="view">
        <ErrorPanel title={t('common.connection.failedTitle')} problem={failure}>
          <Button onClick={() => location.reload()}>{t('common.retry')}</Button>
        </ErrorPanel>
      </div>
    );
  }
  if (connection === 'lost') {
    return (
      <div className="shell__banner shell__banner--warn" role="status">
        <Unplug size={16} aria-hidden="true" />
        <p>
          <strong>{t('common.connection.lostTitle')}.</strong> {t('common.connection.lost')}
        </p>
        <Button onClick={() => client.reconnect()}>{t('common.retry')}</Button>
      </div>
    );
  }
  if (isReady) return null;
  if (!isLate) {
    return (
      <p className="shell__wait muted" role="status">
        {t('common.connection.connecting')}
      </p>
    );
  }
  return (
    <EmptyState
      icon={icon}
      title={t('common.connection.unreachableTitle')}
      text={t('common.connection.unreachable')}
    />
  );
}

/** @returns whether `is` has been true for so long */
function useLater(is: boolean, afterMs: number): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    if (!is) return;
    const timer = setTimeout(() => setLate(true), afterMs);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [is, afterMs]);
  return isLate;
}
