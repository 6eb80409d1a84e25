import type { EventDefinition } from '#contracts/common/define.ts';
import type { Consumer, Effect, ManyConsumer, ReceivedEvent } from '#kit/service/types.ts';
import type { NotificationsContext } from '../context.ts';
import { enqueueEvent, hearersOf } from './calls.ts';
import { newsOf } from './events.ts';

/** A consumer that besides tells the endpoints of who is concerned, in the same transaction. */
export function withWebhooks<E extends EventDefinition>(
  consumer: Consumer<E, NotificationsContext> | ManyConsumer<E, NotificationsContext>,
): Consumer<E, NotificationsContext> {
  return async (ctx, event) => {
    const [effect, tell] = await Promise.all([
      typeof consumer === 'function' ? consumer(ctx, event) : consumer.together(ctx, [event]),
      tellEndpoints(ctx, event),
    ]);
    if (!effect || !tell) return effect ?? tell;
    return async (tx) => {
      await effect(tx);
      await tell(tx);
    };
  };
}

/** For events of which only endpoints hear. */
export const onlyWebhooks: Consumer<EventDefinition, NotificationsContext> = tellEndpoints;

/** None: nobody has an endpoint for it. */
async function tellEndpoints(
  ctx: NotificationsContext,
  event: ReceivedEvent<EventDefinition>,
): Promise<Effect | undefined> {
  const news = newsOf(event);
  if (!news) return undefined;
  const hearers = await hearersOf(ctx.db, news);
  if (hearers.length === 0) return undefined;
  return async (tx) => {
    const endpointIds = await enqueueEvent(tx, event, { ...news, hearers }, ctx.clock.now());
    if (endpointIds.length > 0) tx.afterCommit(() => ctx.webhooks.due(endpointIds));
  };
}
