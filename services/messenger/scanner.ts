import { connect } from 'node:net';
import { Problem } from '#kit/problem.ts';

const TIMEOUT_MS = 20_000;

/**
 * Asks clamd (protocol INSTREAM) about a file. An infected one is refused; a scanner that does not answer is 503: a
 * file that should have been looked at is not let through.
 */
export async function scanForViruses(clamavUrl: string | undefined, content: Buffer): Promise<void> {
  if (clamavUrl === undefined) return;
  const { hostname, port } = new URL(clamavUrl);
  const answer = await ask(hostname, Number(port), content).catch((error: unknown) => {
    throw new Problem('unavailable', { detail: 'the virus scanner does not answer', retryAfter: 10, cause: error });
  });
  if (/\bFOUND\b/.test(answer)) throw new Problem('messenger.file_infected');
  if (!/\bOK\b/.test(answer)) throw new Problem('unavailable', { detail: 'the virus scanner failed', retryAfter: 10 });
}

function ask(host: string, port: number, content: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, host);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('timed out')));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(answer));
    socket.once('connect', () => {
      socket.write('zINSTREAM\0');
      const size = Buffer.alloc(4);
      size.writeUInt32BE(content.length);
      socket.write(size);
      socket.write(content);
      socket.write(Buffer.alloc(4));
    });
  });
}
