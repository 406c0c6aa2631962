import { useEffect, useRef, useState } from 'preact/hooks';
import type { Item } from './data';
import { DiffPanel } from './DiffPanel';
import { LogContext } from './LogContext';
import { sourceName } from './icons';
import { EventLink, Icon, SeverityBadge, Time } from './parts';
import type { Store } from './store';
import { useStore } from './store';
import { offset } from './time';
import { TracePanel } from './TracePanel';

export function Details({ store }: { store: Store }) {
  const selected = useStore(store, (state) => state.selected);
  const item = selected ? store.data.byId.get(selected) : undefined;
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.scrollTo?.(0, 0), [selected]);
  return (
    <aside ref={panel} id="details" class={`details${item ? ' open' : ''} no-print`} tabIndex={-1} aria-label="Selected event">
      {item ? <EventDetails key={item.id} store={store} item={item} /> : (
        <p class="empty">Select an event on the timeline or in the list: its fields, log lines around it, traces and code changes are shown here.</p>
      )}
    </aside>
  );
}

function EventDetails({ store, item }: { store: Store; item: Item }) {
  const { data } = store;
  const { raw } = item;
  const diff = data.diffs.get(item.id);
  const traceId = typeof raw.data?.trace_id === 'string' ? raw.data.trace_id : undefined;
  const traces = [...(data.traces.get(item.id) ?? [])];
  const named = traceId ? data.tracesById.get(traceId) : undefined;
  if (named && !traces.includes(named)) traces.push(named);
  const hasLogs = data.document.logs.length > 0;
  const tabs = [
    { id: 'fields', name: 'Fields', on: true },
    { id: 'diff', name: 'Code change', on: !!diff },
    { id: 'logs', name: 'Logs', on: hasLogs },
    { id: 'traces', name: `Traces (${traces.length})`, on: traces.length > 0 },
    { id: 'raw', name: 'JSON', on: true },
  ].filter((tab) => tab.on);
  const [tab, setTab] = useState(diff ? 'diff' : 'fields');
  const keys = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const at = tabs.findIndex((t) => t.id === tab);
    const next = tabs[(at + by + tabs.length) % tabs.length]!;
    setTab(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <>
      <div class="details-head">
        <div class="details-line">
          <Icon source={item.source} /> <span>{sourceName(item.source)}</span> <code>{raw.event_type}</code> <SeverityBadge severity={item.severity} />
          {item.role && <span class={`role role-${item.role.replace(' ', '-')}`}>{item.role}</span>}
          <button type="button" class="button close" aria-label="Close details" onClick={() => store.select(null)}>×</button>
        </div>
        <h2 class="details-title">{item.title}</h2>
        <p class="details-when">
          <Time store={store} at={item.time} />
          {data.onset !== null && <span class="dim"> {offset(item.time, data.onset)} from the onset</span>}
          {item.entity && <> at <button type="button" class="link" onClick={() => store.setFilter({ entity: store.state.filter.entity === item.entity ? '' : item.entity })} title="Show only its events">{item.entity}</button></>}
        </p>
      </div>
      <div class="tabs" role="tablist" aria-label="About the event" onKeyDown={keys}>
        {tabs.map((t) => (
          <button key={t.id} id={`tab-${t.id}`} type="button" role="tab" aria-selected={t.id === tab} aria-controls="tab-panel" tabIndex={t.id === tab ? 0 : -1} onClick={() => setTab(t.id)}>{t.name}</button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" class="tab-panel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === 'fields' && <Fields store={store} item={item} />}
        {tab === 'diff' && diff && <DiffPanel diff={diff} />}
        {tab === 'logs' && <LogContext store={store} item={item} />}
        {tab === 'traces' && <TracePanel store={store} traces={traces} />}
        {tab === 'raw' && <pre class="raw" tabIndex={0} aria-label="The event as JSON">{JSON.stringify(raw, null, 2)}</pre>}
      </div>
    </>
  );
}

function Fields({ store, item }: { store: Store; item: Item }) {
  const { raw } = item;
  const rows: [string, unknown][] = [
    ['id', raw.id],
    ...(raw.source_id ? [['id in the source', raw.source_id] as [string, unknown]] : []),
    ...(raw.entity ? [['entity', `${raw.entity.name} (${raw.entity.kind})`] as [string, unknown]] : []),
    ...(raw.tags?.length ? [['tags', raw.tags.join(', ')] as [string, unknown]] : []),
    ...Object.entries(raw.data ?? {}),
    ...Object.entries(raw.metadata ?? {}),
  ];
  const body = raw.body && raw.body.trim() !== raw.title.trim() ? raw.body : '';
  const evidence = store.data.document.analysis.causes.flatMap((cause, place) =>
    [...cause.evidence_for.map((e) => ({ ...e, sign: 'for' })), ...cause.evidence_against.map((e) => ({ ...e, sign: 'against' }))]
      .filter((piece) => piece.events.includes(item.id))
      .map((piece) => ({ place, title: cause.title, event: cause.event, ...piece })));
  return (
    <>
      {body && <pre class="body" tabIndex={0} aria-label="Text of the event">{body}</pre>}
      <dl class="fields">
        {rows.map(([name, value], at) => (
          <div key={at}><dt>{name}</dt><dd>{show(value)}</dd></div>
        ))}
      </dl>
      {evidence.length > 0 && (
        <>
          <h3>In the answer</h3>
          <ul class="plain">
            {evidence.slice(0, 20).map((piece, at) => (
              <li key={at}>speaks {piece.sign} cause {piece.place + 1} (<EventLink store={store} id={piece.event}>{piece.title}</EventLink>): {piece.statement}</li>
            ))}
          </ul>
        </>
      )}
      <p><a class="event-link" href={`#event=${encodeURIComponent(item.id)}`}>Link to this event</a></p>
    </>
  );
}

function show(value: unknown) {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return <ul class="plain">{value.map((part, at) => <li key={at}>{part as string}</li>)}</ul>;
  if (typeof value === 'object' && value !== null) return <code>{JSON.stringify(value, null, 1)}</code>;
  return String(value);
}
