import { useMemo, useState } from 'preact/hooks';
import type { Item } from './data';
import type { LogLine } from './model';
import { SEVERITIES } from './model';
import { Time } from './parts';
import type { Store } from './store';
import { TracePanel } from './TracePanel';

const AROUND = 25;

/** The lines nearest to a moment, as many before as after. */
export function around(lines: LogLine[], time: number, count: number): { before: LogLine[]; after: LogLine[] } {
  let middle = lines.findIndex((line) => line.time >= time);
  if (middle < 0) middle = lines.length;
  return { before: lines.slice(Math.max(0, middle - count), middle), after: lines.slice(middle, middle + count) };
}

export function LogContext({ store, item }: { store: Store; item: Item }) {
  const { data } = store;
  const own = data.logsOf.get(item.entity) ?? [];
  const [all, setAll] = useState(own.length === 0);
  const [trace, setTrace] = useState<string | null>(null);
  const lines = all ? data.document.logs : own;
  const { before, after } = useMemo(() => around(lines, item.time, AROUND), [lines, item]);
  const shown = trace ? data.tracesById.get(trace) : undefined;
  const line = (entry: LogLine, at: number) => (
    <li key={at} class={`log severity-edge-${SEVERITIES.indexOf(entry.severity)}`}>
      <span class="log-time"><Time store={store} at={entry.time} short /></span>{' '}
      {all && <span class="log-service">{entry.service} </span>}
      {SEVERITIES.indexOf(entry.severity) > 1 && <span class="sr-only">{entry.severity} </span>}
      <span class="log-message">{entry.message}</span>
      {entry.trace && data.tracesById.has(entry.trace) && <button type="button" class="link" onClick={() => setTrace(entry.trace === trace ? null : entry.trace!)}> trace</button>}
    </li>
  );
  return (
    <div class="log-context">
      <label class="check"><input type="checkbox" checked={all} disabled={own.length === 0} onChange={(e) => setAll(e.currentTarget.checked)} /> Lines of all services</label>
      {before.length + after.length === 0 && <p class="empty">No log line near it was kept.</p>}
      <ol class="logs">
        {before.map(line)}
        <li class="log-now"><Time store={store} at={item.time} short /> this event</li>
        {after.map((entry, at) => line(entry, before.length + at))}
      </ol>
      {shown && <TracePanel store={store} traces={[shown]} />}
      {(data.document.omitted.log_lines ?? 0) > 0 && <p class="dim">{data.document.omitted.log_lines} lines further from what matters were left out.</p>}
    </div>
  );
}
