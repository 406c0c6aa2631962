import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { firstView } from './data';
import type { Item } from './data';
import { apply, isFiltering } from './filter';
import { sourceName } from './icons';
import { AXIS, LANE, colours, paint } from './paint';
import { Icon, Section } from './parts';
import type { Mark } from './scene';
import { byLane, histogram, hit, marks, pan, zoom } from './scene';
import type { Store } from './store';
import { useStore } from './store';
import { moment, span, zoneName } from './time';

/** How the pointer moves things. */
type Drag =
  | { kind: 'pan'; x: number; view: [number, number]; moved: boolean }
  | { kind: 'brush'; from: number }
  | { kind: 'pinch'; distance: number; view: [number, number]; middle: number };

export function Timeline({ store }: { store: Store }) {
  const { data } = store;
  const filter = useStore(store, (state) => state.filter);
  const selected = useStore(store, (state) => state.selected);
  const view = useStore(store, (state) => state.view);
  const zone = useStore(store, (state) => state.zone);
  const theme = useStore(store, (state) => state.theme);
  const [selecting, setSelecting] = useState(false);
  const [width, setWidth] = useState(0);
  const [dark, setDark] = useState(0);
  const [hover, setHover] = useState<Mark | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag | null>(null);
  const pointers = useRef(new Map<number, number>());
  const frame = useRef(0);

  // The range that is brushed is a filter for the list; the timeline goes on showing what is around it.
  const shown = useMemo(() => apply(data, { ...filter, range: null }), [data, filter.text, filter.hiddenSources, filter.hiddenSeverities, filter.entity, filter.named]);
  const sources = useMemo(() => data.sources.filter((source) => !filter.hiddenSources.has(source)), [data, filter.hiddenSources]);
  const lanes = useMemo(() => byLane(shown, sources), [shown, sources]);
  const height = AXIS + LANE * Math.max(1, sources.length);
  const found = useRef<Mark[]>([]);

  useEffect(() => {
    const element = box.current!;
    const look = () => setWidth(Math.max(50, element.clientWidth));
    const observer = new ResizeObserver(look);
    observer.observe(element);
    look();
    const media = matchMedia('(prefers-color-scheme: dark)');
    const turned = () => setDark((n) => n + 1);
    media.addEventListener('change', turned);
    return () => {
      observer.disconnect();
      media.removeEventListener('change', turned);
    };
  }, []);

  const palette = useMemo(() => (width ? colours(document.documentElement) : null), [theme, dark, width > 0]);

  useEffect(() => {
    const element = canvas.current;
    if (!element || !width || !palette) return;
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      const ratio = Math.min(window.devicePixelRatio || 1, 3);
      const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (element.width !== w || element.height !== h) {
        element.width = w;
        element.height = h;
      }
      const context = element.getContext('2d')!;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      found.current = marks(lanes, view, width, selected);
      const over = hover && found.current.find((mark) => mark.lane === hover.lane && mark.items[0] === hover.items[0]);
      const onset = data.document.analysis.onset;
      paint(context, {
        width, height, view, zone, marks: found.current, sources, window: data.window, onset: data.onset,
        uncertain: onset ? [Date.parse(onset.not_before), Date.parse(onset.not_after)] : null,
        brush: filter.range, hover: over ?? null,
      }, palette);
      performance.mark('rca-timeline-drawn');
    });
  }, [width, height, palette, lanes, view, zone, selected, hover, filter.range]);

  const timeAt = (clientX: number) => {
    const left = canvas.current!.getBoundingClientRect().left;
    const now = store.state.view;
    return now[0] + ((clientX - left) / width) * (now[1] - now[0]);
  };
  const markAt = (event: PointerEvent | MouseEvent) => {
    const frame = canvas.current!.getBoundingClientRect();
    const lane = Math.floor((event.clientY - frame.top - AXIS) / LANE);
    return hit(found.current, event.clientX - frame.left, lane);
  };

  const down = (event: PointerEvent) => {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    canvas.current!.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, event.clientX);
    const now = store.state.view;
    if (pointers.current.size === 2) {
      const [a, b] = [...pointers.current.values()] as [number, number];
      drag.current = { kind: 'pinch', distance: Math.max(10, Math.abs(a - b)), view: now, middle: timeAt((a + b) / 2) };
    } else if (event.shiftKey || selecting) {
      drag.current = { kind: 'brush', from: timeAt(event.clientX) };
    } else {
      drag.current = { kind: 'pan', x: event.clientX, view: now, moved: false };
    }
  };
  const move = (event: PointerEvent) => {
    const current = drag.current;
    if (pointers.current.has(event.pointerId)) pointers.current.set(event.pointerId, event.clientX);
    if (!current) {
      const mark = markAt(event);
      if (mark?.items[0] !== hover?.items[0] || mark?.items.length !== hover?.items.length) setHover(mark);
      return;
    }
    if (current.kind === 'pan') {
      const by = event.clientX - current.x;
      if (Math.abs(by) > 4) current.moved = true;
      if (current.moved) {
        const scale = (current.view[1] - current.view[0]) / width;
        store.set({ view: pan(current.view, -by * scale, data.extent) });
      }
    } else if (current.kind === 'brush') {
      const to = timeAt(event.clientX);
      store.setFilter({ range: [Math.min(current.from, to), Math.max(current.from, to)] });
    } else {
      const [a, b] = [...pointers.current.values()] as [number, number?];
      if (b === undefined) return;
      store.set({ view: zoom(current.view, current.distance / Math.max(10, Math.abs(a - b)), current.middle, data.extent) });
    }
  };
  const up = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId);
    const current = drag.current;
    drag.current = null;
    if (!current) return;
    if (current.kind === 'pan' && !current.moved && event.type === 'pointerup') {
      const mark = markAt(event);
      if (mark) open(mark);
    }
    if (current.kind === 'brush') {
      const range = store.state.filter.range;
      const least = ((store.state.view[1] - store.state.view[0]) / width) * 4;
      if (range && range[1] - range[0] < least) store.setFilter({ range: null });
      setSelecting(false);
    }
  };
  const open = (mark: Mark) => {
    if (mark.items.length === 1) return store.select(mark.items[0]!.id);
    const first = mark.items[0]!.time;
    const last = mark.items[mark.items.length - 1]!.time;
    if (last - first < 40) {
      // Nothing to zoom into: the worst, the named ones before others.
      const best = [...mark.items].sort((a, b) => Number(b.role !== null) - Number(a.role !== null) || b.severity - a.severity)[0]!;
      return store.select(best.id);
    }
    const air = (last - first) * 0.2;
    store.set({ view: [first - air, last + air], announcement: `Zoomed to ${mark.items.length} events` });
  };

  useEffect(() => {
    // Not passive, so that the page does not scroll while the timeline zooms.
    const element = canvas.current!;
    const wheel = (event: WheelEvent) => {
      const now = store.state.view;
      if (event.ctrlKey || event.metaKey || event.altKey) {
        event.preventDefault();
        store.set({ view: zoom(now, Math.exp(Math.max(-1, Math.min(1, event.deltaY / 200))), timeAt(event.clientX), data.extent) });
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
        event.preventDefault();
        const by = (event.deltaX || event.deltaY) * ((now[1] - now[0]) / width);
        store.set({ view: pan(now, by, data.extent) });
      }
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [width]);

  const step = (factor: number) => {
    const now = store.state.view;
    const item = selected ? data.byId.get(selected) : undefined;
    const inside = item && item.time >= now[0] && item.time <= now[1];
    store.set({ view: zoom(now, factor, inside ? item.time : (now[0] + now[1]) / 2, data.extent) });
  };
  const keys = (event: KeyboardEvent) => {
    const now = store.state.view;
    const length = now[1] - now[0];
    const actions: Record<string, () => void> = {
      ArrowRight: () => go(store, shown, 1),
      ArrowLeft: () => go(store, shown, -1),
      ArrowDown: () => go(store, shown, 1),
      ArrowUp: () => go(store, shown, -1),
      '+': () => step(0.5),
      '=': () => step(0.5),
      '-': () => step(2),
      0: () => store.set({ view: firstView(data) }),
      Home: () => go(store, shown, -Infinity),
      End: () => go(store, shown, Infinity),
      PageDown: () => store.set({ view: pan(now, length * 0.8, data.extent) }),
      PageUp: () => store.set({ view: pan(now, -length * 0.8, data.extent) }),
    };
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  };

  const tip = hover && !drag.current ? tooltip(hover, view, width) : null;
  return (
    <Section id="timeline" title="Timeline" aside={
      <div class="tools no-print">
        <button type="button" class="button" aria-pressed={selecting} onClick={() => setSelecting(!selecting)} title="Drag over the timeline to filter by time (or hold Shift)">Select range</button>
        {filter.range && <button type="button" class="button" onClick={() => store.setFilter({ range: null })}>Clear range</button>}
        <button type="button" class="button" aria-label="Zoom in" onClick={() => step(0.5)}>+</button>
        <button type="button" class="button" aria-label="Zoom out" onClick={() => step(2)}>−</button>
        <button type="button" class="button" onClick={() => store.set({ view: firstView(data) })}>Incident</button>
        <button type="button" class="button" onClick={() => store.set({ view: zoom(data.extent, 1.06, (data.extent[0] + data.extent[1]) / 2, data.extent) })}>All</button>
      </div>
    }>
      <div class="timeline">
        <div class="lanes" aria-hidden="true" style={{ paddingTop: `${AXIS}px` }}>
          {sources.map((source) => (
            <div class="lane" key={source} style={{ height: `${LANE}px` }}><Icon source={source} /> <span>{sourceName(source)}</span></div>
          ))}
        </div>
        <div class="plot" ref={box}>
          <canvas ref={canvas} class={selecting ? 'selecting' : ''} style={{ width: '100%', height: `${height}px` }} tabIndex={0}
            role="application" aria-roledescription="timeline"
            aria-label={`Timeline of ${shown.length} events, ${moment(view[0], zone)} to ${moment(view[1], zone)} ${zoneName(zone, view[0])}. Arrow keys go from event to event, plus and minus zoom.`}
            onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up} onPointerLeave={() => setHover(null)} onKeyDown={keys} />
          {tip && (
            <div class="tip" role="presentation" style={{ left: `${tip.x}px`, top: `${AXIS + tip.lane * LANE + LANE}px` }}>
              <strong>{tip.title}</strong>{tip.lines.map((line, at) => <div key={at}>{line}</div>)}
            </div>
          )}
        </div>
      </div>
      <Overview store={store} items={shown} view={view} theme={`${theme}${dark}`} />
      <p class="legend">
        <span>{(isFiltering({ ...filter, range: null }) ? `${shown.length} of ` : '') + data.items.length} events, {span(view[1] - view[0])} in view.</span>
        {data.onset !== null && <span class="legend-onset">dashed: the onset; shaded: when it may have begun</span>}
        {(data.document.omitted.events ?? 0) > 0 && <span>{data.document.omitted.events} less telling events were left out.</span>}
        <span class="dim no-print">Drag to move, Ctrl + wheel or pinch to zoom, Shift + drag to filter by time.</span>
      </p>
    </Section>
  );
}

function tooltip(mark: Mark, view: [number, number], width: number): { x: number; lane: number; title: string; lines: string[] } {
  const time = mark.items[0]!.time;
  const x = Math.min(Math.max(((time - view[0]) / (view[1] - view[0])) * width, 8), Math.max(8, width - 268));
  const lines = mark.items.slice(0, 4).map((item) => (item.entity && !item.title.startsWith(item.entity) ? `${item.entity}: ` : '') + item.title);
  if (mark.items.length > 4) lines.push(`… ${mark.items.length - 4} more`);
  const title = mark.items.length > 1 ? `${mark.items.length} events` : sourceName(mark.items[0]!.source);
  return { x, lane: mark.lane, title, lines };
}

/** Selects the event so many places on among those that are shown. */
export function go(store: Store, items: Item[], by: number): void {
  if (items.length === 0) return;
  const { selected, view } = store.state;
  const at = items.findIndex((item) => item.id === selected);
  let next: number;
  if (by === Infinity) next = items.length - 1;
  else if (by === -Infinity) next = 0;
  else if (at < 0) next = Math.max(0, items.findIndex((item) => item.time >= view[0]));
  else next = Math.min(items.length - 1, Math.max(0, at + by));
  store.select(items[next]!.id);
}

/** What the strip spans: all, but for what is so far away that the incident would be a speck. */
export function overviewExtent({ extent, window }: { extent: [number, number]; window: [number, number] }): [number, number] {
  const length = window[1] - window[0];
  return [Math.max(extent[0], window[0] - 5 * length), Math.min(extent[1], window[1] + 5 * length)];
}

/** All there is in a strip; the part in view can be moved and stretched. */
function Overview({ store, items, view, theme }: { store: Store; items: Item[]; view: [number, number]; theme: string }) {
  const extent = useMemo(() => overviewExtent(store.data), [store]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<{ part: 'move' | 'start' | 'end'; x: number; view: [number, number] } | null>(null);
  const length = Math.max(extent[1] - extent[0], 1);
  const counts = useMemo(() => histogram(items.filter((item) => item.time >= extent[0] && item.time <= extent[1]), extent, 200), [items, extent]);
  useEffect(() => {
    const element = canvas.current!;
    const c = colours(document.documentElement);
    const context = element.getContext('2d')!;
    [element.width, element.height] = [800, 56];
    const most = Math.max(...counts, 1);
    context.fillStyle = c.dim;
    counts.forEach((count, at) => {
      if (count > 0) {
        const high = 4 + 46 * Math.sqrt(count / most);
        context.fillRect(at * 4, 56 - high, 3, high);
      }
    });
    if (store.data.onset !== null) {
      context.fillStyle = c.onset;
      context.fillRect(((store.data.onset - extent[0]) / length) * 800 - 1, 0, 3, 56);
    }
  }, [counts, theme]);
  const left = Math.min(100, Math.max(0, ((view[0] - extent[0]) / length) * 100));
  const right = Math.min(100, Math.max(left + 0.3, ((view[1] - extent[0]) / length) * 100));
  const down = (event: PointerEvent) => {
    const frame = (event.currentTarget as HTMLElement).getBoundingClientRect();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    const x = event.clientX - frame.left;
    const [from, to] = [(left / 100) * frame.width, (right / 100) * frame.width];
    if (Math.abs(x - from) < 8 || Math.abs(x - to) < 8) {
      drag.current = { part: Math.abs(x - from) <= Math.abs(x - to) ? 'start' : 'end', x: event.clientX, view };
    } else {
      let now = view;
      if (x < from || x > to) {
        const middle = extent[0] + (x / frame.width) * length;
        const half = (view[1] - view[0]) / 2;
        now = [middle - half, middle + half];
        store.set({ view: now });
      }
      drag.current = { part: 'move', x: event.clientX, view: now };
    }
  };
  const move = (event: PointerEvent) => {
    const current = drag.current;
    if (!current) return;
    const frame = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const by = ((event.clientX - current.x) / frame.width) * length;
    const least = length / 5000;
    const [start, end] = current.view;
    if (current.part === 'move') store.set({ view: pan(current.view, by, store.data.extent) });
    else if (current.part === 'start') store.set({ view: [Math.min(start + by, end - least), end] });
    else store.set({ view: [start, Math.max(end + by, start + least)] });
  };
  return (
    <div class="overview no-print" onPointerDown={down} onPointerMove={move} onPointerUp={() => (drag.current = null)} onPointerCancel={() => (drag.current = null)} aria-hidden="true">
      <canvas ref={canvas} />
      <div class="overview-view" style={{ left: `${left}%`, width: `${right - left}%` }} />
    </div>
  );
}
