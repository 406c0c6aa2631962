import { useRef } from 'preact/hooks';
import { NO_FILTER, isFiltering } from './filter';
import { sourceName } from './icons';
import { SEVERITIES } from './model';
import { Icon } from './parts';
import type { Store } from './store';
import { useStore } from './store';
import { moment } from './time';

export function Filters({ store, count }: { store: Store; count: number }) {
  const filter = useStore(store, (state) => state.filter);
  const zone = useStore(store, (state) => state.zone);
  const { data } = store;
  const timer = useRef(0);
  const toggle = <T,>(set: ReadonlySet<T>, value: T): Set<T> => {
    const next = new Set(set);
    if (!next.delete(value)) next.add(value);
    return next;
  };
  const counts = new Map<string, number>();
  for (const item of data.items) counts.set(item.source, (counts.get(item.source) ?? 0) + 1);
  return (
    <search class="filters no-print" aria-label="Filter events">
      <div class="filter-row">
        <input id="search" type="search" placeholder="Search events  ( / )" aria-label="Search events: all words must occur, -word must not" autocomplete="off" spellcheck={false}
          value={filter.text} onInput={(e) => {
            const text = e.currentTarget.value;
            clearTimeout(timer.current);
            timer.current = window.setTimeout(() => store.setFilter({ text }), 80);
          }} />
        <select aria-label="Entity" value={filter.entity} onChange={(e) => store.setFilter({ entity: e.currentTarget.value })}>
          <option value="">All entities</option>
          {data.entities.map((entity) => <option key={entity} value={entity}>{entity}</option>)}
        </select>
        <label class="check"><input type="checkbox" checked={filter.named} onChange={(e) => store.setFilter({ named: e.currentTarget.checked })} /> Named in the answer</label>
        <button type="button" class="button" disabled={!isFiltering(filter)} onClick={() => store.set({ filter: NO_FILTER })}>Clear</button>
        <span class="dim count" role="status">{count} of {data.items.length}</span>
      </div>
      <div class="filter-row">
        <div class="toggles" role="group" aria-label="Sources">
          {data.sources.map((source) => (
            <button type="button" key={source} class="toggle" aria-pressed={!filter.hiddenSources.has(source)}
              onClick={() => store.setFilter({ hiddenSources: toggle(filter.hiddenSources, source) })}>
              <Icon source={source} size={13} /> {sourceName(source)} <span class="number">{counts.get(source)}</span>
            </button>
          ))}
        </div>
        <div class="toggles" role="group" aria-label="Severities">
          {SEVERITIES.map((name, severity) => (
            <button type="button" key={name} class={`toggle toggle-severity severity-${name}`} aria-pressed={!filter.hiddenSeverities.has(severity)}
              onClick={() => store.setFilter({ hiddenSeverities: toggle(filter.hiddenSeverities, severity) })}>{name}</button>
          ))}
        </div>
        {filter.range && <span class="chip">{moment(filter.range[0], zone)} – {moment(filter.range[1], zone)}</span>}
      </div>
    </search>
  );
}
