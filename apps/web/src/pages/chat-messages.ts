import { useEffect, useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { messageView } from '#contracts/messenger/views.ts';
import { api } from '../api/client.ts';
import { listen } from '../api/live.ts';
import { useLoad } from '../ui/hooks.ts';

export type Message = z.output<typeof messageView>;
/** Messages shown before the one that was asked for, and the most pages that are read from there to the end. */
const BEFORE_AIM = 20;
const MAX_PAGES = 10;
const GAP_MS = 300;

/** Messages of a conversation, merged from pages, the socket and the changes after a break. */
export function useMessages(conversationId: string, at: number | undefined, reload: () => void) {
  const first = useLoad(
    () => (at === undefined ? newest(conversationId) : since(conversationId, at)),
    [conversationId, at],
  );
  const [known, setKnown] = useState<ReadonlyMap<string, Message>>(new Map());
  const [before, setBefore] = useState<number | null>(null);
  const revision = useRef(0);
  const ahead = useRef(new Set<number>());
  const gap = useRef<ReturnType<typeof setTimeout>>(undefined);
  const take = (...given: Message[]) =>
    setKnown((old) => {
      const next = new Map(old);
      for (const one of given) if ((next.get(one.messageId)?.rev ?? -1) <= one.rev) next.set(one.messageId, one);
      return next;
    });
  useEffect(() => {
    if (!first.data) return;
    take(...first.data.items);
    setBefore(first.data.before);
    revision.current = Math.max(revision.current, first.data.rev);
  }, [first.data]);
  async function catchUp(): Promise<void> {
    for (let more = true; more; ) {
      const answer = await api('messenger', 'listChanges', {
        params: { conversationId },
        query: { after: revision.current },
      });
      take(...answer.items);
      more = answer.more && answer.rev > revision.current;
      revision.current = Math.max(revision.current, answer.rev);
    }
  }
  useEffect(
    () =>
      listen((frame) => {
        if (frame.type === 'resync') {
          void catchUp();
          reload();
        }
        if (frame.conversationId !== conversationId) return;
        if (frame.type === 'conversation.changed') reload();
        const rev = Number(frame['rev']);
        if (!frame.type.startsWith('message') || !Number.isFinite(rev)) return;
        take(frame['message'] as Message);
        ahead.current.add(rev);
        while (ahead.current.delete(revision.current + 1)) revision.current++;
        for (const one of ahead.current) if (one <= revision.current) ahead.current.delete(one);
        // Frames of several replicas may overtake each other; one that does not come is read by REST.
        clearTimeout(gap.current);
        if (ahead.current.size > 0) gap.current = setTimeout(() => void catchUp(), GAP_MS);
      }),
    [conversationId],
  );
  const earlier = async () => {
    const page = await api('messenger', 'listMessages', {
      params: { conversationId },
      query: { before: before ?? undefined },
    });
    take(...page.items);
    setBefore(page.before);
  };
  return { items: [...known.values()].sort((a, b) => a.seq - b.seq), before, earlier, take, problem: first.problem };
}

function newest(conversationId: string) {
  return api('messenger', 'listMessages', { params: { conversationId } });
}

/** From a little before a message to the end, without a hole. */
async function since(conversationId: string, seq: number) {
  const from = Math.max(0, seq - BEFORE_AIM);
  const items: Message[] = [];
  let rev = 0;
  let after: number | null = from;
  for (let page = 0; after !== null && page < MAX_PAGES; page++) {
    const part: Awaited<ReturnType<typeof newest>> = await api('messenger', 'listMessages', {
      params: { conversationId },
      query: { after, limit: 200 },
    });
    items.push(...part.items);
    rev = part.rev;
    after = part.after;
  }
  return { items, rev, before: from > 0 ? from + 1 : null };
}
