import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { ResiduaBridge } from '../ipc/api.ts';
import { App } from './App.tsx';
import './styles.css';

declare global {
  interface Window {
    /** Set by the preload script. */
    readonly residua?: ResiduaBridge;
  }
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App bridge={window.residua} />
  </StrictMode>,
);
