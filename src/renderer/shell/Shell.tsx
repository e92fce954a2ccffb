import { CircleHelp, Power } from 'lucide-react';
import { Component, Suspense, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { GuideDialog } from '../guide/GuideDialog.tsx';
import { describeError } from '../store/describe-error.ts';
import { useApp } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';
import { ErrorPanel } from '../ui/Message.tsx';
import { ConnectionBanner } from './ConnectionBanner.tsx';
import { HelpDialog } from './HelpDialog.tsx';
import { useNavigation } from './navigation.ts';
import { Notices } from './Notices.tsx';
import { useShortcuts } from './shortcuts.ts';
import { VIEWS } from './views.ts';

/** Side bar, the chosen view, and what lies above both: connection, notices, help, guide. */
export function Shell() {
  const { view, go, openHelp } = useNavigation();
  const { t } = useTranslation();
  const isReady = useApp(({ welcome }) => welcome !== null);
  useShortcuts([
    {
      keys: ['?'],
      group: t('common.appName'),
      label: t('common.help.openHelp'),
      run: () => openHelp(true),
    },
  ]);
  const { component: View } = VIEWS.find(({ id }) => id === view) ?? VIEWS[0]!;
  return (
    <div className="shell">
      <a
        className="shell__skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('content')?.focus();
        }}
      >
        {t('common.skipToContent')}
      </a>
      <nav className="shell__nav" aria-label={t('common.views.label')}>
        <p className="shell__brand" aria-hidden="true">
          <Mark />
          <span>{t('common.appName')}</span>
        </p>
        <ul>
          {VIEWS.map(({ id, icon: Icon }) => (
            <li key={id}>
              <button
                type="button"
                className="shell__link"
                aria-current={id === view ? 'page' : undefined}
                title={t(`common.views.${id}`)}
                onClick={() => go(id)}
              >
                <Icon size={18} />
                <span>{t(`common.views.${id}`)}</span>
                {id === 'live' && <LiveDot />}
              </button>
            </li>
          ))}
        </ul>
        <button
          type="button"
          className="shell__link"
          title={t('common.views.help')}
          aria-haspopup="dialog"
          onClick={() => openHelp(true)}
        >
          <CircleHelp size={18} />
          <span>{t('common.views.help')}</span>
        </button>
      </nav>
      <main className="shell__main" id="content" tabIndex={-1}>
        <ConnectionBanner />
        {isReady && (
          <ViewBoundary key={view}>
            <Reachable>
              <Suspense fallback={<p className="shell__wait muted">{t('common.loading')}</p>}>
                <View />
              </Suspense>
            </Reachable>
          </ViewBoundary>
        )}
      </main>
      <Notices />
      <HelpDialog />
      {isReady && <GuideDialog />}
    </div>
  );
}

/** What is shown while nobody answers can be read, but neither changed nor taken for what is. */
function Reachable({ children }: { readonly children: ReactNode }) {
  const isReachable = useApp(({ connection }) => connection === 'open');
  return (
    <div className="shell__view" inert={!isReachable}>
      {children}
    </div>
  );
}

/** Whether the voice is on, seen from every view. */
function LiveDot() {
  const { t } = useTranslation();
  const isOn = useApp(
    ({ status, connection }) =>
      connection === 'open' && status?.isOn === true && status.state === 'running',
  );
  const isRecording = useApp(({ status }) => status?.isRecording ?? false);
  if (!isOn) return null;
  return (
    <span className={classes('shell__dot', isRecording && 'is-recording')}>
      <Power size={10} aria-hidden="true" />
      <em>{isRecording ? t('live.actions.recordingShort') : t('live.switch.on')}</em>
    </span>
  );
}

/** The sign: a wave that calms down. */
function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <path
        d="M2 12h1.5l1.6-7 2.6 15 2.6-12 2 7 1.7-4.5 1.4 3 1.1-1.5H22"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** A view that breaks leaves the others alone, and above all the sound. */
class ViewBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: undefined as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <BrokenView error={error} onRetry={() => this.setState({ error: undefined })} />;
  }
}

function BrokenView({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="view">
      <ErrorPanel title={t('common.crashTitle')} problem={describeError(error)}>
        <Button onClick={onRetry}>{t('common.retry')}</Button>
      </ErrorPanel>
    </div>
  );
}
