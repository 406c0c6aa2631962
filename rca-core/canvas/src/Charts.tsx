import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Series } from './model';
import { EventLink, Section, Time } from './parts';
import type { Store } from './store';
import { useStore } from './store';
import { clock, number } from './time';

const FIRST = 12;

export function Charts({ store }: { store: Store }) {
  const { series } = store.data.document;
  const filter = useStore(store, (state) => state.filter);
  const [all, setAll] = useState(false);
  const [sync, setSync] = useState(true);
  const matching = useMemo(() => {
    const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    const byWord = series.filter((s) => words.every((word) => `${s.metric} ${s.entity.name}`.toLowerCase().includes(word)));
    // A search for something else than a metric leaves the charts alone.
    const found = byWord.length > 0 ? byWord : series;
    return filter.entity ? found.filter((s) => s.entity.name === filter.entity) : found;
  }, [series, filter.text, filter.entity]);
  const shown = all ? matching : matching.slice(0, FIRST);
  const omitted = store.data.document.omitted.series ?? 0;
  return (
    <Section id="metrics" title="Metrics" aside={
      <label class="check no-print"><input type="checkbox" checked={sync} onChange={(e) => setSync(e.currentTarget.checked)} /> Same time as the timeline</label>
    }>
      {matching.length === 0 && <p class="empty">{series.length === 0 ? 'No metric was kept.' : 'No metric of this entity.'}</p>}
      <div class="charts">
        {shown.map((s) => <Chart key={`${s.entity.kind} ${s.entity.name} ${s.metric}`} store={store} series={s} sync={sync} />)}
      </div>
      {matching.length > FIRST && (
        <button type="button" class="button no-print" aria-expanded={all} onClick={() => setAll(!all)}>{all ? 'Fewer' : `${matching.length - FIRST} more metrics`}</button>
      )}
      {omitted > 0 && <p class="dim">{omitted} series that did not move were left out.</p>}
    </Section>
  );
}

/** In words what the line shows. */
function summary(series: Series): string {
  if (series.before === null || series.before === undefined || series.after === null || series.after === undefined) {
    return `no clear change, ${series.samples} samples`;
  }
  return `${series.direction === 'down' ? 'fell' : 'rose'} from ${number(series.before)} to ${number(series.after)}`;
}

function Chart({ store, series, sync }: { store: Store; series: Series; sync: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [near, setNear] = useState(false);
  const theme = useStore(store, (state) => state.theme);
  const zone = useStore(store, (state) => state.zone);
  const view = useStore(store, (state) => state.view);
  const selected = useStore(store, (state) => state.selected);
  const [dark, setDark] = useState(0);
  const marked = selected ? store.data.byId.get(selected)?.time : undefined;
  const fresh = useRef(true);
  const markedRef = useRef(marked);
  markedRef.current = marked;

  useEffect(() => {
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && setNear(true), { rootMargin: '300px' });
    observer.observe(box.current!);
    const print = () => setNear(true);
    addEventListener('beforeprint', print);
    const media = matchMedia('(prefers-color-scheme: dark)');
    const turned = () => setDark((n) => n + 1);
    media.addEventListener('change', turned);
    return () => {
      observer.disconnect();
      removeEventListener('beforeprint', print);
      media.removeEventListener('change', turned);
    };
  }, []);

  useEffect(() => {
    if (!near) return;
    const element = box.current!;
    const style = getComputedStyle(document.documentElement);
    const of = (name: string) => style.getPropertyValue(name).trim();
    const line = (u: uPlot, at: number, colour: string, dash: number[]) => {
      const x = u.valToPos(at / 1000, 'x', true);
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return;
      u.ctx.save();
      u.ctx.strokeStyle = colour;
      u.ctx.lineWidth = 1.5 * devicePixelRatio;
      u.ctx.setLineDash(dash.map((d) => d * devicePixelRatio));
      u.ctx.beginPath();
      u.ctx.moveTo(x, u.bbox.top);
      u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
      u.ctx.stroke();
      u.ctx.restore();
    };
    const axis = { stroke: of('--dim'), grid: { stroke: of('--line'), width: 1 }, ticks: { stroke: of('--line'), width: 1, size: 4 }, font: '11px ui-sans-serif, system-ui, sans-serif' };
    const made = new uPlot(
      {
        width: Math.max(120, element.clientWidth),
        height: 140,
        tzDate: (seconds) => (zone === 'utc' ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000)),
        cursor: { y: false, drag: { x: true, y: false, setScale: false }, sync: { key: 'rca' }, points: { size: 6 } },
        select: { show: true, left: 0, top: 0, width: 0, height: 0 },
        legend: { show: false },
        scales: { x: { time: true } },
        axes: [
          { ...axis, size: 24, space: 70, values: (_, splits) => splits.map((s) => clock(s * 1000, zone).slice(0, 5)) },
          { ...axis, size: 46, space: 26, values: (_, splits) => splits.map((v) => number(v)) },
        ],
        series: [{}, { stroke: of('--accent'), width: 1.5, points: { show: false } }],
        hooks: {
          draw: [(u) => {
            if (series.onset) line(u, series.onset, of('--onset'), []);
            else if (store.data.onset !== null) line(u, store.data.onset, of('--onset'), [3, 4]);
            if (markedRef.current !== undefined) line(u, markedRef.current, of('--text'), [2, 3]);
          }],
          setCursor: [(u) => {
            const at = u.cursor.idx;
            const label = element.parentElement?.querySelector('.chart-value');
            if (!label) return;
            const [time, value] = at === null || at === undefined ? [undefined, undefined] : [u.data[0][at], u.data[1]?.[at]];
            label.textContent = time === undefined ? '' : `${clock(time * 1000, zone)}  ${number(value as number)}`;
          }],
          setSelect: [(u) => {
            if (u.select.width < 4) return;
            store.set({ view: [u.posToVal(u.select.left, 'x') * 1000, u.posToVal(u.select.left + u.select.width, 'x') * 1000] });
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          }],
        },
      },
      [series.times.map((time) => time / 1000), series.values],
      element,
    );
    plot.current = made;
    fresh.current = true;
    const observer = new ResizeObserver(() => made.setSize({ width: Math.max(120, element.clientWidth), height: 140 }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [near, series, zone, theme, dark]);

  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    const [first, last] = [series.times[0] ?? 0, series.times[series.times.length - 1] ?? 1];
    // Where the timeline shows nothing of this series, the whole of it says more than an empty box.
    const apart = view[1] < first || view[0] > last;
    const range = sync && !apart ? view : [first, last];
    const draw = () => made.setScale('x', { min: range[0]! / 1000, max: range[1]! / 1000 });
    // While the timeline is moved the charts wait, or they would cost it its frames.
    const id = window.setTimeout(draw, fresh.current ? 0 : 90);
    fresh.current = false;
    return () => clearTimeout(id);
  }, [view, sync, near, zone, theme, dark]);

  useEffect(() => plot.current?.redraw(false), [marked]);

  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-name"><strong>{series.entity.name}</strong> {series.metric}</span>
        <span class="chart-value" aria-hidden="true" />
        <span class="chart-sum dim">
          <EventLink store={store} id={series.event}>{summary(series)}</EventLink>
          {series.onset && <> at <Time store={store} at={series.onset} short /></>}
        </span>
      </figcaption>
      <div class="chart-box" ref={box} role="img" aria-label={`${series.entity.name} ${series.metric}: ${summary(series)}`} />
    </figure>
  );
}
