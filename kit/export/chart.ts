import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** Bars over steps of time: a colour per series. */
export interface ExportChart {
  readonly title: string;
  readonly steps: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** In points: the width of an A4 page within its margins. */
export const CHART_SIZE = { width: 515, height: 190 } as const;

/** The chart as SVG, made without a browser. */
export function chartSvg(chart: ExportChart): string {
  const drawing = init(null, null, { renderer: 'svg', ssr: true, ...CHART_SIZE });
  try {
    drawing.setOption({
      animation: false,
      color: ['#b4532a', '#2f6f8f', '#7a8b3c', '#8a5a9e', '#c79a2b', '#5b6770'],
      title: { text: chart.title, textStyle: { fontSize: 11 } },
      legend: { bottom: 0, show: chart.series.length > 1, textStyle: { fontSize: 8 }, itemWidth: 12, itemHeight: 8 },
      grid: { left: 60, right: 8, top: 28, bottom: chart.series.length > 1 ? 46 : 26 },
      xAxis: { type: 'category', data: [...chart.steps], axisLabel: { fontSize: 8 } },
      yAxis: { type: 'value', axisLabel: { fontSize: 8 } },
      series: chart.series.map(({ name, values }) => ({ type: 'bar', name, data: [...values] })),
    });
    return drawing.renderToSVGString();
  } finally {
    drawing.dispose();
  }
}
