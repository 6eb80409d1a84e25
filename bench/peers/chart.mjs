// Bars of one benchmark as SVG, in words on standard input.
import * as echarts from 'echarts';
import { readFileSync } from 'node:fs';

const { title, unit, rows } = JSON.parse(readFileSync(0, 'utf8'));
const colour = { ours: '#a23b27', peer: '#8a8178', limit: '#23564a' };
const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 820, height: 90 + rows.length * 44 });
chart.setOption({
  animation: false,
  title: { text: title, subtext: unit, textStyle: { fontSize: 15 } },
  grid: { left: 230, right: 90, top: 60, bottom: 20 },
  xAxis: { type: 'value', axisLabel: { show: false }, splitLine: { show: false } },
  yAxis: { type: 'category', inverse: true, data: rows.map((row) => row.name), axisTick: { show: false } },
  series: [
    {
      type: 'bar',
      barWidth: 22,
      label: { show: true, position: 'right' },
      data: rows.map((row) => ({ value: row.median, itemStyle: { color: colour[row.role] } })),
    },
  ],
});
process.stdout.write(chart.renderToSVGString());
// Else it keeps drawing, and the process never ends.
chart.dispose();
