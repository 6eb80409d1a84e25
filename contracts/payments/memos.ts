/** What a service says of a movement itself: the books keep a key, each reader of a statement gets words of his language. */
export const disputeFeeMemo = (ticketNumber: number): string => `dispute_fee:${ticketNumber}`;
