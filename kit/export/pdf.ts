import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import PDFDocument from 'pdfkit';
import svgToPdf from 'svg-to-pdfkit';
import { CHART_SIZE, chartSvg, type ExportChart } from './chart.ts';
import type { ExportTable } from './table.ts';

const fonts = createRequire(import.meta.url);
const REGULAR = () => fonts.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
const BOLD = () => fonts.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf');
const MARGIN = 40;

/** Behind `toPdf` of table.ts. */
export function drawPdf(table: ExportTable): Readable {
  const doc = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    info: { Title: table.title, Creator: 'Artel' },
  });
  doc.registerFont('regular', REGULAR());
  doc.registerFont('bold', BOLD());
  doc.font('bold').fontSize(16).text(table.title);
  doc.font('regular').fontSize(9).moveDown(0.5);
  for (const note of table.notes) doc.text(note);
  doc.moveDown();
  drawCharts(doc, table.charts ?? []);
  drawRows(doc, table);
  numberPages(doc);
  doc.end();
  return doc as unknown as Readable;
}

function drawCharts(doc: PDFKit.PDFDocument, charts: readonly ExportChart[]): void {
  for (const chart of charts) {
    if (doc.y + CHART_SIZE.height > doc.page.height - MARGIN - 14) doc.addPage();
    svgToPdf(doc, chartSvg(chart), MARGIN, doc.y, {
      ...CHART_SIZE,
      assumePt: true,
      // Only the fonts at hand: the standard ones of PDF know no Cyrillic.
      fontCallback: (_family, bold) => (bold ? 'bold' : 'regular'),
    });
    doc.x = MARGIN;
    doc.y += CHART_SIZE.height + 8;
  }
}

function drawRows(doc: PDFKit.PDFDocument, table: ExportTable): void {
  const width = doc.page.width - 2 * MARGIN;
  const weights = table.columns.map((column) => column.weight ?? 1);
  const whole = weights.reduce((a, b) => a + b, 0);
  const widths = weights.map((weight) => (weight / whole) * width);
  const draw = (cells: readonly string[], font: 'regular' | 'bold'): void => {
    doc.font(font).fontSize(8);
    const height =
      Math.max(...cells.map((cell, index) => doc.heightOfString(cell, { width: (widths[index] ?? 0) - 6 }))) + 6;
    if (doc.y + height > doc.page.height - MARGIN - 14) {
      doc.addPage();
      if (font === 'regular')
        draw(
          table.columns.map((column) => column.title),
          'bold',
        );
      doc.font(font).fontSize(8);
    }
    const y = doc.y;
    let x = MARGIN;
    for (const [index, cell] of cells.entries()) {
      doc.text(cell, x + 3, y + 3, {
        width: (widths[index] ?? 0) - 6,
        align: table.columns[index]?.align === 'end' ? 'right' : 'left',
      });
      x += widths[index] ?? 0;
    }
    doc
      .moveTo(MARGIN, y + height)
      .lineTo(MARGIN + width, y + height)
      .lineWidth(0.4)
      .strokeColor('#999999')
      .stroke();
    doc.x = MARGIN;
    doc.y = y + height;
  };
  draw(
    table.columns.map((column) => column.title),
    'bold',
  );
  for (const row of table.rows) draw(row, 'regular');
}

function numberPages(doc: PDFKit.PDFDocument): void {
  const { start, count } = doc.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    doc.switchToPage(page);
    doc
      .font('regular')
      .fontSize(8)
      .text(`${page + 1} / ${count}`, MARGIN, doc.page.height - MARGIN - 12, {
        width: doc.page.width - 2 * MARGIN,
        align: 'right',
        lineBreak: false,
      });
  }
}
