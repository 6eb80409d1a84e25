import { z } from 'zod';
import { event } from '../common/define.ts';
import { id, locale, text, timestamp } from '../common/values.ts';
import { dictionaryEntry, dictionaryName } from './internal.ts';

/** Keys of the platform's settings (D3). Values are checked by `contracts/admin/settings.ts`. */
export const adminEvents = {
  /** A setting got a new version. It acts from `actsFrom`; the subscriber keeps all versions and picks by the clock. */
  settingChanged: event({
    type: 'admin.setting.changed.v1',
    summary: 'A platform setting was changed, from a date on',
    subject: 'settingId',
    data: z.object({
      settingId: id,
      key: z.string(),
      version: z.number().int(),
      value: z.unknown(),
      actsFrom: timestamp,
      actorId: id.nullable(),
    }),
  }),
  /** The whole dictionary: the subscriber replaces what it has unless that is newer. */
  dictionaryChanged: event({
    type: 'admin.dictionary.changed.v1',
    summary: 'A dictionary was changed',
    subject: 'dictionaryId',
    data: z.object({
      dictionaryId: id,
      dictionary: dictionaryName,
      version: z.number().int(),
      entries: z.array(dictionaryEntry),
    }),
  }),
  /** An entry was merged into another: what names the first names the second from now on. */
  dictionaryMerged: event({
    type: 'admin.dictionary.merged.v1',
    summary: 'An entry of a dictionary was merged into another one',
    subject: 'dictionaryId',
    data: z.object({ dictionaryId: id, dictionary: dictionaryName, from: z.string(), into: z.string() }),
  }),
  templateChanged: event({
    type: 'admin.template.changed.v1',
    summary: 'A notification template was edited (or put back to what ships)',
    subject: 'templateId',
    data: z.object({
      templateId: id,
      key: z.string(),
      locale,
      version: z.number().int(),
      subject: z.string(),
      html: z.string(),
      text: z.string(),
      shipped: z.boolean(),
    }),
  }),
  /** E12: a template is to be sent to one person as a test. */
  templateTestRequested: event({
    type: 'admin.template.test-requested.v1',
    summary: 'A test send of a template',
    subject: 'templateId',
    data: z.object({
      templateId: id,
      key: z.string(),
      locale,
      subject: z.string(),
      html: z.string(),
      text: z.string(),
      recipientId: id,
    }),
  }),
  /** E12: a system notice to some or all. */
  noticeRequested: event({
    type: 'admin.notice.requested.v1',
    summary: 'A system notice is to be sent',
    subject: 'noticeId',
    data: z.object({
      noticeId: id,
      recipientIds: z.array(id).max(1000),
      title: z.object({ ru: text(1, 200), en: text(1, 200) }),
      text: z.object({ ru: text(1, 5000), en: text(1, 5000) }),
      critical: z.boolean(),
    }),
  }),
  /** E16 */
  actionLogged: event({
    type: 'admin.action.logged.v1',
    summary: 'An administrative action was done or refused',
    subject: 'actionId',
    data: z.object({
      actionId: id,
      actorId: id,
      action: z.string(),
      targetKind: z.string(),
      targetId: z.string(),
      refused: z.boolean(),
      at: timestamp,
    }),
  }),
};
