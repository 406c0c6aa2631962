// Where things are on the timeline: lanes, dots and clusters. Knows no canvas, so that it can be tested.

import type { Item } from './data';

export interface Mark {
  lane: number;
  /** Pixels from the left. */
  x: number;
  /** The events in it, by time. One for a dot. */
  items: Item[];
  severity: number;
  /** Whether one of them has a role in the answer. */
  named: boolean;
  selected: boolean;
}

/** Events nearer to each other than this many pixels are drawn as one. */
export const NEAR = 14;

/** The events of each lane, by time; made once for each filter. */
export function byLane(items: Item[], sources: string[]): Item[][] {
  const place = new Map(sources.map((source, at) => [source, at]));
  const lanes: Item[][] = sources.map(() => []);
  for (const item of items) lanes[place.get(item.source) ?? 0]?.push(item);
  return lanes;
}

/** First place whose time is not before. */
export function lowerBound(items: Item[], time: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]!.time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What is seen of a range of time in so many pixels. Clusters stand on a grid that moves with the events, so that
 * they do not flicker while the timeline is moved.
 */
export function marks(lanes: Item[][], view: [number, number], width: number, selected: string | null): Mark[] {
  const found: Mark[] = [];
  const scale = width / (view[1] - view[0]);
  const cell = NEAR / scale;
  const margin = cell * 2;
  lanes.forEach((items, lane) => {
    let open: Mark | null = null;
    let openCell = Number.NaN;
    for (let at = lowerBound(items, view[0] - margin); at < items.length; at++) {
      const item = items[at]!;
      if (item.time > view[1] + margin) break;
      const own = Math.floor(item.time / cell);
      if (open && own === openCell) {
        open.items.push(item);
        open.severity = Math.max(open.severity, item.severity);
        open.named ||= item.role !== null;
        open.selected ||= item.id === selected;
      } else {
        open = {
          lane,
          x: (item.time - view[0]) * scale,
          items: [item],
          severity: item.severity,
          named: item.role !== null,
          selected: item.id === selected,
        };
        openCell = own;
        found.push(open);
      }
    }
  });
  for (const mark of found) {
    const { items } = mark;
    if (items.length > 1) {
      const middle = (items[0]!.time + items[items.length - 1]!.time) / 2;
      mark.x = (middle - view[0]) * scale;
    }
  }
  return found;
}

/** The mark under a point, the nearest when there are several. */
export function hit(found: Mark[], x: number, lane: number): Mark | null {
  let best: Mark | null = null;
  for (const mark of found) {
    if (mark.lane !== lane) continue;
    const away = Math.abs(mark.x - x);
    if (away <= NEAR && (!best || away < Math.abs(best.x - x))) best = mark;
  }
  return best;
}

/** Zooms by a factor around a moment, within bounds: not closer than 20 ms, not further than 50 times all there is. */
export function zoom(view: [number, number], factor: number, around: number, extent: [number, number]): [number, number] {
  const most = Math.max((extent[1] - extent[0]) * 1.5, 1000);
  const length = Math.min(Math.max((view[1] - view[0]) * factor, 20), most);
  const share = (around - view[0]) / (view[1] - view[0]);
  const start = around - share * length;
  return [start, start + length];
}

/** Moves by a time; something of what there is stays in sight. */
export function pan(view: [number, number], by: number, extent: [number, number]): [number, number] {
  const length = view[1] - view[0];
  const start = Math.min(Math.max(view[0] + by, extent[0] - length * 0.8), extent[1] - length * 0.2);
  return [start, start + length];
}

/** How many events fall into each of so many equal parts. */
export function histogram(items: Item[], extent: [number, number], bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  const scale = bins / Math.max(extent[1] - extent[0], 1);
  for (const item of items) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((item.time - extent[0]) * scale)));
    counts[bin]!++;
  }
  return counts;
}
