import { useRef, useState } from 'preact/hooks';
import { Markdown } from './Markdown';
import type { About, Argument, HypothesisState } from './model';
import { EventLink, Section, Time } from './parts';
import { saveEdits } from './save';
import type { Store } from './store';
import { readEdits, useStore } from './store';

const STATES: [HypothesisState, string][] = [['proposed', 'proposed'], ['supported', 'supported'], ['refuted', 'refuted']];
const MOST = 20_000;

export function Notes({ store }: { store: Store }) {
  const notes = useStore(store, (state) => state.notes);
  const hypotheses = useStore(store, (state) => state.hypotheses);
  const changed = new Map(notes.map((note) => [note.id, note.text]));
  const [problem, setProblem] = useState('');
  const file = useRef<HTMLInputElement>(null);
  const load = async (input: HTMLInputElement) => {
    const chosen = input.files?.[0];
    if (!chosen) return;
    const edits = readEdits(await chosen.text());
    input.value = '';
    if (!edits) return setProblem(`${chosen.name} holds no edits of this page`);
    if (edits.investigation && edits.investigation !== store.data.document.case.id) return setProblem(`${chosen.name} belongs to another investigation`);
    const left = store.takeIn(edits);
    setProblem(left ? `${chosen.name} changes ${left} recorded ${left === 1 ? 'note' : 'notes'} as they stood at another time; take that file in with the library` : '');
  };
  return (
    <Section id="notes" title="Notes and hypotheses" aside={
      <div class="tools no-print">
        <button type="button" class="button" onClick={() => saveEdits(store)}>Save edits</button>
        <button type="button" class="button" onClick={() => file.current?.click()}>Load edits</button>
        <input ref={file} class="sr-only" type="file" accept=".json,application/json" aria-label="File with edits" tabIndex={-1} onChange={(e) => void load(e.currentTarget)} />
      </div>
    }>
      {problem && <p class="problem" role="alert">{problem}</p>}
      <div class="notes-columns">
        <div>
          <h3>Hypotheses</h3>
          <ul class="notes">
            {hypotheses.map((h) => (
              <li key={h.id} class={`note hypothesis-${h.state}`}>
                <Editable text={h.text} label="Hypothesis" onChange={(text) => store.changeHypothesis(h.id, { text })} />
                <p class="note-foot">
                  <select aria-label={`State of: ${h.text}`} value={h.state} onChange={(e) => store.changeHypothesis(h.id, { state: e.currentTarget.value as HypothesisState })}>
                    {STATES.map(([state, name]) => <option key={state} value={state}>{name}</option>)}
                  </select>{' '}
                  {h.author ? <>{h.author}, </> : h.origin === 'analysis' && <>the analysis, </>}<Time store={store} at={h.time} />
                  <Tie store={store} about={h.about} />
                  {!store.isRecorded(h.id) && <button type="button" class="link no-print" onClick={() => store.removeHypothesis(h.id)}>delete<span class="sr-only"> hypothesis {h.text}</span></button>}
                </p>
                <Evidence store={store} evidence={h.evidence ?? []} />
                <details class="no-print">
                  <summary>Add evidence</summary>
                  <Writer store={store} label={`Evidence on: ${h.text}`} sides onSave={(text, author, about, side) => store.addArgument(h.id, side, text, author, about)} />
                </details>
              </li>
            ))}
          </ul>
          <Writer store={store} label="New hypothesis" onSave={(text, author, about) => store.addHypothesis(text, author, about)} />
        </div>
        <div>
          <h3>Notes</h3>
          <ul class="notes">
            {store.data.document.notes.map((note) => (
              <li key={note.id} class={`note ${changed.has(note.id) ? 'note-changed' : ''}`}>
                <Editable text={changed.get(note.id) ?? note.text} label="Note" markdown onChange={(text) => store.changeRecorded(note, text)} />
                <p class="note-foot">
                  {note.author && <>{note.author}, </>}<Time store={store} at={note.time} /><Tie store={store} about={note.about} />
                  {changed.has(note.id) && <>, changed here <button type="button" class="link no-print" onClick={() => store.changeRecorded(note, note.text)}>undo<span class="sr-only"> the change of the note</span></button></>}
                </p>
              </li>
            ))}
            {notes.map((note, place) => !note.id && (
              <li key={note.time + place} class="note note-new">
                <Editable text={note.text} label="Note" markdown onChange={(text) => store.changeNote(place, text)} />
                <p class="note-foot">
                  {note.author && <>{note.author}, </>}<Time store={store} at={note.time} />
                  <Tie store={store} about={note.about} />
                  <button type="button" class="link no-print" onClick={() => store.removeNote(place)}>delete<span class="sr-only"> note</span></button>
                </p>
              </li>
            ))}
          </ul>
          <Writer store={store} label="New note" onSave={(text, author, about) => store.addNote(text, author, about)} />
        </div>
      </div>
    </Section>
  );
}

function Editable({ text, label, markdown, onChange }: { text: string; label: string; markdown?: boolean; onChange: (text: string) => void }) {
  const [editing, setEditing] = useState(false);
  const [draft, setDraft] = useState(text);
  if (!editing) {
    const edit = <button type="button" class="link no-print" onClick={() => { setDraft(text); setEditing(true); }}>edit<span class="sr-only"> {label.toLowerCase()}</span></button>;
    return markdown ? <div class="note-text"><Markdown text={text} />{edit}</div> : <p class="note-text">{text} {edit}</p>;
  }
  return (
    <form class="writer" onSubmit={(e) => {
      e.preventDefault();
      if (draft.trim()) onChange(draft.trim());
      setEditing(false);
    }}>
      <textarea aria-label={label} maxLength={MOST} rows={3} value={draft} onInput={(e) => setDraft(e.currentTarget.value)} />
      <div class="tools"><button class="button" type="submit">Done</button><button class="button" type="button" onClick={() => setEditing(false)}>Cancel</button></div>
    </form>
  );
}

/** What a note or hypothesis is about, in words that lead there. */
function Tie({ store, about }: { store: Store; about: About | null | undefined }) {
  if (!about || about.kind === 'investigation') return null;
  const named = (id: string) => <EventLink store={store} id={id}>{store.data.byId.get(id)?.title ?? id}</EventLink>;
  if (about.kind === 'event') return <> about {named(about.event)}</>;
  if (about.kind === 'edge') return <> about the step from {named(about.from)} to {named(about.to)}</>;
  if (about.kind === 'note') return <> in answer to: {store.data.document.notes.find((note) => note.id === about.note)?.text.slice(0, 80) ?? 'a note'}</>;
  const cause = store.data.document.analysis.causes[store.data.document.cause_keys.indexOf(about.cause)];
  return <> about {cause ? <EventLink store={store} id={cause.event}>{cause.title}</EventLink> : about.cause}</>;
}

function Evidence({ store, evidence }: { store: Store; evidence: Argument[] }) {
  if (evidence.length === 0) return null;
  return (
    <ul class="plain evidence-of">
      {evidence.map((argument) => (
        <li key={argument.id}>
          <strong>{argument.side === 'for' ? 'for' : 'against'}:</strong> {argument.text} <span class="dim">{argument.author && <>{argument.author}, </>}<Time store={store} at={argument.time} /><Tie store={store} about={argument.about} /></span>
        </li>
      ))}
    </ul>
  );
}

interface WriterProps {
  store: Store;
  label: string;
  sides?: boolean;
  onSave: (text: string, author: string, about: About, side: Argument['side']) => void;
}

function Writer({ store, label, sides, onSave }: WriterProps) {
  const selected = useStore(store, (state) => state.selected);
  const item = selected ? store.data.byId.get(selected) : undefined;
  const [text, setText] = useState('');
  const [author, setAuthor] = useState('');
  const [tie, setTie] = useState('');
  const [side, setSide] = useState<Argument['side']>('for');
  const { analysis, cause_keys } = store.data.document;
  const chosen = tie === 'event' && !item ? '' : tie;
  const about = (): About => {
    if (chosen === 'event' && item) return { kind: 'event', event: item.id };
    return chosen.startsWith('cause:') ? { kind: 'cause', cause: chosen.slice(6) } : { kind: 'investigation' };
  };
  return (
    <form class="writer no-print" onSubmit={(e) => {
      e.preventDefault();
      if (!text.trim()) return;
      onSave(text.trim(), author.trim(), about(), side);
      setText('');
    }}>
      <textarea aria-label={label} placeholder={sides ? 'What speaks for it or against it' : label} maxLength={sides ? 2000 : MOST} rows={2} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      <div class="tools">
        {sides && (
          <select aria-label={`${label}: side`} value={side} onChange={(e) => setSide(e.currentTarget.value as Argument['side'])}>
            <option value="for">for</option>
            <option value="against">against</option>
          </select>
        )}
        <input type="text" aria-label={`${label}: your name`} placeholder="Your name" maxLength={200} value={author} onInput={(e) => setAuthor(e.currentTarget.value)} />
        <select aria-label={`${label}: about`} value={chosen} onChange={(e) => setTie(e.currentTarget.value)}>
          <option value="">about the investigation</option>
          {item && <option value="event">about the selected event: {item.title.slice(0, 60)}</option>}
          {cause_keys.slice(0, 10).map((key, place) => <option key={key} value={`cause:${key}`}>about cause {place + 1}: {analysis.causes[place]?.title.slice(0, 60)}</option>)}
        </select>
        <button class="button" type="submit" disabled={!text.trim()}>Add</button>
      </div>
    </form>
  );
}
