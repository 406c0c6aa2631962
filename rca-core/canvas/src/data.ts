// The document with what the page looks up in it.

import type { CanvasDocument, Diff, Entity, LogLine, RawEvent, Trace } from './model';
import { SEVERITIES } from './model';

/** Why an event stands out. */
export type Role = 'cause' | 'symptom' | 'evidence' | 'ruled out' | 'onset';

export interface Item {
  id: string;
  /** Place in the list of all events. */
  index: number;
  /** Milliseconds since 1970. */
  time: number;
  source: string;
  /** Place among the severities. */
  severity: number;
  entity: string;
  title: string;
  role: Role | null;
  raw: RawEvent;
}

export interface Data {
  document: CanvasDocument;
  items: Item[];
  byId: Map<string, Item>;
  /** Sources in the order of lanes. */
  sources: string[];
  entities: string[];
  diffs: Map<string, Diff>;
  traces: Map<string, Trace[]>;
  tracesById: Map<string, Trace>;
  logsOf: Map<string, LogLine[]>;
  onset: number | null;
  /** The time under study, in milliseconds. */
  window: [number, number];
  /** From the first to the last event. */
  extent: [number, number];
}

/** Lanes from what people do, over what follows, to what is measured. */
const LANES = ['git', 'ci', 'deploy', 'flag', 'status_page', 'manual', 'alert', 'metrics', 'traces', 'logs'];

export function entityName(entity: Entity | null | undefined): string {
  return entity?.name ?? '';
}

export function index(document: CanvasDocument): Data {
  const roles = rolesOf(document);
  const items: Item[] = document.events.map((raw, place) => ({
    id: raw.id,
    index: place,
    time: Date.parse(raw.timestamp),
    source: raw.source,
    severity: Math.max(0, SEVERITIES.indexOf(raw.severity ?? 'info')),
    entity: entityName(raw.entity),
    title: raw.title,
    role: roles.get(raw.id) ?? null,
    raw,
  }));
  const known = new Set(items.map((item) => item.source));
  const sources = LANES.filter((lane) => known.has(lane)).concat(
    [...known].filter((source) => !LANES.includes(source)).sort(),
  );
  const entities = [...new Set(items.map((item) => item.entity).filter(Boolean))].sort();
  const traces = new Map<string, Trace[]>();
  for (const trace of document.traces) {
    for (const event of trace.events) push(traces, event, trace);
  }
  const logsOf = new Map<string, LogLine[]>();
  for (const line of document.logs) push(logsOf, line.service, line);
  const start = Date.parse(document.analysis.window.start);
  const end = Math.max(Date.parse(document.analysis.window.end), start + 1);
  const times = items.map((item) => item.time);
  return {
    document,
    items,
    byId: new Map(items.map((item) => [item.id, item])),
    sources,
    entities,
    diffs: new Map(document.diffs.map((diff) => [diff.event, diff])),
    traces,
    tracesById: new Map(document.traces.map((trace) => [trace.trace, trace])),
    logsOf,
    onset: document.analysis.onset ? Date.parse(document.analysis.onset.time) : null,
    window: [start, end],
    extent: [Math.min(start, times[0] ?? start), Math.max(end, times[times.length - 1] ?? end)],
  };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The strongest role of each event that the answer names. */
function rolesOf(document: CanvasDocument): Map<string, Role> {
  const roles = new Map<string, Role>();
  const { causes, ruled_out, timeline } = document.analysis;
  const give = (role: Role, ids: Iterable<string | null | undefined>) => {
    for (const id of ids) if (id && !roles.has(id)) roles.set(id, role);
  };
  give('cause', [causes[0]?.event]);
  give('symptom', document.events.filter((e) => e.source === 'alert' && e.event_type !== 'alert_resolved').map((e) => e.id));
  give('evidence', (causes[0]?.path ?? []).map((step) => step.event));
  give('evidence', (causes[0]?.evidence_for ?? []).flatMap((piece) => piece.events));
  give('ruled out', ruled_out.map((cleared) => cleared.event));
  give('evidence', timeline.map((entry) => entry.event));
  return roles;
}

/** The range that the timeline shows first: the window and the cause, with a little air. */
export function firstView(data: Data): [number, number] {
  let [start, end] = data.window;
  const length = end - start;
  const cause = data.document.analysis.causes[0];
  const moments = [cause?.deployed_at, ...(cause?.path ?? []).map((step) => step.time)];
  const event = cause?.event ? data.byId.get(cause.event) : undefined;
  const times = moments.filter((time): time is string => !!time).map((time) => Date.parse(time));
  if (event) times.push(event.time);
  for (const time of times) {
    // A commit from days before would squeeze the incident into a pixel.
    if (time < start && start - time < 2 * length) start = time;
    if (time > end && time - end < 2 * length) end = time;
  }
  const air = (end - start) * 0.03;
  return [start - air, end + air];
}
