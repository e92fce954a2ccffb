import { useTranslation } from 'react-i18next';
import { useNavigation } from '../shell/navigation.ts';
import { useApp, useSession } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { ErrorPanel } from '../ui/Message.tsx';

/** Why there is no sound, and what to do: only where the switch alone cannot help. */
export function EngineProblem() {
  const { t } = useTranslation();
  const { app, client } = useSession();
  const { go } = useNavigation();
  const status = useApp((state) => state.status)!;
  const hasModels = useApp(({ welcome }) => (welcome?.models.length ?? 0) > 0);
  const { engine, state, problem } = status;
  if (problem === null) return null;
  const isDead = engine === 'closed';
  if (!isDead && state !== 'failed' && state !== 'recovering') return null;
  return (
    <ErrorPanel
      title={t(hasModels ? 'live.problems.closed' : 'live.problems.noModel')}
      problem={problem}
    >
      <Button onClick={() => go('settings')}>{t('live.problems.openSettings')}</Button>
      {isDead && (
        <Button
          variant="primary"
          onClick={() => void app.attempt(() => client.call('live.revive', null))}
        >
          {t('live.problems.revive')}
        </Button>
      )}
    </ErrorPanel>
  );
}
