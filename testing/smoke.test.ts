import { expect, test } from 'vitest';
import { bootPlatform } from './env.ts';

test('the gateway starts alone', async () => {
  const platform = await bootPlatform({ services: ['gateway'], log: 'debug' });
  try {
    const answer = await fetch(`${platform.url}/healthz`);
    expect(answer.status).toBe(200);
    expect((await fetch(`${platform.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${platform.url}/nope`)).status).toBe(404);
    expect(await (await fetch(`${platform.url}/api/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' });
    expect(await (await fetch(`${platform.url}/api/docs/assets/swagger-ui.css`)).text()).toContain('swagger-ui');
  } finally {
    await platform.close();
  }
});
