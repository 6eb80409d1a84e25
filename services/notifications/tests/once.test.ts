import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TEST_SECRET } from '#testing/env.ts';
import { everyMailOnce, NEWS } from '#testing/mail-once.ts';
import { type Fixture, fixture } from './fixture.ts';

const REPLICA = fileURLToPath(new URL('./replica.ts', import.meta.url));
let fix: Fixture;
let replica: ChildProcess;

beforeAll(async () => {
  fix = await fixture();
  const options = {
    adminUrl: fix.platform.adminUrl,
    secret: TEST_SECRET,
    folder: `${tmpdir()}/artel-replica-${process.pid}`,
    env: { SMTP_URL: fix.catcher.smtpUrl, MAIL_FROM: 'Artel <no-reply@artel.test>' },
  };
  replica = spawn(process.execPath, [REPLICA, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([
    once(replica.stdout as NodeJS.ReadableStream, 'data'),
    once(replica, 'exit').then(() => Promise.reject(new Error('the replica did not start'))),
  ]);
});
afterAll(async () => {
  replica?.kill('SIGKILL');
  await fix?.close();
});

test('1,000 events three times each, two replicas, a kill -9: every mail once', async () => {
  const { platform, catcher } = fix;
  const { bus, adminUrl, drain } = platform;
  await everyMailOnce(
    {
      bus,
      adminUrl,
      catcherUrl: catcher.pageUrl,
      async kill() {
        replica.kill('SIGKILL');
        await once(replica, 'exit');
      },
      drain,
    },
    Array.from({ length: NEWS }, () => fix.someone() as { userId: string; email: string }),
  );
}, 240_000);
