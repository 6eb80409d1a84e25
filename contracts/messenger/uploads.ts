import { z } from 'zod';
import { bytes, may, route } from '../common/define.ts';
import { id, timestamp } from '../common/values.ts';
import { attachmentView } from './views.ts';

/** Largest file that can be uploaded in parts; MESSENGER_FILE_LIMIT_MB may set less. */
export const MAX_UPLOAD_BYTES = 200 * 1024 * 1024;
/** Largest part of one request. */
export const MAX_PART_BYTES = 8 * 1024 * 1024;
const own = may('messenger.write', { owner: 'ownUpload' });
const byUpload = z.object({ uploadId: id });
const VERSION = 'tus-resumable';

/** What the protocol itself refuses, by its own statuses. */
const PROTOCOL = [
  'messenger.upload_malformed',
  'messenger.upload_conflict',
  'messenger.upload_gone',
  'messenger.upload_version',
  'messenger.upload_too_large',
  'messenger.upload_busy',
];
const REFUSALS = [
  'messenger.read_only',
  'messenger.file_refused',
  'messenger.file_infected',
  'messenger.file_damaged',
  'messenger.image_unreadable',
  'messenger.quota_exceeded',
];

/** Files that are uploaded in parts and go on after a break: the protocol tus 1.0 (creation, termination, expiration). */
export const uploadsHttp = {
  createUpload: route({
    method: 'POST',
    path: '/conversations/{conversationId}/uploads',
    summary:
      'Begin a resumable upload (tus 1.0). Upload-Length; Upload-Metadata with filename and, to be checked at the end, sha256 (hex)',
    rows: ['M3'],
    access: may('messenger.write', { owner: 'participant' }),
    headers: [VERSION, 'upload-length', 'upload-metadata'],
    rate: 'upload',
    params: z.object({ conversationId: id }),
    reply: null,
    status: 201,
    errors: ['messenger.read_only', ...PROTOCOL, 'messenger.quota_exceeded'],
  }),
  getUploadOffset: route({
    method: 'HEAD',
    path: '/uploads/{uploadId}',
    summary: 'How much of an upload is there (Upload-Offset)',
    rows: ['M3'],
    access: own,
    headers: [VERSION],
    params: byUpload,
    reply: null,
    status: 200,
    errors: PROTOCOL,
  }),
  continueUpload: route({
    method: 'PATCH',
    path: '/uploads/{uploadId}',
    summary:
      'The next part of an upload, from Upload-Offset on; with the last one the file is looked at and becomes an attachment',
    rows: ['M3'],
    access: own,
    headers: [VERSION, 'upload-offset'],
    rate: 'write',
    timeoutMs: 60_000,
    params: byUpload,
    body: bytes(['application/offset+octet-stream'], MAX_PART_BYTES),
    reply: null,
    errors: [...PROTOCOL, ...REFUSALS],
  }),
  dropUpload: route({
    method: 'DELETE',
    path: '/uploads/{uploadId}',
    summary: 'Give an upload up',
    rows: ['M3'],
    access: own,
    headers: [VERSION],
    params: byUpload,
    reply: null,
    errors: PROTOCOL,
  }),
  getUpload: route({
    method: 'GET',
    path: '/uploads/{uploadId}',
    summary: 'What became of an upload: the attachment when it is whole and was taken',
    rows: ['M3'],
    access: own,
    params: byUpload,
    reply: z.object({
      uploadId: id,
      fileName: z.string(),
      length: z.number().int(),
      offset: z.number().int(),
      expiresAt: timestamp,
      /** Code of the error for which the whole file was refused. */
      refused: z.string().nullable(),
      attachment: attachmentView.nullable(),
    }),
  }),
};
