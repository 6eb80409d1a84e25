import type { EventDefinition } from '#contracts/common/define.ts';
import type { Consumer, ManyConsumer } from '#kit/service/types.ts';
import type { NotificationsContext } from '../context.ts';
import { enqueueEvent } from './calls.ts';
import { newsOf } from './events.ts';

/** A consumer that besides tells the endpoints of who is concerned, in the same transaction. */
export function withWebhooks<E extends EventDefinition>(
  consumer: Consumer<E, NotificationsContext> | ManyConsumer<E, NotificationsContext>,
): Consumer<E, NotificationsContext> {
  return async (ctx, event) => {
    const effect = await (typeof consumer === 'function' ? consumer(ctx, event) : consumer.together(ctx, [event]));
    return async (tx) => {
      await effect(tx);
      await tellEndpoints(ctx, event)(tx);
    };
  };
}

/** For events of which only endpoints hear. */
export const onlyWebhooks: Consumer<EventDefinition, NotificationsContext> = async (ctx, event) =>
  tellEndpoints(ctx, event);

function tellEndpoints(
  ctx: NotificationsContext,
  event: Parameters<Consumer<EventDefinition, NotificationsContext>>[1],
): Awaited<ReturnType<Consumer<EventDefinition, NotificationsContext>>> {
  return async (tx) => {
    const news = newsOf(event);
    if (!news) return;
    const endpointIds = await enqueueEvent(tx, event, news, ctx.clock.now());
    if (endpointIds.length > 0) tx.afterCommit(() => ctx.webhooks.due(endpointIds));
  };
}
