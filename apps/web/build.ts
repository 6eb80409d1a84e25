/** Builds the web app into `dist`: a script, what it loads only when it is needed (charts), one style sheet, one page. `node apps/web/build.ts`, and at `npm start`. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { contracts } from '#contracts/all.ts';
import type { Contract, Route } from '#contracts/common/define.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const DIST = join(HERE, 'dist');
const ICON =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='7' fill='#9f3a26'/><path d='M16 5l6 6-6 6-6-6zM10 15l6 6-6 6-6-6zM22 15l6 6-6 6-6-6z' fill='#f7efe0'/></svg>";

/** Builds when a source has changed since the last build. Answers whether it built. */
export async function buildWebApp(): Promise<boolean> {
  const routes = JSON.stringify(routeTable());
  const digest = await digestOf(routes);
  const stamp = join(DIST, '.digest');
  if (existsSync(join(DIST, 'index.html')) && (await readFile(stamp, 'utf8').catch(() => '')) === digest) return false;

  const { build, stop } = await import('esbuild');
  // Built beside and moved into place: a server that starts meanwhile never sees half a build.
  const fresh = `${DIST}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  try {
    const result = await build({
      entryPoints: [join(HERE, 'src/main.tsx')],
      outdir: fresh,
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      splitting: true,
      chunkNames: 'part-[name]-[hash]',
      entryNames: '[name]-[hash]',
      assetNames: '[name]-[hash]',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      metafile: true,
      legalComments: 'none',
      logLevel: 'silent',
      plugins: [routesPlugin(routes)],
    });
    // Under its own name, at the root: what it may serve is below its address.
    await build({
      entryPoints: [join(HERE, 'src/push-worker.ts')],
      outfile: join(fresh, 'push-worker.js'),
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2022',
      legalComments: 'none',
      logLevel: 'silent',
    });
    const files = Object.keys(result.metafile.outputs).map((path) => basename(path));
    await writeFile(join(fresh, 'index.html'), page(files));
    await writeFile(join(fresh, '.digest'), digest);
    await rm(DIST, { recursive: true, force: true });
    await rename(fresh, DIST);
  } finally {
    // It works in a process of its own, which would stay, with 150 MB.
    await stop();
    await rm(fresh, { recursive: true, force: true });
  }
  return true;
}

/** Method and path of every public route, so that the browser needs no schemas: `orders.getOrder` → `['GET', '/orders/{orderId}', …]`. */
function routeTable(): Record<string, readonly [method: string, path: string, keyed: 0 | 1]> {
  const table: Record<string, readonly [string, string, 0 | 1]> = {};
  for (const contract of Object.values(contracts) as Contract[])
    for (const [name, route] of Object.entries(contract.http as Record<string, Route>))
      if (route.access.kind !== 'service')
        table[`${contract.name}.${name}`] = [route.method, route.path, route.idempotency === undefined ? 0 : 1];
  return table;
}

function routesPlugin(json: string): Plugin {
  return {
    name: 'artel-routes',
    setup(plugin) {
      plugin.onResolve({ filter: /^artel:routes$/ }, () => ({ path: 'routes', namespace: 'artel' }));
      plugin.onLoad({ filter: /.*/, namespace: 'artel' }, () => ({ contents: json, loader: 'json' }));
    },
  };
}

async function digestOf(routes: string): Promise<string> {
  const hash = createHash('sha256').update(routes);
  const source = join(HERE, 'src');
  const names = (await readdir(source, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const path of [...names.sort(), fileURLToPath(import.meta.url)]) {
    hash.update(`\0${path.slice(HERE.length)}\0`);
    hash.update(await readFile(path));
  }
  return hash.digest('hex');
}

function page(files: readonly string[]): string {
  const style = files.find((name) => name.startsWith('main-') && name.endsWith('.css'));
  const script = files.find((name) => name.startsWith('main-') && name.endsWith('.js'));
  return `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#f6f0e4" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#1c1815" media="(prefers-color-scheme: dark)">
<meta name="description" content="Артель — открытая площадка для заказчиков и мастеров">
<title>Артель</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<link rel="stylesheet" href="/${style}">
<script type="module" src="/${script}"></script>
</head>
<body><div id="app"></div><noscript>Для работы нужен JavaScript. JavaScript is needed.</noscript></body>
</html>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now();
  const built = await buildWebApp();
  process.stdout.write(
    `web app ${built ? `built in ${Math.round(performance.now() - started)} ms` : 'is up to date'}\n`,
  );
}
