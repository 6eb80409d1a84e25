import type { paymentsContract } from '#contracts/payments/index.ts';
import type { ContextOf } from '#kit/service/types.ts';
import type { paymentsConfig } from './config.ts';
import type { Books } from './ledger/books.ts';
import type { Sealer } from './ledger/seal.ts';
import type { Provider } from './provider/provider.ts';

export type PaymentsContext = ContextOf<
  typeof paymentsContract,
  typeof paymentsConfig,
  { provider: Provider; sealer: Sealer; books: Books }
>;
