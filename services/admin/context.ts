import type { adminContract } from '#contracts/admin/index.ts';
import type { ContextOf, Handlers } from '#kit/service/types.ts';
import type { adminConfig } from './config.ts';
import type { HealthNews } from './health-news.ts';

export interface AdminNeeds {
  /** Key of the audit log's hashes, so that the database alone is not enough to forge them. */
  readonly auditKey: string;
  readonly healthNews: HealthNews;
}
export type AdminContext = ContextOf<typeof adminContract, typeof adminConfig, AdminNeeds>;
export type AdminHandlers = Handlers<typeof adminContract, AdminContext>;
