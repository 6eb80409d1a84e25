import { analyticsContract } from '#contracts/analytics/index.ts';
import { vitals } from '#kit/service/vitals.ts';
import { defineService } from '#kit/service/types.ts';
import { analyticsConfig } from './config.ts';
import { collect, forgetPerson, keepTitles } from './consumers/collect.ts';
import { getDashboard, getRetention, listDashboards, listMetrics } from './http/dashboards.ts';
import { getOwnStatistics } from './http/get-own-statistics.ts';
import { getRebuild, listRebuilds, startRebuild } from './http/rebuilds.ts';
import {
  deleteReport,
  downloadReport,
  getReportAttachment,
  getReportState,
  listReports,
  requestReport,
} from './http/report-jobs.ts';
import {
  changeReportSchedule,
  createReportSchedule,
  deleteReportSchedule,
  listReportRecipients,
  listReportSchedules,
} from './http/report-schedules.ts';
import { getReport, getReportFile } from './http/reports.ts';
import { expireReport } from './jobs/expire-report.ts';
import { makePartitions } from './jobs/make-partitions.ts';
import { rebuildFigures } from './jobs/rebuild-figures.ts';
import { runReport } from './jobs/run-report.ts';
import { runSchedule } from './jobs/run-schedule.ts';
import { rebuildIfOutdated } from './data/rebuild.ts';
import { personalData } from './data/personal-data.ts';

/** Collects, aggregates and stores metrics; reports and dashboards (N-A1–N-A3, E4, E13–E16, I22, I25). */
export const analyticsService = defineService({
  contract: analyticsContract,
  config: analyticsConfig,
  migrations: new URL('./migrations/', import.meta.url),
  gatherMs: 50,
  setup: () => ({}),
  http: {
    ...personalData,
    listDashboards,
    ...vitals,
    getDashboard,
    listMetrics,
    getRetention,
    getOwnStatistics,
    startRebuild,
    listRebuilds,
    getRebuild,
    requestReport,
    listReports,
    getReportState,
    downloadReport,
    deleteReport,
    listReportRecipients,
    listReportSchedules,
    createReportSchedule,
    changeReportSchedule,
    deleteReportSchedule,
    getReportAttachment,
    getReport,
    getReportFile,
  },
  owners: {},
  on: {
    userRegistered: collect,
    signedIn: collect,
    profileUpdated: collect,
    profileViewed: collect,
    orderStatusChanged: collect,
    responseSubmitted: collect,
    freelancerInvited: collect,
    reviewPublished: collect,
    transactionPosted: collect,
    ticketChanged: collect,
    actionLogged: collect,
    dictionaryChanged: keepTitles,
    userErased: forgetPerson,
  },
  jobs: { makePartitions, rebuildFigures, runReport, expireReport, runSchedule },
  ready: (ctx) => rebuildIfOutdated(ctx.db, ctx.clock.now()),
});
