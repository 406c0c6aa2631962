import { render } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { Causes, RuledOut } from './Causes';
import { Charts } from './Charts';
import { index } from './data';
import { Details } from './Details';
import { EventList } from './EventList';
import { apply } from './filter';
import { Filters } from './Filters';
import { Graph } from './Graph';
import { Header } from './Header';
import { Help } from './Help';
import type { CanvasDocument } from './model';
import { Notes } from './Notes';
import { Section, Time } from './parts';
import { saveEdits } from './save';
import { Store, readEdits, useStore } from './store';
import './style.css';
import { Timeline, go } from './Timeline';

function App({ store }: { store: Store }) {
  const filter = useStore(store, (state) => state.filter);
  const theme = useStore(store, (state) => state.theme);
  const announcement = useStore(store, (state) => state.announcement);
  const items = useMemo(() => apply(store.data, filter), [store, filter]);

  useEffect(() => {
    if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.setAttribute('data-theme', theme);
  }, [theme]);

  useEffect(() => {
    const follow = () => {
      const found = /^#event=(.+)$/.exec(location.hash);
      if (found) store.select(decode(found[1]!));
    };
    follow();
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [store]);

  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
        event.preventDefault();
        saveEdits(store);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      const typing = target.matches('input:not([type=checkbox]), textarea, select');
      if (event.key === 'Escape') {
        if (typing) target.blur();
        else if (!store.state.help) store.select(null);
      } else if (!typing && event.key === '/') {
        event.preventDefault();
        document.getElementById('search')?.focus();
      } else if (!typing && event.key === '?') {
        event.preventDefault();
        store.set({ help: !store.state.help });
      } else if (!typing && (event.key === 'j' || event.key === 'k')) {
        go(store, apply(store.data, store.state.filter), event.key === 'j' ? 1 : -1);
      }
    };
    addEventListener('keydown', keys);
    const leaving = (event: BeforeUnloadEvent) => {
      if (store.state.unsaved) event.preventDefault();
    };
    addEventListener('beforeunload', leaving);
    return () => {
      removeEventListener('keydown', keys);
      removeEventListener('beforeunload', leaving);
    };
  }, [store]);

  return (
    <>
      <Header store={store} />
      <div class="columns">
        <main>
          <Causes store={store} />
          <Filters store={store} count={items.length} />
          <Timeline store={store} />
          <EventList store={store} items={items} />
          <Moments store={store} />
          <Charts store={store} />
          <Graph store={store} />
          <RuledOut store={store} />
          <Notes store={store} />
          <Inputs store={store} />
        </main>
        <Details store={store} />
      </div>
      <Help store={store} />
      <div class="sr-only" aria-live="polite">{announcement}</div>
    </>
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The moments that matter, as a table: what is printed of the timeline. */
function Moments({ store }: { store: Store }) {
  const { timeline } = store.data.document.analysis;
  if (timeline.length === 0) return null;
  return (
    <div class="print-only">
      <h2>Moments</h2>
      <table class="moments">
        <thead><tr><th>time</th><th>where</th><th>what</th></tr></thead>
        <tbody>{timeline.map((entry, at) => <tr key={at}><td><Time store={store} at={entry.time} /></td><td>{entry.entity?.name}</td><td>{entry.what}</td></tr>)}</tbody>
      </table>
    </div>
  );
}

function Inputs({ store }: { store: Store }) {
  const { inputs } = store.data.document.analysis;
  return (
    <Section id="inputs" title="What was read">
      <ul class="plain">
        <li>events: {Object.entries(inputs.events).map(([source, count]) => `${count} ${source}`).join(', ') || 'none'}</li>
        <li>telemetry: {inputs.metric_points} metric points, {inputs.spans} spans, {inputs.log_records} log records</li>
        {inputs.gaps.map((gap, at) => <li key={at}>missing: {gap}</li>)}
      </ul>
    </Section>
  );
}

function start(): void {
  const root = document.getElementById('app')!;
  const text = document.getElementById('rca-data')?.textContent ?? '';
  let data: CanvasDocument;
  try {
    data = JSON.parse(text) as CanvasDocument;
  } catch (error) {
    root.textContent = `The data of this page can't be read: ${String(error)}`;
    return;
  }
  if (data.schema_version !== 1) {
    root.textContent = `This page reads version 1 of the data and was given version ${data.schema_version}.`;
    return;
  }
  const store = new Store(index(data), readEdits(document.getElementById('rca-edits')?.textContent ?? null));
  root.textContent = '';
  render(<App store={store} />, root);
  performance.mark('rca-rendered');
}

start();
