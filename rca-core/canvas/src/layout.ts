// Where the nodes of the graph stand: events by time in a lane for each entity, entities at the left.

import type { GraphNode } from './model';

export interface Position {
  x: number;
  y: number;
}

/** Titles of one row must not overlap: a title takes as much room as this many columns. */
const ROWS = 5;
const COLUMN = 36;
const ROW = 48;

/**
 * Columns follow the order of time, not its distance: a week without events needs no space. The events of a lane
 * take turns on a few rows, so that the picture is not one long line.
 */
export function byTime(nodes: GraphNode[]): Map<string, Position> {
  const events = nodes
    .filter((node) => node.time)
    .sort((a, b) => Date.parse(a.time!) - Date.parse(b.time!) || a.id.localeCompare(b.id));
  const counts = new Map<string, number>();
  for (const node of [...events, ...nodes]) {
    const name = node.entity?.name ?? '';
    counts.set(name, (counts.get(name) ?? 0) + (node.time ? 0.5 : 0));
  }
  const tops = new Map<string, { top: number; rows: number; used: number }>();
  let top = 0;
  // Lanes in the order of their first event; entities that only call or are called come last.
  for (const [name, count] of counts) {
    const rows = Math.max(1, Math.min(ROWS, Math.ceil(count)));
    tops.set(name, { top, rows, used: 0 });
    top += rows * ROW + 34;
  }
  const positions = new Map<string, Position>();
  events.forEach((node, place) => {
    const lane = tops.get(node.entity?.name ?? '')!;
    positions.set(node.id, { x: 150 + place * COLUMN, y: lane.top + (lane.used++ % lane.rows) * ROW });
  });
  for (const node of nodes) {
    const lane = tops.get(node.entity?.name ?? '')!;
    if (!node.time) positions.set(node.id, { x: 0, y: lane.top + ((lane.rows - 1) * ROW) / 2 });
  }
  return positions;
}
