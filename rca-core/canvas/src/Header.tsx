import { lookup } from './icons';
import { Time } from './parts';
import { saveEdits, savePage } from './save';
import type { Store, Theme } from './store';
import { useStore } from './store';
import { span, zoneName } from './time';

const VERDICTS: Record<string, string> = {
  change: 'A change did it',
  external: 'Nobody’s change',
  entity: 'No change explains it',
  nothing_to_blame: 'Nothing to blame',
  not_enough_evidence: 'Not enough evidence',
};

export function Header({ store }: { store: Store }) {
  const { document } = store.data;
  const { analysis } = document;
  const head = document.case;
  const theme = useStore(store, (state) => state.theme);
  const zone = useStore(store, (state) => state.zone);
  const unsaved = useStore(store, (state) => state.unsaved);
  const onset = analysis.onset;
  const local = zoneName('local', store.data.window[0]);
  return (
    <header class="page-head">
      <div class="bar no-print">
        <span class="brand">rca <span class="dim">investigation</span></span>
        <nav aria-label="Sections">
          {[['causes', 'Causes'], ['timeline', 'Timeline'], ['metrics', 'Metrics'], ['graph', 'Graph'], ['notes', 'Notes']].map(([id, name]) => (
            <a key={id} href={`#${id}`} onClick={(click) => {
              click.preventDefault();
              window.document.getElementById(id!)?.scrollIntoView();
            }}>{name}</a>
          ))}
        </nav>
        <div class="bar-tools">
          <label class="tool">
            <span class="sr-only">Times in</span>
            <select aria-label="Time zone" value={zone} onChange={(e) => store.setZone(e.currentTarget.value === 'local' ? 'local' : 'utc')}>
              <option value="utc">UTC</option>
              <option value="local">{local === 'UTC' ? 'Local (UTC)' : `Local (${local})`}</option>
            </select>
          </label>
          <label class="tool">
            <select aria-label="Colours" value={theme} onChange={(e) => store.setTheme(e.currentTarget.value as Theme)}>
              <option value="auto">System theme</option>
              <option value="light">Light</option>
              <option value="dark">Dark</option>
            </select>
          </label>
          <button type="button" class="button" onClick={() => saveEdits(store)} title="Save notes and hypotheses as JSON (Ctrl+S)">
            Save edits{unsaved && <span class="dot" aria-label="not saved yet"> ●</span>}
          </button>
          <button type="button" class="button wide-only" onClick={() => savePage(store)} title="Save this page with your notes in it">Save page</button>
          <button type="button" class="button print" onClick={() => window.print()}>Print</button>
          <button type="button" class="button" aria-label="Keyboard help" onClick={() => store.set({ help: true })}>?</button>
        </div>
      </div>
      <div class="title-block">
        <div class="chips">
          <span class={`chip verdict-${analysis.verdict}`}>{lookup(VERDICTS, analysis.verdict) ?? analysis.verdict}</span>
          {head.severity && <span class={`chip severity-${head.severity}`}>{head.severity} severity</span>}
          {head.status && <span class="chip">{head.status.replace('_', ' ')}</span>}
          {head.priority && <span class="chip">{head.priority.toUpperCase()}</span>}
          {head.tags.map((tag) => <span class="chip" key={tag}>{tag}</span>)}
        </div>
        <h1>{head.title}</h1>
        <p class="headline">{document.headline}</p>
        {head.description && <p class="description">{head.description}</p>}
        <dl class="facts">
          {onset && (
            <div>
              <dt>Began</dt>
              <dd>
                <Time store={store} at={onset.time} />
                <span class="dim"> within {span(Date.parse(onset.not_after) - Date.parse(onset.not_before))}, {onset.first_signal}</span>
              </dd>
            </div>
          )}
          {head.started_at && <div><dt>Started (reported)</dt><dd><Time store={store} at={head.started_at} /></dd></div>}
          {head.detected_at && <div><dt>Detected</dt><dd><Time store={store} at={head.detected_at} /></dd></div>}
          {head.resolved_at && <div><dt>Resolved</dt><dd><Time store={store} at={head.resolved_at} /></dd></div>}
          {analysis.first_failing && <div><dt>Broke first</dt><dd>{analysis.first_failing.name}</dd></div>}
          {analysis.blast_radius.length > 0 && <div><dt>Also hurt</dt><dd>{analysis.blast_radius.map((e) => e.name).join(', ')}</dd></div>}
          <div>
            <dt>Looked at</dt>
            <dd><Time store={store} at={analysis.window.start} /> <span class="dim">and {span(store.data.window[1] - store.data.window[0])} on</span></dd>
          </div>
          {head.people.map((person) => <div key={person.part + person.name}><dt>{person.part}</dt><dd>{person.name}</dd></div>)}
          {head.root_cause && <div><dt>Settled cause</dt><dd>{head.root_cause}</dd></div>}
          {head.remediation && <div><dt>Remediation</dt><dd>{head.remediation}</dd></div>}
          {head.lessons_learned && <div><dt>Lessons</dt><dd>{head.lessons_learned}</dd></div>}
        </dl>
      </div>
    </header>
  );
}
