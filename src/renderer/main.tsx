// First, so that the styles of a view come after what they build on.
import './styles/tokens.css';
import './styles/base.css';
import './ui/ui.css';
import './shell/shell.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { connect } from './client/connect.ts';
import { createSession } from './store/session.tsx';
import { startStrings } from './strings/i18n.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
startStrings();
createRoot(root).render(
  <StrictMode>
    <App session={createSession(connect())} />
  </StrictMode>,
);
