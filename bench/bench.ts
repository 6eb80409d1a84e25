/** What a benchmark is: contenders that are measured in turns, on one machine, in one run. */

/** One turn of one contender. `value` is in the bench's unit; the rest is told beside it. */
export interface Turn {
  readonly value: number;
  readonly also?: Readonly<Record<string, number>>;
}

export interface Running {
  /** Works for about so many milliseconds and counts. */
  turn(ms: number): Promise<Turn>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** `limit`: what the machine can do at all, without our work. */
  readonly role: 'ours' | 'peer' | 'limit';
  /** Starts it, or says in one line what this machine lacks. */
  start(): Promise<Running | { absent: string }>;
}

/** A ratio that we want: value of `ours` over value of `against`, at least (or for times: at most) `ratio`. */
export interface Aim {
  readonly ours: string;
  readonly against: string;
  readonly ratio: number;
  readonly kind: 'at least' | 'at most';
}

export interface Bench {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly contenders: readonly Contender[];
  readonly aims: readonly Aim[];
  /** Default 3,000; a smoke run takes less. */
  readonly turnMs?: number;
  readonly turns?: number;
  /** Ends what the contenders share. */
  close?(): Promise<void>;
}
