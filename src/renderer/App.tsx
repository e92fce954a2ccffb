import { useEffect } from 'react';
import { Shell } from './shell/Shell.tsx';
import { shortcuts } from './shell/shortcuts.ts';
import { SessionProvider, useApp, type Session } from './store/session.tsx';
import { chooseLanguage } from './strings/i18n.ts';
import { showTheme } from './ui/theme.ts';
import { TooltipProvider } from './ui/Tooltip.tsx';

export function App({ session }: { readonly session: Session }) {
  useEffect(() => shortcuts.listen(window), []);
  return (
    <SessionProvider session={session}>
      <Look />
      <TooltipProvider>
        <Shell />
      </TooltipProvider>
    </SessionProvider>
  );
}

/** Theme and language as they are set. */
function Look() {
  const theme = useApp(({ settings }) => settings?.theme ?? 'system');
  const language = useApp(({ settings }) => settings?.language ?? null);
  useEffect(() => showTheme(theme), [theme]);
  useEffect(() => chooseLanguage(language), [language]);
  return null;
}
