import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contracts } from '#contracts/all.ts';
import { type Contract, SERVICES } from '#contracts/common/define.ts';
import { StartError } from '#kit/embedded/start-error.ts';
import { type ConfigGroup, configTable, envExample } from '#kit/config.ts';
import { asyncApi } from '#kit/docs/asyncapi.ts';
import { interactionsPage } from '#kit/docs/interactions-page.ts';
import { interactions } from '#kit/docs/interactions.ts';
import { permissionMatrix } from '#kit/docs/matrix.ts';
import { openApi } from '#kit/docs/openapi.ts';
import { postmanCollection } from '#kit/docs/postman.ts';
import { registry } from '../registry.ts';
import { platformSettings } from '../settings.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SERVER = 'http://localhost:8080';

/** `artel generate`: the documents that are made from the contracts and committed; `--check` fails when one is stale. */
export async function generateCommand(options: { check?: boolean }): Promise<void> {
  const stale: string[] = [];
  for (const [path, content] of Object.entries(await documents())) {
    const file = join(ROOT, path);
    if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
    if (options.check) stale.push(path);
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      process.stdout.write(`${path}\n`);
    }
  }
  if (stale.length > 0) throw new StartError(`stale: ${stale.join(', ')}; run \`npm run generate\``, { exitCode: 1 });
}

/** Path → content of every generated document. */
export async function documents(): Promise<Record<string, string>> {
  const all = Object.values(contracts) as Contract[];
  const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;
  const options = { version: '1', serverUrl: SERVER };
  const groups: ConfigGroup[] = [{ title: 'Platform', declaration: platformSettings }];
  for (const name of SERVICES) {
    const { config } = await registry[name]();
    if (Object.keys(config).length > 0) groups.push({ title: `Service ${name}`, declaration: config });
  }
  const files: Record<string, string> = {
    'generated/openapi/artel.json': json(openApi(all, options)),
    'generated/asyncapi/artel.json': json(asyncApi(all, options)),
    'generated/postman/artel.postman_collection.json': json(postmanCollection(all, options)),
    'generated/interactions.json': json(interactions(all)),
    'generated/interactions.html': interactionsPage(all, 'en'),
    'generated/permissions.md': permissionMatrix(all),
    'generated/configuration.md': `# Configuration\n\nMade by \`npm run generate\` from the declarations. Secrets are also read from the file that \`NAME_FILE\` names.\n\n${configTable(groups)}`,
    '.env.example': envExample(groups),
  };
  for (const contract of all) {
    if (Object.values(contract.http).some((route) => route.access.kind !== 'service'))
      files[`generated/openapi/${contract.name}.json`] = json(openApi([contract], options));
  }
  return files;
}
