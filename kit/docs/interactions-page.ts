import type { Contract, ServiceName } from '#contracts/common/define.ts';
import { type Arrow, interactions } from './interactions.ts';

const TEXT = {
  ru: {
    title: 'Карта взаимодействий',
    rest: 'REST: кто кого вызывает',
    event: 'События: кто кому сообщает',
    row: 'Строка',
    from: 'От',
    to: 'К',
    what: 'Что',
    note: 'Сделано из контрактов сервисов. Строки I и E нумеруют спецификацию, + отмечает связи сверх неё.',
  },
  en: {
    title: 'Map of interactions',
    rest: 'REST: who calls whom',
    event: 'Events: who tells whom',
    row: 'Row',
    from: 'From',
    to: 'To',
    what: 'What',
    note: 'Made from the contracts of the services. Rows I and E number the specification, + marks arrows beyond it.',
  },
} as const;

const SIZE = 760;
const RADIUS = 300;

/** The map as a page: two pictures (calls, events) and the tables behind them. */
export function interactionsPage(contracts: readonly Contract[], locale: 'ru' | 'en'): string {
  const text = TEXT[locale];
  const arrows = interactions(contracts);
  const section = (kind: 'rest' | 'event') => {
    const own = arrows.filter((arrow) => arrow.kind === kind);
    return `<h2>${text[kind]}</h2>${interactionsSvg(contracts, own, locale)}${table(own, text)}`;
  };
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Artel · ${text.title}</title><style>
:root{color-scheme:light dark;--ink:#1b2430;--soft:#667;--line:#8aa;--spec:#0a7d5a;--extra:#b8863b;--box:#fff;--page:#f6f7f5}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecef;--soft:#9aa5ad;--line:#557;--spec:#4fd0a0;--extra:#e0b46a;--box:#20262c;--page:#14181c}}
body{font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:64rem;margin:0 auto;padding:2rem 1rem}
svg{width:100%;height:auto;max-width:760px;display:block;margin:auto}svg text{fill:var(--ink);font:600 15px system-ui,sans-serif;text-anchor:middle}
.node{fill:var(--box);stroke:var(--line)}.spec{stroke:var(--spec)}.extra{stroke:var(--extra);stroke-dasharray:5 4}.arrow{fill:none;stroke-width:1.6;opacity:.75}
table{border-collapse:collapse;width:100%;margin:1rem 0 3rem;font-size:.9rem}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}code{font-size:.85em;overflow-wrap:anywhere}p{color:var(--soft)}</style></head>
<body><h1>${text.title}</h1><p>${text.note}</p>${section('rest')}${section('event')}</body></html>`;
}

function table(arrows: readonly Arrow[], text: (typeof TEXT)['ru'] | (typeof TEXT)['en']): string {
  const order = (row: string) => (row.startsWith('+') ? 1_000 : Number(row.slice(1)));
  const rows = [...arrows]
    .sort((a, b) => order(a.row) - order(b.row) || a.from.localeCompare(b.from))
    .map(
      (arrow) =>
        `<tr><td>${arrow.row}</td><td>${arrow.from}</td><td>${arrow.to}</td><td>${arrow.what.map((one) => `<code>${one}</code>`).join(' ')}</td></tr>`,
    );
  return `<table><thead><tr><th>${text.row}</th><th>${text.from}</th><th>${text.to}</th><th>${text.what}</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** Services on a circle, an arrow per pair that talks; dashed when nothing of it is in the specification. */
export function interactionsSvg(contracts: readonly Contract[], arrows: readonly Arrow[], locale: 'ru' | 'en'): string {
  const names = contracts.map((contract) => contract.name);
  const place = (name: ServiceName) => {
    const angle = (names.indexOf(name) / names.length) * 2 * Math.PI - Math.PI / 2;
    return { x: SIZE / 2 + RADIUS * Math.cos(angle), y: SIZE / 2 + RADIUS * Math.sin(angle) };
  };
  const pairs = new Map<string, { from: ServiceName; to: ServiceName; rows: string[] }>();
  for (const { from, to, row } of arrows) {
    const pair = pairs.get(`${from}>${to}`) ?? { from, to, rows: [] };
    pair.rows.push(row);
    pairs.set(`${from}>${to}`, pair);
  }
  const lines = [...pairs.values()].map(({ from, to, rows }) => {
    const a = place(from);
    const b = place(to);
    const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const bend = { x: (a.x + b.x) / 2 + ((b.y - a.y) / length) * 26, y: (a.y + b.y) / 2 - ((b.x - a.x) / length) * 26 };
    const end = {
      x: b.x - ((b.x - bend.x) / Math.hypot(b.x - bend.x, b.y - bend.y)) * 68,
      y: b.y - ((b.y - bend.y) / Math.hypot(b.x - bend.x, b.y - bend.y)) * 34,
    };
    const spec = rows.some((row) => !row.startsWith('+'));
    return `<path class="arrow ${spec ? 'spec' : 'extra'}" d="M${a.x.toFixed(0)} ${a.y.toFixed(0)}Q${bend.x.toFixed(0)} ${bend.y.toFixed(0)} ${end.x.toFixed(0)} ${end.y.toFixed(0)}" marker-end="url(#tip-${spec ? 'spec' : 'extra'})"><title>${from} → ${to}: ${rows.join(', ')}</title></path>`;
  });
  const nodes = contracts.map((contract) => {
    const { x, y } = place(contract.name);
    return `<rect class="node" x="${(x - 58).toFixed(0)}" y="${(y - 20).toFixed(0)}" width="116" height="40" rx="10"/><text x="${x.toFixed(0)}" y="${(y + 5).toFixed(0)}">${contract.name}<title>${contract.title[locale]}</title></text>`;
  });
  const tip = (id: string, color: string) =>
    `<marker id="tip-${id}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" style="fill:var(${color})"/></marker>`;
  return `<svg viewBox="0 0 ${SIZE} ${SIZE}" role="img"><defs>${tip('spec', '--spec')}${tip('extra', '--extra')}</defs>${lines.join('')}${nodes.join('')}</svg>`;
}
