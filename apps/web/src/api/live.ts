/** The live socket: tells that something is new; what it is, pages read by REST. */
import { bearer, refresh, session } from './session.ts';

export interface Frame {
  type: string;
  conversationId?: string;
  [key: string]: unknown;
}
type Listener = (frame: Frame) => void;

const listeners = new Set<Listener>();
let socket: WebSocket | undefined;
let attempt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Hears frames until the answer is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  void connect();
  return () => listeners.delete(listener);
}

/** Calls a route over the socket without waiting for an answer; while there is no socket it is left out. */
export function tell(route: string, params: Record<string, string>): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'call', id: 'tell', route, params }));
}

function spread(frame: Frame): void {
  for (const listener of [...listeners]) listener(frame);
}

async function connect(): Promise<void> {
  if (socket || listeners.size === 0 || !session.value) return;
  const token = await bearer();
  if (socket || token === undefined) return;
  const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/socket`;
  const opened = new WebSocket(address, ['artel.v1', `bearer.${token}`]);
  socket = opened;
  let renewal: ReturnType<typeof setInterval> | undefined;
  opened.onopen = () => {
    if (attempt > 0) spread({ type: 'resync' });
    attempt = 0;
    renewal = setInterval(async () => {
      const next = await bearer();
      if (next !== undefined && opened.readyState === WebSocket.OPEN)
        opened.send(JSON.stringify({ type: 'token', token: next }));
    }, 60_000);
  };
  opened.onmessage = (event) => {
    try {
      spread(JSON.parse(String(event.data)) as Frame);
    } catch {
      // A frame that is no JSON is none of ours.
    }
  };
  opened.onclose = async (closed) => {
    clearInterval(renewal);
    if (socket === opened) socket = undefined;
    // Signed out, or with other rights: only a new token opens the next one.
    if (closed.code === 4401) await refresh();
    clearTimeout(timer);
    // Waits longer after each failure, with chance in it, so that a restart isn't met by everybody at once.
    timer = setTimeout(() => void connect(), Math.min(30_000, 500 * 2 ** attempt++) * (0.5 + Math.random()));
  };
}

/** Ends the socket before a sign-out does: a refusal would be answered with a refresh, which then has no cookie. */
export function hangUp(): void {
  const open = socket;
  socket = undefined;
  if (open) open.onclose = null;
  open?.close();
}

session.watch(() => {
  if (session.value) void connect();
  else hangUp();
});
