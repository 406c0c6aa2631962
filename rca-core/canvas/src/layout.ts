// Where the nodes of the graph stand: events by time in a lane for each entity, entities at the left.

import type { GraphNode } from './model';

export interface Position {
  x: number;
  y: number;
}

/** Columns follow the order of time, not its distance: a week without events needs no space. */
export function byTime(nodes: GraphNode[]): Map<string, Position> {
  const positions = new Map<string, Position>();
  const events = nodes
    .filter((node) => node.time)
    .sort((a, b) => Date.parse(a.time!) - Date.parse(b.time!) || a.id.localeCompare(b.id));
  const first = new Map<string, number>();
  events.forEach((node, place) => {
    const lane = node.entity?.name ?? '';
    if (!first.has(lane)) first.set(lane, place);
  });
  for (const node of nodes) {
    const name = node.entity?.name ?? '';
    if (!first.has(name)) first.set(name, Number.MAX_SAFE_INTEGER);
  }
  const lanes = [...first].sort((a, b) => a[1] - b[1] || a[0].localeCompare(b[0])).map(([name]) => name);
  const height = 90;
  let column = 0;
  let last = '';
  let inLane = 0;
  for (const node of events) {
    const lane = node.entity?.name ?? '';
    // Neighbours in time on other entities may share a column; the titles of one lane may not overlap.
    if (lane === last) inLane++;
    else inLane = 0;
    column += lane === last ? 1 : 0.6;
    positions.set(node.id, { x: 170 + column * 120, y: lanes.indexOf(lane) * height + (inLane % 2) * 26 });
    last = lane;
  }
  for (const node of nodes) {
    if (!node.time) positions.set(node.id, { x: 0, y: lanes.indexOf(node.entity?.name ?? '') * height });
  }
  return positions;
}
