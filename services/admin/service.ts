import { adminContract } from '#contracts/admin/index.ts';
import { defineService } from '#kit/service/types.ts';
import { adminConfig } from './config.ts';
import {
  assignmentChanged,
  roleChanged,
  securityNotice,
  sessionsEnded,
  signedIn,
  signInRefused,
  accessRefused,
  adjustmentRequested,
  transactionPosted,
  reviewDeleted,
  reviewRedacted,
  ticketChanged,
} from './consumers/audit.ts';
import { userUnblocked } from './consumers/user-unblocked.ts';
import { userErased } from './consumers/user-erased.ts';
import { ticketEscalated } from './consumers/ticket-escalated.ts';
import { listAuditLog, exportAuditLog, verifyAuditLog } from './http/audit-log.ts';
import {
  getBackups,
  getBackupTask,
  restoreBackup,
  startBackup,
  verifyBackup,
  withdrawRestoration,
} from './http/backups.ts';
import { listDeadLetters, getDeadLetter, replayDeadLetter, discardDeadLetter } from './http/dead-letters.ts';
import { getDictionary, putDictionaryEntry } from './http/dictionaries.ts';
import { listEscalations, decideEscalation } from './http/escalations.ts';
import { getHealth } from './http/health.ts';
import { sendNotice } from './http/notices.ts';
import { listProposals, withdrawProposal } from './http/proposals.ts';
import { getReport, getReportFile, getDashboard } from './http/reports.ts';
import { listRoles, putRole, assignRoles, listStaff, inviteStaff, putShifts } from './http/roles.ts';
import {
  listSettings,
  getSetting,
  diffSetting,
  getSettingHistory,
  putSetting,
  rollBackSetting,
  getPublicSettings,
} from './http/settings.ts';
import { diffDictionary, getDictionaryHistory, rollBackDictionary } from './http/dictionary-versions.ts';
import {
  listTemplates,
  diffTemplate,
  getTemplateHistory,
  putTemplate,
  rollBackTemplate,
  resetTemplate,
  previewTemplate,
  testTemplate,
} from './http/templates.ts';
import { listTickets, getTicket, assignTicket } from './http/tickets.ts';
import { appealBlock, decideBlockAppeal, listBlockAppeals, viewOwnBlock } from './http/block-appeals.ts';
import { blockUser, unblockUser } from './http/blocks.ts';
import { addEvidence, getEvidence } from './http/evidence.ts';
import { mergeDictionaryEntry } from './http/merge-entry.ts';
import { listUsers, getUserCard, eraseUser } from './http/users.ts';
import { HealthNews } from './health-news.ts';
import { logRestorations } from './log-restorations.ts';
import { settlePendingActs } from './jobs/settle-pending-acts.ts';
import { spreadNotice } from './jobs/spread-notice.ts';
import { seed } from './seed/seed.ts';
import { personalData } from './data/personal-data.ts';

/** Users and staff, settings and dictionaries, templates, escalations, the audit log, dead letters, health (D1–D5). */
export const adminService = defineService({
  contract: adminContract,
  config: adminConfig,
  migrations: new URL('./migrations/', import.meta.url),
  gatherMs: 50,
  setup: (base) => ({ auditKey: base.secret('audit-chain'), healthNews: new HealthNews(base) }),
  http: {
    ...personalData,
    listAuditLog,
    exportAuditLog,
    verifyAuditLog,
    listDeadLetters,
    getDeadLetter,
    replayDeadLetter,
    discardDeadLetter,
    getDictionary,
    putDictionaryEntry,
    listEscalations,
    decideEscalation,
    getHealth,
    sendNotice,
    listProposals,
    withdrawProposal,
    getReport,
    getReportFile,
    getDashboard,
    listRoles,
    putRole,
    assignRoles,
    listStaff,
    inviteStaff,
    listSettings,
    getSetting,
    getSettingHistory,
    putSetting,
    rollBackSetting,
    getPublicSettings,
    getDictionaryHistory,
    diffDictionary,
    rollBackDictionary,
    listTemplates,
    getTemplateHistory,
    diffTemplate,
    putTemplate,
    rollBackTemplate,
    resetTemplate,
    previewTemplate,
    testTemplate,
    listTickets,
    getTicket,
    assignTicket,
    listUsers,
    getUserCard,
    blockUser,
    unblockUser,
    eraseUser,
    addEvidence,
    getEvidence,
    viewOwnBlock,
    appealBlock,
    listBlockAppeals,
    decideBlockAppeal,
    putShifts,
    diffSetting,
    mergeDictionaryEntry,
    getBackups,
    getBackupTask,
    startBackup,
    verifyBackup,
    restoreBackup,
    withdrawRestoration,
  },
  owners: {},
  on: {
    assignmentChanged,
    roleChanged,
    signedIn,
    securityNotice,
    sessionsEnded,
    accessRefused,
    signInRefused,
    transactionPosted,
    adjustmentRequested,
    reviewDeleted,
    reviewRedacted,
    ticketChanged,
    ticketEscalated,
    userUnblocked,
    userErased,
  },
  jobs: { settlePendingActs, spreadNotice },
  async ready(ctx) {
    await seed(ctx);
    await logRestorations(ctx);
    await ctx.healthNews.start();
  },
  close: (ctx) => ctx.healthNews.close(),
});
