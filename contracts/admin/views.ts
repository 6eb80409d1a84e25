import { z } from 'zod';
import { SERVICES } from '../common/define.ts';
import { id, locale, signedMoney, text, timestamp } from '../common/values.ts';
import { ordersInternal } from '../orders/internal.ts';
import { staffLoad, ticketSummary } from '../support/internal.ts';
import { userSummary } from '../users/internal.ts';
import { dictionaryEntry, dictionaryName } from './internal.ts';

/** Why an act is done; kept in the audit log. */
export const reason = text(3, 2000);
export const byUser = z.object({ userId: id });
export const byTicket = z.object({ ticketId: id });
export const serviceName = z.enum(SERVICES);

/** What proves the reason of a block: a link, or a file that was put here before. */
export const blockEvidence = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('link'), url: z.url({ protocol: /^https?$/ }).max(2000) }),
  z.strictObject({ kind: z.literal('file'), evidenceId: id }),
]);
export const DEAL_CHOICES = ['leave', 'freeze', 'cancel'] as const;
/** What becomes of running deals: they go on; they are frozen until the block ends or support decides; they are cancelled, all that is held goes back to the clients. */
export const dealChoice = z.enum(DEAL_CHOICES);

export const evidenceFile = z.object({
  evidenceId: id,
  fileName: z.string(),
  contentType: z.string(),
  size: z.number().int(),
});

export const appealView = z.object({
  appealId: id,
  blockId: id,
  userId: id,
  text: z.string(),
  createdAt: timestamp,
  status: z.enum(['open', 'upheld', 'rejected', 'moot']),
  answer: z.string().nullable(),
  decidedBy: id.nullable(),
  decidedAt: timestamp.nullable(),
});

export const blockView = z.object({
  blockId: id,
  userId: id,
  rule: z.string(),
  ruleTitle: z.string(),
  reason: z.string(),
  evidence: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('link'), url: z.string() }),
      evidenceFile.extend({ kind: z.literal('file') }),
    ]),
  ),
  deals: dealChoice,
  until: timestamp.nullable(),
  blockedBy: id,
  /** Who proposed it, where a second admin was needed. */
  proposedBy: id.nullable(),
  blockedAt: timestamp,
  liftedAt: timestamp.nullable(),
  /** Null: by its end date. */
  liftedBy: id.nullable(),
  liftReason: z.string().nullable(),
  appeal: appealView.nullable(),
});

export const userCard = z.object({
  user: userSummary,
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
  /** Newest first. */
  blocks: z.array(blockView),
  /** Null: the service that knows does not answer. */
  deals: ordersInternal.getPersonDeals.reply.nullable(),
  money: z
    .array(z.object({ currency: z.string(), available: signedMoney, escrow: signedMoney, debt: signedMoney }))
    .nullable(),
  /** The newest tickets that the user opened. */
  tickets: z.array(ticketSummary).nullable(),

  /** Newest acts of the audit log about this user. */
  recentActs: z.array(
    z.object({
      at: timestamp,
      action: z.string(),
      actorId: id.nullable(),
      outcome: z.string(),
      reason: z.string().nullable(),
    }),
  ),
});

/** An act that one admin asked for and another has to confirm by doing the same. */
export const proposalView = z.object({
  proposalId: id,
  action: z.string(),
  targetId: z.string(),
  reason: z.string(),
  proposedBy: id,
  proposedAt: timestamp,
  expiresAt: timestamp,
  /** What exactly is to be done; the second admin confirms this very thing. */
  details: z.unknown(),
});

export const staffMember = z.object({
  userId: id,
  displayName: z.string(),
  email: z.string(),
  status: z.string(),
  roles: z.array(z.string()),
  since: timestamp,
  /** Open tickets assigned to the member. */
  openTickets: z.number().int(),
  /** Null: support does not answer. */
  present: z.boolean().nullable(),
  shifts: staffLoad.shape.shifts.nullable(),
});

export const settingVersion = z.object({
  version: z.number().int(),
  value: z.unknown(),
  /** In force from then on, until a later version acts. */
  actsFrom: timestamp,
  actorId: id.nullable(),
  reason: z.string(),
  createdAt: timestamp,
});
export const settingView = z.object({
  key: z.string(),
  title: z.string(),
  /** Newest version, for `If-Match`. */
  version: z.number().int(),
  inForce: settingVersion,
  planned: z.array(settingVersion),
  /** JSON Schema of the value, with the names of its fields as `title`; `unit` says how a number is asked for. */
  schema: z.record(z.string(), z.unknown()),
});

/** A place in the value of a setting, or a part of a template, or of a dictionary, that differs. */
export const change = z.object({ path: z.string(), before: z.unknown(), after: z.unknown() });

export const dictionaryView = z.object({
  dictionary: dictionaryName,
  version: z.number().int(),
  items: z.array(dictionaryEntry),
});

export const dictionaryVersion = z.object({
  version: z.number().int(),
  actorId: id.nullable(),
  reason: z.string(),
  createdAt: timestamp,
});

export const templateView = z.object({
  key: z.string(),
  locale,
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  variables: z.array(z.string()),
  /** Number of edits so far, for `If-Match`; 0: never edited. */
  version: z.number().int(),
  /** Whether the shipped texts are in force. */
  shipped: z.boolean(),
});
export const templateTexts = {
  subject: text(1, 300),
  html: z.string().min(1).max(50_000),
  text: z.string().min(1).max(20_000),
};
export const templateVersion = z.object({
  version: z.number().int(),
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  /** What ships was put in force with it: the texts are those of version 0, what is sent is what ships today. */
  shipped: z.boolean(),
  actorId: id.nullable(),
  reason: z.string(),
  createdAt: timestamp,
});
export const byTemplate = z.object({ key: z.string().max(100), locale });

export const escalationView = z.object({
  ticketId: id,
  number: z.number().int(),
  kind: z.string(),
  subject: z.string(),
  authorId: id,
  orderId: id.nullable(),
  reviewId: id.nullable(),
  escalatedBy: id,
  reason: z.string(),
  escalatedAt: timestamp,
  status: z.enum(['open', 'decided']),
  decision: z.unknown().nullable(),
  decidedBy: id.nullable(),
  decidedAt: timestamp.nullable(),
});

export const auditOutcome = z.enum(['done', 'refused', 'unknown']);
export const auditEntry = z.object({
  /** Place in the chain, from 1 without gaps. */
  number: z.string(),
  entryId: id,
  at: timestamp,
  actorId: id.nullable(),
  action: z.string(),
  targetKind: z.string(),
  targetId: z.string(),
  outcome: auditOutcome,
  /** Error code of a refused act. */
  code: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  reason: z.string().nullable(),
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  hash: z.string(),
});
export const auditFilters = {
  /** Words of the reason, or a part of an action or an id. */
  q: z.string().trim().min(2).max(100).optional(),
  actorId: id.optional(),
  action: z.string().max(100).optional(),
  targetKind: z.string().max(50).optional(),
  targetId: z.string().max(200).optional(),
  outcome: auditOutcome.optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
};

export const deadLetterView = z.object({
  id: z.string(),
  service: z.string(),
  type: z.string(),
  reason: z.string(),
  deadAt: z.string(),
  attempts: z.number().int(),
});
export const byLetter = z.object({ service: serviceName, letterId: z.string().min(1).max(200) });

/** Folder of a backup below the folder of all. */
export const backupFolderName = z.string().regex(/^[\w-][\w.-]{0,99}$/);
export const backupView = z.object({
  /** Null: the command wrote it to another place. */
  name: backupFolderName.nullable(),
  /** The moment that it holds. */
  madeAt: timestamp,
  /** The release that wrote it; only the same one restores it. */
  version: z.string().nullable(),
  tables: z.number().int(),
  files: z.number().int(),
  bytes: z.number().int(),
  /** Null: nobody looked yet. */
  verification: z
    .object({
      at: timestamp,
      by: id,
      /** `sums`: every part is as it was written. `restored`: beyond that it was restored and the books agreed. */
      result: z.enum(['sums', 'restored', 'failed']),
      fault: z.string().nullable(),
    })
    .nullable(),
});
/** What an admin asked for; done by the keeper of backups, one at a time. */
export const backupTask = z.object({
  taskId: id,
  kind: z.enum(['backup', 'verify', 'restore', 'withdraw']),
  /** Null: the backup has no name yet. */
  backup: z.string().nullable(),
  state: z.enum(['asked', 'running', 'done', 'failed']),
  askedBy: id,
  askedAt: timestamp,
  endedAt: timestamp.nullable(),
  /** Tables and files that are done, and of how many; 0 of 0: not known. */
  done: z.number().int(),
  parts: z.number().int(),
  fault: z.string().nullable(),
});
