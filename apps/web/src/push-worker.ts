/** The service worker: shows what is pushed and opens what it is about. It keeps nothing and serves nothing. */
interface Pushed {
  title: string;
  text: string;
  link: string;
  notificationId: string | null;
}
interface PushLike extends Event {
  data: { json(): unknown } | null;
  waitUntil(work: Promise<unknown>): void;
}
interface ClickLike extends Event {
  notification: Notification & { data: { link: string } };
  waitUntil(work: Promise<unknown>): void;
}
interface WindowLike {
  focus(): Promise<unknown>;
  navigate(url: string): Promise<unknown>;
}
interface WorkerLike {
  addEventListener(type: 'push', listener: (event: PushLike) => void): void;
  addEventListener(type: 'notificationclick', listener: (event: ClickLike) => void): void;
  registration: { showNotification(title: string, options: object): Promise<void> };
  clients: { matchAll(options: object): Promise<WindowLike[]>; openWindow(url: string): Promise<unknown> };
}
const worker = self as unknown as WorkerLike;

worker.addEventListener('push', (event) => {
  const pushed = event.data?.json() as Pushed | undefined;
  if (!pushed) return;
  const options = { body: pushed.text, tag: pushed.notificationId ?? undefined, data: { link: pushed.link } };
  event.waitUntil(worker.registration.showNotification(pushed.title, options));
});

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { link } = event.notification.data;
  // Only into the app itself.
  const path = /^\/(?![/\\])/.test(link) ? link : '/notifications';
  event.waitUntil(
    worker.clients.matchAll({ type: 'window' }).then(async ([open]) => {
      if (!open) return await worker.clients.openWindow(path);
      await open.focus();
      return await open.navigate(path);
    }),
  );
});
