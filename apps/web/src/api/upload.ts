/** Files of a conversation: small ones in one request, others in parts that go on after a break and after a reload. */
import { DetailedError, Upload } from 'tus-js-client';
import type { z } from 'zod';
import type { ProblemBody } from '#contracts/common/problem.ts';
import type { attachmentView } from '#contracts/messenger/views.ts';
import { currentLocale, t } from '../i18n.ts';
import { ApiProblem, api } from './client.ts';
import { bearer, session } from './session.ts';

type Attachment = z.output<typeof attachmentView>;
const WHOLE_BYTES = 2 * 1024 * 1024;
const PART_BYTES = 2 * 1024 * 1024;
const RETRIES_MS = [500, 1_000, 3_000, 5_000, 10_000, 20_000];

export async function uploadFile(
  conversationId: string,
  file: File,
  progress: (share: number) => void,
): Promise<Attachment> {
  if (file.size <= WHOLE_BYTES)
    return await api('messenger', 'addAttachment', {
      params: { conversationId },
      query: { fileName: file.name },
      body: file,
    });
  const url = await inParts(conversationId, file, progress);
  const uploadId = url.split('/').at(-1) ?? '';
  // Usually there at once; after a break in the last request it takes a moment.
  for (let tries = 0; ; tries++) {
    const { attachment, refused } = await api('messenger', 'getUpload', { params: { uploadId } });
    if (attachment) return attachment;
    if (refused !== null || tries === 60) throw problem({ code: refused ?? 'unknown' });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}

function inParts(conversationId: string, file: File, progress: (share: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: `/api/v1/conversations/${conversationId}/uploads`,
      chunkSize: PART_BYTES,
      retryDelays: RETRIES_MS,
      metadata: { filename: file.name },
      removeFingerprintOnSuccess: true,
      fingerprint: async () =>
        ['artel', session.value?.userId, conversationId, file.name, file.size, file.lastModified].join(':'),
      async onBeforeRequest(request) {
        const token = await bearer();
        if (token !== undefined) request.setHeader('authorization', `Bearer ${token}`);
        request.setHeader('accept-language', currentLocale());
      },
      onProgress: (sent, total) => progress(sent / total),
      onSuccess: () => resolve(upload.url ?? ''),
      onError: (error) => reject(asProblem(error)),
    });
    void upload.findPreviousUploads().then(([previous]) => {
      if (previous) upload.resumeFromPreviousUpload(previous);
      upload.start();
    });
  });
}

function asProblem(error: Error): ApiProblem {
  const body = error instanceof DetailedError ? error.originalResponse?.getBody() : undefined;
  try {
    return new ApiProblem(JSON.parse(body ?? '') as ProblemBody);
  } catch {
    return problem({ code: 'network', title: t('error.network'), detail: t('error.networkDetail') });
  }
}

function problem(of: { code: string; title?: string; detail?: string }): ApiProblem {
  return new ApiProblem({ type: '', status: 0, title: t('error.unknown'), requestId: '', ...of });
}
