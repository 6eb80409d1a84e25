import { Server } from '@tus/server';
import { newId } from '#kit/ids.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import type { MessengerContext } from '../context.ts';
import { finishUpload } from './finish.ts';
import { UploadStore } from './store.ts';

const PATH = '/api/v1/uploads';
/** Statuses of the protocol, as our errors. Others of 400 are malformed requests. */
const ERRORS: Readonly<Record<number, string>> = {
  404: 'not_found',
  409: 'messenger.upload_conflict',
  410: 'messenger.upload_gone',
  412: 'messenger.upload_version',
  413: 'messenger.upload_too_large',
  423: 'messenger.upload_busy',
};
/** Headers of the protocol's answers that leave; the gateway adds its own. */
const LEAVES = /^(tus-|upload-|location$|cache-control$)/;

export interface TusCall {
  readonly method: 'POST' | 'HEAD' | 'PATCH' | 'DELETE';
  readonly userId: string;
  readonly conversationId: string;
  readonly uploadId?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** Lets @tus/server answer a request whose sender and rights have been looked at. Its refusals come out as problems. */
export async function speakTus(
  ctx: MessengerContext,
  call: TusCall,
): Promise<{ status: number; body: null; headers: Record<string, string> }> {
  let refusal: unknown;
  const note = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      refusal = error;
      throw error;
    }
  };
  const server = new Server({
    path: PATH,
    relativeLocation: true,
    datastore: noting(new UploadStore(ctx, call.userId, call.conversationId), note),
    maxSize: ctx.config.MESSENGER_FILE_LIMIT_MB * 1024 * 1024,
    namingFunction: () => newId(),
    onUploadFinish: async (_request, upload) => {
      await note(finishUpload(ctx, upload.id));
      return {};
    },
  });
  const headers = new Headers(call.headers);
  if (call.body) {
    headers.set('content-type', 'application/offset+octet-stream');
    headers.set('content-length', String(call.body.length));
  }
  const url = `http://localhost${PATH}${call.uploadId === undefined ? '' : `/${call.uploadId}`}`;
  const body = call.body ? new Uint8Array(call.body) : null;
  const response = await server.handleWeb(new Request(url, { method: call.method, headers, body }));
  // A fault of ours or of the file that the library has wrapped; its own errors are plain objects.
  if (isProblem(refusal) || refusal instanceof Error) throw refusal;
  if (response.status >= 400)
    throw new Problem(ERRORS[response.status] ?? 'messenger.upload_malformed', {
      detail: (await response.text()).trim().slice(0, 200) || undefined,
    });
  const leaving = [...response.headers].filter(([name]) => LEAVES.test(name));
  return { status: response.status, body: null, headers: Object.fromEntries(leaving) };
}

/** The store, with each failure noted before the library words it in its own way. */
function noting(store: UploadStore, note: <T>(work: Promise<T>) => Promise<T>): UploadStore {
  for (const name of ['create', 'write', 'remove'] as const) {
    const original = store[name].bind(store) as (...given: unknown[]) => Promise<never>;
    Object.assign(store, { [name]: (...given: unknown[]) => note(original(...given)) });
  }
  return store;
}
