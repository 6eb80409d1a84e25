/** Charts, drawn by the library that draws those of the PDF reports. Loaded only by pages that have one. */
import { BarChart } from 'echarts/charts';
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer]);

export interface ChartData {
  readonly title: string;
  readonly steps: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Bars lie, and their names stand beside them. */
  readonly lying?: boolean;
  /** How a value is written. */
  readonly show: (value: number) => string;
}

export interface Drawing {
  resize(): void;
  close(): void;
}

/** Colours of the page, light or dark, as its style sheet has them. */
function colours(element: HTMLElement): { ink: string; line: string; paper: string; bars: string[] } {
  const of = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  return {
    ink: of('--soft'),
    line: of('--line'),
    paper: of('--paper'),
    bars: [of('--pine'), of('--madder'), of('--ochre')],
  };
}

export function draw(element: HTMLElement, data: ChartData): Drawing {
  const { ink, line, paper, bars } = colours(element);
  const chart = init(element, null, { renderer: 'svg' });
  const label = { color: ink, fontSize: 11 };
  const steps = {
    type: 'category' as const,
    data: [...data.steps],
    inverse: data.lying ?? false,
    axisLabel: { ...label, hideOverlap: true },
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
  };
  const values = {
    type: 'value' as const,
    axisLabel: { ...label, hideOverlap: true, formatter: (value: number) => data.show(value) },
    splitLine: { lineStyle: { color: line } },
    splitNumber: 3,
    minInterval: 1,
  };
  chart.setOption({
    animation: false,
    aria: { enabled: true, label: { description: data.title } },
    color: bars,
    grid: { left: 4, right: data.lying ? 64 : 8, top: 12, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: paper,
      borderColor: line,
      textStyle: { color: ink, fontSize: 12 },
      axisPointer: { type: 'shadow' },
      valueFormatter: (value: unknown) => data.show(Number(value)),
    },
    xAxis: data.lying ? { ...values, axisLabel: { show: false } } : steps,
    yAxis: data.lying ? steps : values,
    series: data.series.map(({ name, values: own }) => ({
      type: 'bar',
      name,
      data: [...own],
      barMaxWidth: data.lying ? 18 : 34,
      itemStyle: { borderRadius: data.lying ? [0, 3, 3, 0] : [3, 3, 0, 0] },
      label: data.lying
        ? {
            show: true,
            position: 'right',
            ...label,
            formatter: (one: { value: unknown }) => data.show(Number(one.value)),
          }
        : { show: false },
    })),
  });
  return { resize: () => chart.resize(), close: () => chart.dispose() };
}
