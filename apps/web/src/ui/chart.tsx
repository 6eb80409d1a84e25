import { useEffect, useRef } from 'preact/hooks';
import type { ChartData, Drawing } from '../charts/draw.ts';
import { t } from '../i18n.ts';

/** A chart, with the same numbers as a table for who can't see it. The library comes when the first one is shown. */
export function Chart({ data, head }: { data: ChartData; head?: string }) {
  const place = useRef<HTMLDivElement>(null);
  const words = JSON.stringify([data.steps, data.series, data.title]);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let drawing: Drawing | undefined;
    let gone = false;
    const show = async () => {
      const { draw } = await import('../charts/draw.ts');
      drawing?.close();
      if (!gone) drawing = draw(element, data);
    };
    void show();
    const sizes = new ResizeObserver(() => drawing?.resize());
    sizes.observe(element);
    // Light and dark have other colours.
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => void show();
    dark.addEventListener('change', redraw);
    return () => {
      gone = true;
      sizes.disconnect();
      dark.removeEventListener('change', redraw);
      drawing?.close();
    };
  }, [words]);
  const height = data.lying ? `${Math.max(data.steps.length * 1.9, 3)}rem` : '9rem';
  return (
    <>
      <div ref={place} class="chart" style={{ height }} role="img" aria-label={data.title} />
      <details class="fold fold-small">
        <summary>{t('admin.numbers')}</summary>
        <table>
          <thead>
            <tr>
              <th>{head ?? t('admin.period')}</th>
              {data.series.map((one) => (
                <th key={one.name} class="num">
                  {one.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.steps.map((step, place) => (
              <tr key={step}>
                <td>{step}</td>
                {data.series.map((one) => (
                  <td key={one.name} class="num">
                    {data.show(one.values[place] ?? 0)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
