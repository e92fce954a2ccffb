import { useEffect, useState } from 'react';
import type { ResiduaBridge } from '../ipc/api.ts';
import type { Overview } from '../ipc/messages.ts';
import { describeFailure, loadOverview } from './load-overview.ts';
import { Home } from './Home.tsx';

type State =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly overview: Overview }
  | { readonly kind: 'failed'; readonly reason: string };

/** Loads what the first window shows, once. */
export function App({ bridge }: { readonly bridge: ResiduaBridge | undefined }) {
  const [state, setState] = useState<State>({ kind: 'loading' });

  useEffect(() => {
    let current = true;
    loadOverview(bridge).then(
      (overview) => current && setState({ kind: 'ready', overview }),
      (error: unknown) => current && setState({ kind: 'failed', reason: describeFailure(error) }),
    );
    return () => {
      current = false;
    };
  }, [bridge]);

  switch (state.kind) {
    case 'loading':
      return <main className="page" aria-busy="true" />;
    case 'failed':
      return (
        <main className="page">
          <p className="problem" role="alert">
            {state.reason}
          </p>
        </main>
      );
    case 'ready':
      return <Home overview={state.overview} />;
  }
}
