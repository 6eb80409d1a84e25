import type { adminContract } from '#contracts/admin/index.ts';
import type { ContextOf, Handlers } from '#kit/service/types.ts';
import type { adminConfig } from './config.ts';

/** `auditKey`: the key of the audit log's hashes, so that the database alone is not enough to forge them. */
export type AdminContext = ContextOf<typeof adminContract, typeof adminConfig, { readonly auditKey: string }>;
export type AdminHandlers = Handlers<typeof adminContract, AdminContext>;
