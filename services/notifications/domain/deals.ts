import { tellsOf } from '#contracts/orders/process.ts';
import type { Actor } from '#contracts/orders/process-types.ts';
import type { Happening } from '../templates/catalogue.ts';

export interface DealNews {
  readonly userId: string;
  readonly event: Happening;
}

interface Move {
  readonly process: number;
  readonly clientId: string;
  readonly freelancerId?: string | null;
  /** Of an event from before it was told: nobody hears. */
  readonly action?: string | null | undefined;
  readonly actorKind?: Actor | undefined;
}

/** Who hears of a move of a deal, and as what: the process says. */
export function dealNews(part: 'transitions' | 'milestones' | 'responses' | 'weeks', move: Move): DealNews[] {
  const { process, action, actorKind, clientId, freelancerId } = move;
  if (!action || !actorKind) return [];
  return tellsOf(process, part, { action, actor: actorKind }).flatMap(({ side, news }) => {
    const userId = side === 'client' ? clientId : freelancerId;
    return userId ? [{ userId, event: news }] : [];
  });
}
