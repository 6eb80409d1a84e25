import { NOTIFICATION_TYPES, type NotificationType } from '#contracts/notifications/http.ts';

export const CHANNELS = ['inApp', 'email', 'push'] as const;
export type Channel = (typeof CHANNELS)[number];
export type Digest = 'off' | 'hourly' | 'daily' | 'weekly';

export interface Preferences {
  readonly muted: ReadonlySet<string>;
  readonly quiet: { readonly from: string; readonly to: string } | null;
  readonly digest: Digest;
  readonly version: number;
}

/** Of a person who never set any. */
export const DEFAULT_PREFERENCES: Preferences = { muted: new Set(), quiet: null, digest: 'off', version: 0 };

/** Types of which nothing can be muted. */
export function isCriticalType(type: NotificationType): boolean {
  return type === 'security';
}

export function mutedKey(type: NotificationType, channel: Channel): string {
  return `${type}:${channel}`;
}

export function wants(preferences: Preferences, type: NotificationType, channel: Channel, critical: boolean): boolean {
  return critical || isCriticalType(type) || !preferences.muted.has(mutedKey(type, channel));
}

export interface Switch {
  readonly type: NotificationType;
  /** One left out stays as it is. */
  readonly channels: Readonly<Partial<Record<Channel, boolean | undefined>>>;
}

/** The switches put over what was muted. Undefined: one of them would mute what can't be. */
export function applySwitches(
  muted: ReadonlySet<string>,
  switches: readonly Switch[],
): ReadonlySet<string> | undefined {
  const next = new Set(muted);
  for (const { type, channels } of switches) {
    for (const channel of CHANNELS) {
      const on = channels[channel];
      if (on === undefined) continue;
      if (!on && isCriticalType(type)) return undefined;
      if (on) next.delete(mutedKey(type, channel));
      else next.add(mutedKey(type, channel));
    }
  }
  return next;
}

export function switchesOf(
  muted: ReadonlySet<string>,
): { type: NotificationType; channels: Record<Channel, boolean> }[] {
  return NOTIFICATION_TYPES.map((type) => {
    const on = (channel: Channel) => !muted.has(mutedKey(type, channel));
    return { type, channels: { inApp: on('inApp'), email: on('email'), push: on('push') } };
  });
}
