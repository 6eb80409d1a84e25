import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { chartSvg } from '#kit/export/chart.ts';
import { toPdf } from '#kit/export/table.ts';

const chart = {
  title: 'Оборот',
  steps: ['2026-11-01', '2026-11-02'],
  series: [{ name: 'Оборот сделок, RUB', values: [10, 12.5] }],
};

test('a chart is drawn as SVG without a browser, with Cyrillic', () => {
  const svg = chartSvg(chart);
  expect(svg).toMatch(/^<svg/);
  expect(svg).toContain('Оборот');
  // One bar per value, in the colour of the series.
  expect(svg.match(/<path[^>]*fill="#b4532a"/g)).toHaveLength(2);
});

test('N-A2: the chart of a PDF is drawn as vectors in its colour', async () => {
  const table = { title: 'Отчёт', notes: [], columns: [{ title: 'Период' }], rows: [['2026-11-01']] };
  // #b4532a as the operands of `scn` in a content stream.
  const coloured = (pdf: Buffer) =>
    contents(pdf).includes('0.7058823529411765 0.3254901960784314 0.16470588235294117 scn');
  expect(coloured(await toPdf({ ...table, charts: [chart] }))).toBe(true);
  expect(coloured(await toPdf(table))).toBe(false);
});

/** The unpacked streams of a PDF. */
function contents(pdf: Buffer): string {
  const text = pdf.toString('latin1');
  return [...text.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)]
    .map((found) => {
      try {
        return inflateSync(Buffer.from(found[1] ?? '', 'latin1')).toString('latin1');
      } catch {
        return '';
      }
    })
    .join('\n');
}

test('the number of a page stays on its page', async () => {
  const pdf = await toPdf({ title: 'Отчёт', notes: [], columns: [{ title: 'Период' }], rows: [['2026-11-01']] });
  expect(pdf.toString('latin1').match(/\/Type \/Page\n/g)).toHaveLength(1);
});
