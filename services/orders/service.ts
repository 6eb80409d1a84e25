import { ordersContract } from '#contracts/orders/index.ts';
import { vitals } from '#kit/service/vitals.ts';
import { defineService } from '#kit/service/types.ts';
import { ordersConfig } from './config.ts';
import { escrowHeld, escrowRefused, escrowSettled, placementCharged, placementRefused } from './consumers/money.ts';
import { profileUpdated, userBlocked, userErased } from './consumers/people.ts';
import { dictionaryChanged, dictionaryMerged, settingChanged } from './consumers/platform.ts';
import { getPersonDeals } from './http/person-deals.ts';
import { followMerge } from './jobs/follow-merge.ts';
import { acceptResponse } from './http/acceptance.ts';
import { cancelOrder, completeOrder, deliverOrder, publishOrder, requestRevision } from './http/deal.ts';
import { createOrder, deleteDraft, editOrder } from './http/drafts.ts';
import { addAttachment, getAttachment } from './http/files.ts';
import { deleteTime, editTime, logTime } from './http/hours.ts';
import { getOpenEscrow, getOrderContext, openDispute, ruleDispute } from './http/internal.ts';
import { deleteReview, getReview, redactReview, restoreReview } from './http/moderation.ts';
import { resumeDeal } from './http/resume-deal.ts';
import {
  declineInvitation,
  inviteFreelancer,
  listOwnInvitations,
  listSentInvitations,
  openInvitation,
  withdrawInvitation,
} from './http/invitations.ts';
import { completeMilestone, deliverMilestone, fundMilestone, requestMilestoneRevision } from './http/milestones.ts';
import { consentToProposal, propose, refuseProposal, withdrawProposal } from './http/proposals.ts';
import { acceptNda, getHistory, getOrder, listOwnOrders } from './http/read-orders.ts';
import {
  acceptCounterOffer,
  declineResponse,
  editResponse,
  getResponse,
  listOwnResponses,
  listResponses,
  makeCounterOffer,
  openResponse,
  respond,
  shortlistResponse,
  withdrawResponse,
} from './http/responses.ts';
import { addReview, answerReview, listOrderReviews, listPersonReviews } from './http/reviews.ts';
import {
  deleteSavedSearch,
  editSavedSearch,
  getSavedSearch,
  listSavedSearches,
  saveSearch,
} from './http/saved-searches.ts';
import { searchOrders } from './http/search.ts';
import { searchFreelancers } from './http/search-freelancers.ts';
import { approveWeek, concedeWeek, contestWeek, finishOrder, fundWeek, listWeeks, resubmitWeek } from './http/weeks.ts';
import { completeBySilence, expireOrder, placementTimedOut, remind, revealReviews } from './jobs/jobs.ts';
import { announceListings, tellSavedSearches } from './jobs/listings.ts';
import { dropOrphanDeposit, settleDeposit } from './jobs/deposits.ts';
import { expireResponse, returnDeposit } from './jobs/responses.ts';
import { beginWeek, closeWeek, decideWeekBySilence, finishPaused, fundNextWeek } from './jobs/weeks.ts';
import { personalData } from './data/personal-data.ts';
import { ordersOwners } from './owners.ts';

/** Orders, responses, the life of a deal, reviews, search (O1–O4, E3, E5–E7, E13, I14, I15, I20). */
export const ordersService = defineService({
  contract: ordersContract,
  config: ordersConfig,
  migrations: new URL('./migrations/', import.meta.url),
  setup: () => ({}),
  http: {
    ...personalData,
    ...vitals,
    searchOrders,
    searchFreelancers,
    listSavedSearches,
    saveSearch,
    getSavedSearch,
    editSavedSearch,
    deleteSavedSearch,
    createOrder,
    getOrder,
    editOrder,
    deleteDraft,
    listOwnOrders,
    getHistory,
    acceptNda,
    addAttachment,
    getAttachment,
    publishOrder,
    deliverOrder,
    requestRevision,
    completeOrder,
    cancelOrder,
    propose,
    consentToProposal,
    refuseProposal,
    withdrawProposal,
    addReview,
    answerReview,
    listOrderReviews,
    listPersonReviews,
    completeMilestone,
    deliverMilestone,
    fundMilestone,
    requestMilestoneRevision,
    approveWeek,
    concedeWeek,
    contestWeek,
    finishOrder,
    fundWeek,
    listWeeks,
    resubmitWeek,
    logTime,
    editTime,
    deleteTime,
    acceptCounterOffer,
    declineResponse,
    editResponse,
    getResponse,
    openResponse,
    listOwnResponses,
    listResponses,
    makeCounterOffer,
    respond,
    shortlistResponse,
    withdrawResponse,
    acceptResponse,
    inviteFreelancer,
    listOwnInvitations,
    listSentInvitations,
    openInvitation,
    declineInvitation,
    withdrawInvitation,
    deleteReview,
    redactReview,
    restoreReview,
    resumeDeal,
    getPersonDeals,
    getOpenEscrow,
    getOrderContext,
    getReview,
    openDispute,
    ruleDispute,
  },
  owners: ordersOwners,
  on: {
    escrowHeld,
    escrowRefused,
    escrowSettled,
    placementCharged,
    placementRefused,
    profileUpdated,
    userBlocked,
    userErased,
    dictionaryChanged,
    dictionaryMerged,
    settingChanged,
  },
  jobs: {
    followMerge,
    beginWeek,
    closeWeek,
    completeBySilence,
    decideWeekBySilence,
    expireOrder,
    dropOrphanDeposit,
    settleDeposit,
    expireResponse,
    returnDeposit,
    finishPaused,
    fundNextWeek,
    placementTimedOut,
    remind,
    revealReviews,
    announceListings,
    tellSavedSearches,
  },
});
