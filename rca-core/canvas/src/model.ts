// The document that `report::canvas` writes. Names are those of its JSON.

export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical';
export const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];

export interface Entity {
  kind: string;
  name: string;
}

export interface RawEvent {
  id: string;
  timestamp: string;
  source: string;
  event_type: string;
  severity: Severity;
  entity?: Entity | null;
  title: string;
  body?: string;
  data?: Record<string, unknown>;
  tags?: string[];
  source_id?: string;
  metadata?: Record<string, string>;
}

export interface Evidence {
  kind: string;
  statement: string;
  weight: number;
  before?: number | null;
  after?: number | null;
  time?: string | null;
  events: string[];
}

export interface PathStep {
  entity?: Entity | null;
  what: string;
  time?: string | null;
  event?: string | null;
}

export interface Cause {
  kind: string;
  sha?: string;
  deployed_to?: Entity[];
  deployed_at?: string | null;
  version?: string | null;
  key?: string;
  trigger?: string;
  symptom?: string;
  title: string;
  entity?: Entity | null;
  probability: number;
  event?: string | null;
  mechanism?: string | null;
  evidence_for: Evidence[];
  evidence_against: Evidence[];
  path: PathStep[];
  remediation?: string | null;
}

export interface RuledOut {
  title: string;
  event?: string | null;
  sha?: string | null;
  reasons: string[];
}

export interface TimelineEntry {
  time: string;
  entity?: Entity | null;
  what: string;
  event?: string | null;
}

export interface Analysis {
  symptom: string;
  window: { start: string; end: string };
  verdict: string;
  onset?: {
    time: string;
    not_before: string;
    not_after: string;
    confidence: number;
    first_signal: string;
  } | null;
  first_failing?: Entity | null;
  blast_radius: Entity[];
  causes: Cause[];
  none_of_these: number;
  none_evidence?: Evidence[];
  entities: { entity: Entity; share: number; probability: number; onset?: string | null }[];
  ruled_out: RuledOut[];
  timeline: TimelineEntry[];
  inputs: {
    events: Record<string, number>;
    metric_points: number;
    spans: number;
    log_records: number;
    gaps: string[];
  };
}

export interface Series {
  entity: Entity;
  metric: string;
  times: number[];
  values: number[];
  samples: number;
  onset?: number | null;
  direction?: string | null;
  before?: number | null;
  after?: number | null;
  event?: string | null;
}

export interface LogLine {
  time: number;
  service: string;
  severity: Severity;
  message: string;
  trace?: string;
}

export interface Span {
  id: string;
  parent?: string;
  service: string;
  name: string;
  offset: number;
  duration: number;
  failed?: boolean;
  attributes?: Record<string, string>;
}

export interface Trace {
  trace: string;
  start: number;
  label: string;
  events: string[];
  spans: Span[];
  omitted: number;
}

export interface DiffLine {
  mark: 'context' | 'removed' | 'added';
  number?: number;
  text: string;
  sign?: number;
}

export interface Diff {
  event: string;
  files: { path: string; created: boolean; hunks: { header: string; lines: DiffLine[] }[] }[];
  signs: { mechanism: string; strength: number; file: string; line?: number | null; statement: string }[];
  harmless?: string | null;
  omitted: number;
}

export interface GraphNode {
  id: string;
  role: string;
  title: string;
  entity?: Entity | null;
  time?: string;
  source?: string;
}

export interface GraphEdge {
  from: string;
  to: string;
  kind: string;
  weight: number;
  reason: string;
}

/** What a note, a hypothesis or an argument is about. */
export type About =
  | { kind: 'investigation' }
  | { kind: 'event'; event: string }
  | { kind: 'edge'; from: string; to: string; relation: string }
  | { kind: 'cause'; cause: string }
  | { kind: 'note'; note: string };

export interface Note {
  /** Of recorded notes; in edits it is the note that gets this text. */
  id?: string;
  time: string;
  author?: string | null;
  text: string;
  about?: About | null;
}

export type HypothesisState = 'proposed' | 'supported' | 'refuted';

export interface Argument {
  id: string;
  side: 'for' | 'against';
  about: About;
  text: string;
  author?: string | null;
  time: string;
}

export interface Hypothesis {
  id: string;
  time: string;
  author?: string | null;
  text: string;
  state: HypothesisState;
  origin?: 'person' | 'analysis';
  about?: About | null;
  evidence?: Argument[];
}

export interface Edits {
  schema_version: number;
  investigation: string | null;
  /** The revision that the page shows. */
  revision: number | null;
  saved_at: string;
  notes: Note[];
  hypotheses: Hypothesis[];
}

export interface CanvasDocument {
  schema_version: number;
  case: {
    id?: string | null;
    revision?: number | null;
    title: string;
    description: string;
    status?: string | null;
    severity?: Severity | null;
    priority?: string | null;
    detected_at?: string | null;
    started_at?: string | null;
    resolved_at?: string | null;
    people: { part: string; name: string }[];
    tags: string[];
    root_cause?: string | null;
    remediation?: string | null;
    lessons_learned?: string | null;
  };
  headline: string;
  analysis: Analysis;
  events: RawEvent[];
  series: Series[];
  logs: LogLine[];
  traces: Trace[];
  diffs: Diff[];
  graph: { nodes: GraphNode[]; edges: GraphEdge[]; paths: { cause: number; nodes: string[] }[] };
  notes: Note[];
  hypotheses: Hypothesis[];
  /** What names the causes in notes and hypotheses, in their order. */
  cause_keys: string[];
  omitted: Record<string, number>;
}
