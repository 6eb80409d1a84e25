/** The deal and its money as outsiders live them (rows O1–O4, P1–P6): what `deal.ts` does not walk already. */
import { deposits } from './deal-deposit.ts';
import { endings } from './deal-ends.ts';
import { hours } from './deal-hours.ts';
import { parts } from './deal-parts.ts';
import { responses } from './deal-responses.ts';
import { searches } from './deal-search.ts';
import type { Walk } from './walk.ts';

export const dealWalks: readonly Walk[] = [...hours, ...deposits, ...responses, ...parts, ...endings, ...searches];
