// Spans of a trace as the rows of a waterfall.

import type { Span, Trace } from './model';

export interface Row {
  span: Span;
  depth: number;
  /** Percent of the trace's time. */
  left: number;
  width: number;
}

/** Parents before children, siblings by start; spans without a known parent are roots. Loops are broken. */
export function rows(trace: Trace): Row[] {
  const ids = new Set(trace.spans.map((span) => span.id));
  const children = new Map<string, Span[]>();
  const roots: Span[] = [];
  for (const span of trace.spans) {
    if (span.parent && span.parent !== span.id && ids.has(span.parent)) {
      const list = children.get(span.parent);
      if (list) list.push(span);
      else children.set(span.parent, [span]);
    } else roots.push(span);
  }
  const end = Math.max(1, ...trace.spans.map((span) => span.offset + span.duration));
  const found: Row[] = [];
  const seen = new Set<Span>();
  const visit = (span: Span, depth: number) => {
    if (seen.has(span)) return;
    seen.add(span);
    const left = Math.min(100, Math.max(0, (span.offset / end) * 100));
    found.push({ span, depth, left, width: Math.min(100 - left, Math.max(0.3, (span.duration / end) * 100)) });
    const below = [...(children.get(span.id) ?? [])].sort((a, b) => a.offset - b.offset);
    for (const child of below) visit(child, depth + 1);
  };
  roots.sort((a, b) => a.offset - b.offset).forEach((span) => visit(span, 0));
  // What is left hangs in a loop of parents.
  trace.spans.forEach((span) => visit(span, 0));
  return found;
}

/** Time that a trace takes, in milliseconds. */
export function length(trace: Trace): number {
  return Math.max(0, ...trace.spans.map((span) => span.offset + span.duration)) / 1000;
}
