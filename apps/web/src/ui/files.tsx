import { api, saveFile } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatSize } from './format.ts';
import { Do } from './form.tsx';

interface FileLike {
  attachmentId: string;
  fileName: string;
  size: number;
}

/** Files of an order, each to be saved. */
export function Files({ files, load }: { files: readonly FileLike[]; load?: (attachmentId: string) => Promise<Blob> }) {
  if (files.length === 0) return null;
  const get = load ?? ((attachmentId: string) => api('orders', 'getAttachment', { params: { attachmentId } }));
  return (
    <ul class="files" aria-label={t('files.title')}>
      {files.map((file) => (
        <li key={file.attachmentId}>
          <Do kind="link" act={async () => saveFile(await get(file.attachmentId), file.fileName)}>
            {file.fileName}
          </Do>{' '}
          <small class="muted">{formatSize(file.size)}</small>
        </li>
      ))}
    </ul>
  );
}
