import { supportContract } from '#contracts/support/index.ts';
import { vitals } from '#kit/service/vitals.ts';
import { defineService } from '#kit/service/types.ts';
import { supportConfig } from './config.ts';
import { differenceFound } from './consumers/difference-found.ts';
import { assignmentChanged, settingChanged, userErased } from './consumers/known.ts';
import { listCannedReplies, putCannedReply, removeCannedReply } from './http/canned-replies.ts';
import { assignTicket, decideEscalation, getTicket, listTickets } from './http/for-admin.ts';
import { attachToTicket, getTicketAttachment } from './http/attachments.ts';
import { getTicketContext } from './http/get-ticket-context.ts';
import { openTicket } from './http/open-ticket.ts';
import { getQueue, listOwnTickets, listTicketMessages, readTicket } from './http/read-tickets.ts';
import { getSettlement, offerSettlement } from './http/settlement.ts';
import { getDisputeTerms } from './http/dispute-terms.ts';
import { linkTicket, mergeTicket, unlinkTicket } from './http/merge-and-link.ts';
import { getOwnPresence, getStaffLoad, putShifts, setOwnPresence } from './http/presence.ts';
import { acceptRuling, appealRuling, ruleOnDispute } from './http/rulings.ts';
import { deleteTicketReview, redactTicketReview, restoreTicketReview } from './http/staff-acts.ts';
import { addTicketNote, escalateTicket, setTicketStatus, takeTicket, triageTicket } from './http/staff-steps.ts';
import { postTicketMessage, rateTicket, reopenTicket } from './http/user-steps.ts';
import { dealFrozen, userUnblocked } from './consumers/deal-frozen.ts';
import { assignWaiting } from './jobs/assign-waiting.ts';
import { disputeSilence } from './jobs/dispute-silence.ts';
import { executeRuling } from './jobs/execute-ruling.ts';
import { silentAssignee } from './jobs/silent-assignee.ts';
import { closeResolved } from './jobs/close-resolved.ts';
import { deleteFiles } from './jobs/delete-files.ts';
import { finishAct } from './jobs/finish-act.ts';
import { personalData } from './data/personal-data.ts';
import { supportOwners } from './owners.ts';

/** Tickets and disputes, with what staff needs beside them (S1–S3, I19–I21, I24, E10, E11, E15). */
export const supportService = defineService({
  contract: supportContract,
  config: supportConfig,
  migrations: new URL('./migrations/', import.meta.url),
  setup: () => ({}),
  http: {
    ...personalData,
    ...vitals,
    openTicket,
    listOwnTickets,
    readTicket,
    listTicketMessages,
    postTicketMessage,
    attachToTicket,
    getTicketAttachment,
    getSettlement,
    offerSettlement,
    reopenTicket,
    rateTicket,
    getQueue,
    takeTicket,
    triageTicket,
    listCannedReplies,
    putCannedReply,
    removeCannedReply,
    addTicketNote,
    setTicketStatus,
    escalateTicket,
    getTicketContext,
    deleteTicketReview,
    redactTicketReview,
    restoreTicketReview,
    getDisputeTerms,
    acceptRuling,
    appealRuling,
    mergeTicket,
    linkTicket,
    unlinkTicket,
    getOwnPresence,
    setOwnPresence,
    getStaffLoad,
    putShifts,
    ruleOnDispute,
    listTickets,
    getTicket,
    assignTicket,
    decideEscalation,
  },
  owners: supportOwners,
  on: { dealFrozen, userUnblocked, differenceFound, settingChanged, assignmentChanged, userErased },
  jobs: {
    finishAct,
    deleteFiles,
    closeResolved,
    executeRuling,
    disputeSilence,
    silentAssignee,
    assignWaiting,
  },
});
