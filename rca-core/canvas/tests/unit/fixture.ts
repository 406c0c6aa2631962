import type { CanvasDocument, RawEvent } from '../../src/model';
import { index } from '../../src/data';

export const START = Date.parse('2026-03-01T12:00:00Z');

export function event(id: string, seconds: number, more: Partial<RawEvent> = {}): RawEvent {
  return {
    id, timestamp: new Date(START + seconds * 1000).toISOString(), source: 'deploy', event_type: 'deploy', severity: 'info',
    entity: { kind: 'service', name: 'quay' }, title: `event ${id}`, ...more,
  };
}

export function document(events: RawEvent[], more: Partial<CanvasDocument> = {}): CanvasDocument {
  return {
    schema_version: 1,
    case: { title: 'Arrivals are slow', description: '', people: [], tags: [] },
    headline: 'Most likely cause',
    analysis: {
      symptom: 'slow', window: { start: new Date(START).toISOString(), end: new Date(START + 3600_000).toISOString() }, verdict: 'change',
      onset: null, blast_radius: [], causes: [], none_of_these: 0.1, entities: [], ruled_out: [], timeline: [],
      inputs: { events: {}, metric_points: 0, spans: 0, log_records: 0, gaps: [] },
    },
    events, series: [], logs: [], traces: [], diffs: [], graph: { nodes: [], edges: [], paths: [] }, notes: [], hypotheses: [], cause_keys: [], omitted: {},
    ...more,
  };
}

export function data(events: RawEvent[], more: Partial<CanvasDocument> = {}) {
  return index(document(events, more));
}
