import type { ServiceName } from '#contracts/common/define.ts';
import { SERVICES } from '#contracts/common/define.ts';
import type { DemoAccount } from './demo/demo.ts';
import type { Running } from './start.ts';
import { VERSION } from './version.ts';

/** What a person who started the platform needs to know, in one screen. */
export function banner(options: {
  running: Running;
  services: readonly ServiceName[];
  seconds: number;
  accounts: readonly DemoAccount[];
}): string {
  const { running, services, accounts } = options;
  const lines = [`Artel ${VERSION} is ready (${options.seconds.toFixed(1)} s)`, ''];
  const row = (label: string, value: string) => lines.push(`  ${label.padEnd(14)}${value}`);
  if (services.length === SERVICES.length) {
    row('open', running.publicUrl);
    row('API', `${running.publicUrl}/api/docs`);
    row('map', `${running.publicUrl}/api/interactions`);
    if (running.catcherUrl) row('mail and SMS', running.catcherUrl);
    if (running.providerUrl) row('payments', `simulated, ${running.providerUrl}`);
  } else {
    for (const service of running.platform.host.services) row(service.name, service.address ?? 'in process');
  }
  if (accounts.length > 0) {
    lines.push('', '  demo sign-ins (passwords were made for this data folder)');
    for (const { who, email, password } of accounts) row(who, `${email.padEnd(28)} ${password}`);
  }
  lines.push('', '  stop: Ctrl-C   begin anew: npm start -- --reset', '');
  return `\n${lines.join('\n')}\n`;
}
