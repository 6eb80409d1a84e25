import './style.css';
import { render } from 'preact';
import { resume } from './api/session.ts';
import { App } from './app.tsx';
import { startRouter } from './router.ts';

startRouter();
await resume();
const root = document.getElementById('app');
if (root) render(<App />, root);
