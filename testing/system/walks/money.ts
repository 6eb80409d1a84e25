/** The money as outsiders live it (rows P1–P6): what `deal.ts` does not walk already. */
import { feesAndGifts } from './money-fees.ts';
import { provenBooks } from './money-proof.ts';
import { throughTheProvider } from './money-provider.ts';
import type { Walk } from './walk.ts';

export const moneyWalks: readonly Walk[] = [...throughTheProvider, ...feesAndGifts, ...provenBooks];
