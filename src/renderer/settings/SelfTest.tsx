import { AudioLines } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SelfTest as Result } from '../../ipc/app/app-protocol.ts';
import { formatNumber } from '../format.ts';
import { useSession } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { Card } from '../ui/Card.tsx';
import { Progress } from '../ui/Progress.tsx';

/** Plays clicks and listens for them: whether sound gets through at all, and how long it takes. */
export function SelfTest() {
  const { t } = useTranslation();
  const { app, client } = useSession();
  const [isRunning, setRunning] = useState(false);
  const [result, setResult] = useState<Result | null>(null);
  const run = async (): Promise<void> => {
    setRunning(true);
    setResult(null);
    const done = await app.attempt(() => client.call('live.selfTest', null));
    setResult(done ?? null);
    setRunning(false);
  };
  return (
    <Card title={t('settings.selfTest.title')}>
      <div className="ui-row">
        <p className="ui-hint">{t('settings.selfTest.hint')}</p>
        <Button
          icon={<AudioLines size={16} aria-hidden="true" />}
          disabled={isRunning}
          onClick={() => void run()}
        >
          {t(isRunning ? 'settings.selfTest.running' : 'settings.selfTest.start')}
        </Button>
      </div>
      {isRunning && <Progress label={t('settings.selfTest.running')} value={null} />}
      <div role="status">{result !== null && <Findings result={result} />}</div>
    </Card>
  );
}

function Findings({ result }: { readonly result: Result }) {
  const { t } = useTranslation();
  const { loopbackMs, snrDb, input, output, advice } = result;
  return (
    <div className="settings__findings">
      <dl>
        <div>
          <dt>{t('settings.selfTest.heard')}</dt>
          <dd className="number">
            {loopbackMs === null
              ? t('settings.selfTest.notHeard')
              : t('common.ms', { value: formatNumber(loopbackMs, 1) })}
          </dd>
        </div>
        {snrDb !== null && (
          <div>
            <dt>{t('settings.selfTest.snr')}</dt>
            <dd className="number">{t('common.db', { value: formatNumber(snrDb) })}</dd>
          </div>
        )}
        <div>
          <dt>{t('settings.selfTest.from')}</dt>
          <dd>{output}</dd>
        </div>
        <div>
          <dt>{t('settings.selfTest.to')}</dt>
          <dd>{input}</dd>
        </div>
      </dl>
      <p>{advice}</p>
    </div>
  );
}
