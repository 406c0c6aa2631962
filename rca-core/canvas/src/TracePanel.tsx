import { useState } from 'preact/hooks';
import type { Trace } from './model';
import { Time } from './parts';
import type { Store } from './store';
import { span as words } from './time';
import { length, rows } from './waterfall';

export function TracePanel({ store, traces }: { store: Store; traces: Trace[] }) {
  const [place, setPlace] = useState(0);
  const [open, setOpen] = useState<string | null>(null);
  const trace = traces[place] ?? traces[0];
  if (!trace) return <p class="empty">No trace was kept.</p>;
  const hue = hues(trace);
  return (
    <div class="trace">
      {traces.length > 1 && (
        <select aria-label="Trace" value={String(place)} onChange={(e) => setPlace(Number(e.currentTarget.value))}>
          {traces.map((t, at) => <option key={t.trace} value={String(at)}>{`${words(length(t))}: ${t.label}`}</option>)}
        </select>
      )}
      <p class="trace-head"><strong>{words(length(trace))}</strong> <Time store={store} at={trace.start} /> <code>{trace.trace}</code><br /><span class="dim">{trace.label}</span></p>
      <ol class="waterfall" aria-label="Spans">
        {rows(trace).map(({ span, depth, left, width }, at) => (
          <li key={at}>
            <button type="button" class={`span-row${span.failed ? ' failed' : ''}`} aria-expanded={open === span.id} onClick={() => setOpen(open === span.id ? null : span.id)}>
              <span class="span-name" style={{ paddingLeft: `${Math.min(depth, 12) * 10}px` }} title={`${span.service} ${span.name}`}>
                <span class="span-service" style={{ color: `var(--hue-${hue.get(span.service)})` }}>{span.service}</span> {span.name}
              </span>
              <span class="span-track"><span class="span-bar" style={{ left: `${left}%`, width: `${width}%`, background: span.failed ? 'var(--sev-critical)' : `var(--hue-${hue.get(span.service)})` }} /></span>
              <span class="span-time">{words(span.duration / 1000)}{span.failed && <span class="failed-word"> failed</span>}</span>
            </button>
            {open === span.id && (
              <dl class="fields">
                <div><dt>starts after</dt><dd>{words(span.offset / 1000)}</dd></div>
                {Object.entries(span.attributes ?? {}).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
              </dl>
            )}
          </li>
        ))}
      </ol>
      {trace.omitted > 0 && <p class="dim">{trace.omitted} more spans are not shown.</p>}
    </div>
  );
}

/** A colour for each service, the same for the same set of services. */
function hues(trace: Trace): Map<string, number> {
  const services = [...new Set(trace.spans.map((span) => span.service))].sort();
  return new Map(services.map((service, at) => [service, at % 8]));
}
