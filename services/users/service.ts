import { usersContract } from '#contracts/users/index.ts';
import { vitals } from '#kit/service/vitals.ts';
import { defineService } from '#kit/service/types.ts';
import { usersConfig } from './config.ts';
import {
  consentsGiven,
  dictionaryChanged,
  dictionaryMerged,
  emailConfirmed,
  messageSent,
  orderStatusChanged,
  phoneVerified,
  reviewDeleted,
  reviewRedacted,
  reviewPublished,
  userRegistered,
} from './consumers/consumers.ts';
import {
  blockUser,
  eraseUser,
  getContacts,
  checkVisible,
  getIdentity,
  getPeople,
  getUser,
  listUsers,
  unblockUser,
} from './http/internal.ts';
import {
  addPortfolioImage,
  addPortfolioItem,
  editPortfolioItem,
  listOwnPortfolio,
  orderPortfolio,
  orderPortfolioImages,
  removePortfolioImage,
  removePortfolioItem,
} from './http/portfolio.ts';
import { editOwnProfile, getMedia, getOwnProfile, getProfile, putAvatar, removeAvatar } from './http/profile.ts';
import {
  cancelErasure,
  getExportArchive,
  getOwnErasure,
  listConsents,
  listExports,
  putConsent,
  requestErasure,
  requestExport,
} from './http/personal.ts';
import { assembleExport } from './jobs/assemble-export.ts';
import { completeAct } from './jobs/complete-act.ts';
import { deleteExports } from './jobs/delete-exports.ts';
import { eraseDue } from './jobs/erase-due.ts';
import { deleteFiles } from './jobs/delete-files.ts';
import { followMerge } from './jobs/follow-merge.ts';
import { warnOfErasure } from './jobs/warn-of-erasure.ts';
import { liftBlock } from './jobs/lift-block.ts';
import { usersOwners } from './owners.ts';

/** Profiles of freelancers and clients, portfolio, skills, styles, visibility (U1–U7, E1, E3, E4, I14, I16–I19, I23). */
export const usersService = defineService({
  contract: usersContract,
  config: usersConfig,
  migrations: new URL('./migrations/', import.meta.url),
  setup: () => ({}),
  http: {
    getOwnProfile,
    editOwnProfile,
    putAvatar,
    removeAvatar,
    getProfile,
    getMedia,
    requestExport,
    listExports,
    getExportArchive,
    getOwnErasure,
    requestErasure,
    cancelErasure,
    listConsents,
    putConsent,
    addPortfolioItem,
    listOwnPortfolio,
    orderPortfolio,
    orderPortfolioImages,
    editPortfolioItem,
    removePortfolioItem,
    addPortfolioImage,
    removePortfolioImage,
    getPeople,
    getContacts,
    ...vitals,
    checkVisible,
    getIdentity,
    listUsers,
    getUser,
    blockUser,
    unblockUser,
    eraseUser,
  },
  owners: usersOwners,
  on: {
    userRegistered,
    consentsGiven,
    emailConfirmed,
    phoneVerified,
    reviewPublished,
    reviewDeleted,
    reviewRedacted,
    dictionaryMerged,
    messageSent,
    orderStatusChanged,
    dictionaryChanged,
  },
  jobs: {
    followMerge,
    liftBlock,
    deleteFiles,
    assembleExport,
    deleteExports,
    warnOfErasure,
    eraseDue,
    completeAct,
  },
});
