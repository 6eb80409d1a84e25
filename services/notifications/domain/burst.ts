/** News about one thing that wait, or are unread, are told as one: the newest of them, and how many they are. */
export interface Burst {
  readonly params: Readonly<Record<string, unknown>>;
  readonly actorId: string | null;
  readonly count: number;
}

/** One response of a burst of them. */
interface Part {
  readonly responseId: unknown;
  readonly price: unknown;
  readonly actorId: string | null;
}

/** Responses of a burst that can be told apart; who took back so many has nothing left to tell. */
const KEPT = 20;

/** The newer is told in place of `before`. Kept of it: where messages begin, and the responses, any of which may be withdrawn. */
export function joined(before: Burst, next: Burst): Burst {
  const { firstSeq } = before.params;
  const [, ...earlier] = [...partsOf(next), ...partsOf(before)].slice(0, KEPT);
  const params = {
    ...next.params,
    ...(firstSeq === undefined ? {} : { firstSeq }),
    ...(next.params['responseId'] === undefined ? {} : { earlier }),
  };
  return { params, actorId: next.actorId, count: before.count + next.count };
}

/** The burst without a response that stands no more. The same one: it was not among them. Undefined: it was the last. */
export function withoutResponse(burst: Burst, responseId: string): Burst | undefined {
  const parts = partsOf(burst);
  const left = parts.filter((part) => part.responseId !== responseId);
  return left.length === parts.length ? burst : ofParts(burst, left, burst.count - 1);
}

/** The burst with what a response asks for now. */
export function withPrice(burst: Burst, responseId: string, price: unknown): Burst | undefined {
  const parts = partsOf(burst);
  const told = parts.map((part) => (part.responseId === responseId ? { ...part, price } : part));
  return parts.some((part) => part.responseId === responseId) ? ofParts(burst, told, burst.count) : burst;
}

function partsOf({ params, actorId }: Burst): readonly Part[] {
  const { responseId, price, earlier = [] } = params;
  return [{ responseId, price, actorId }, ...(earlier as readonly Part[])];
}

function ofParts({ params }: Burst, [newest, ...earlier]: readonly Part[], count: number): Burst | undefined {
  if (!newest) return undefined;
  const { actorId, responseId, price } = newest;
  return { params: { ...params, responseId, price, earlier }, actorId, count: Math.max(count, 1) };
}
