/** Web push on this device: what the browser knows of it, and turning it on and off. */
import { api } from './client.ts';

const ID = 'artel.push';

export type PushState = 'none' | 'refused' | 'off' | 'on';

const isKnown = () => 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;

export async function pushState(): Promise<PushState> {
  if (!isKnown()) return 'none';
  if (Notification.permission === 'denied') return 'refused';
  const worker = await navigator.serviceWorker.getRegistration('/');
  const subscription = await worker?.pushManager.getSubscription();
  return subscription && localStorage.getItem(ID) ? 'on' : 'off';
}

export async function turnPushOn(): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return 'refused';
  const { publicKey } = await api('notifications', 'getPushKey');
  await navigator.serviceWorker.register('/push-worker.js', { scope: '/' });
  const worker = await navigator.serviceWorker.ready;
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
  const { endpoint = '', keys = {} } = subscription.toJSON();
  const { subscriptionId } = await api('notifications', 'addPushSubscription', {
    body: { endpoint, keys: { p256dh: keys['p256dh'] ?? '', auth: keys['auth'] ?? '' } },
  });
  localStorage.setItem(ID, subscriptionId);
  return 'on';
}

export async function turnPushOff(): Promise<PushState> {
  const subscriptionId = localStorage.getItem(ID);
  if (subscriptionId) await api('notifications', 'removePushSubscription', { params: { subscriptionId } });
  localStorage.removeItem(ID);
  const worker = await navigator.serviceWorker.getRegistration('/');
  await (await worker?.pushManager.getSubscription())?.unsubscribe();
  return 'off';
}
