import type { ComponentChildren } from 'preact';
import type { z } from 'zod';
import type { change } from '#contracts/admin/views.ts';
import { t } from '../i18n.ts';
import { formatTime } from '../ui/format.ts';
import { Fold } from '../ui/form.tsx';
import { useLoad, usePages } from '../ui/hooks.ts';
import { More, Shown } from '../ui/parts.tsx';
import { WithReason } from './order-actions.tsx';

type Change = z.output<typeof change>;

interface Version {
  readonly version: number;
  readonly reason: string;
}

interface Versioned<V extends Version> {
  /** The newest version: what is read again when it grows, and what a way back is asked for with. */
  readonly version: number;
  /** There is nothing before it to compare it with. */
  readonly first: number;
  load(cursor: string | undefined): Promise<{ items: V[]; nextCursor: string | null }>;
  diff(from: number, to: number): Promise<{ changes: Change[] }>;
  at(one: V): string;
  /** Default: the values as JSON. */
  show?(change: Change): ComponentChildren;
  /** Absent: who looks may not. */
  readonly goBack?: ((version: number, reason: string) => Promise<unknown>) | undefined;
  goBackTitle?(one: V): string;
}

/** All versions of something that the administration edits, what each changed, and the way back to it. */
export function VersionHistory<V extends Version>({ of }: { of: Versioned<V> }) {
  return (
    <Fold title={t('settings.history')} lazy>
      <Versions of={of} />
    </Fold>
  );
}

function Versions<V extends Version>({ of }: { of: Versioned<V> }) {
  const { goBack } = of;
  const pages = usePages((cursor) => of.load(cursor), [of.version]);
  return (
    <>
      <ol class="history">
        {pages.items.map((one) => (
          <li key={one.version}>
            <time class="muted" dateTime={of.at(one)}>
              {formatTime(of.at(one))}
            </time>
            <div>
              <b>{t('settings.version', { version: one.version })}</b> <span class="muted">{one.reason}</span>
              {one.version > of.first && (
                <Fold title={t('settings.changes')} lazy>
                  <Changes of={of} version={one.version} />
                </Fold>
              )}
              {goBack && one.version !== of.version && (
                <WithReason
                  title={of.goBackTitle?.(one) ?? t('settings.rollback')}
                  label={t('field.reason')}
                  act={(reason) => goBack(one.version, reason)}
                />
              )}
            </div>
          </li>
        ))}
      </ol>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}

function Changes<V extends Version>({ of, version }: { of: Versioned<V>; version: number }) {
  const diff = useLoad(() => of.diff(version - 1, version), [version]);
  return (
    <Shown of={diff}>
      {({ changes }) => (
        <ul>
          {changes.length === 0 && <li class="muted">{t('settings.same')}</li>}
          {changes.map((one) => (
            <li key={one.path}>{of.show ? of.show(one) : <AsJson of={one} />}</li>
          ))}
        </ul>
      )}
    </Shown>
  );
}

function AsJson({ of: { path, before, after } }: { of: Change }) {
  return (
    <>
      <code>{path || '/'}</code> <del>{JSON.stringify(before)}</del> → <ins>{JSON.stringify(after)}</ins>
    </>
  );
}
