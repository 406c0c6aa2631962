import { useRef, useState } from 'preact/hooks';
import type { HypothesisState } from './model';
import { EventLink, Section, Time } from './parts';
import { saveEdits } from './save';
import type { Store } from './store';
import { readEdits, useStore } from './store';

const STATES: [HypothesisState, string][] = [['open', 'open'], ['confirmed', 'confirmed'], ['refuted', 'refuted']];
const MOST = 20_000;

export function Notes({ store }: { store: Store }) {
  const notes = useStore(store, (state) => state.notes);
  const hypotheses = useStore(store, (state) => state.hypotheses);
  const selected = useStore(store, (state) => state.selected);
  const [problem, setProblem] = useState('');
  const file = useRef<HTMLInputElement>(null);
  const item = selected ? store.data.byId.get(selected) : undefined;
  const load = async (input: HTMLInputElement) => {
    const chosen = input.files?.[0];
    if (!chosen) return;
    const edits = readEdits(await chosen.text());
    input.value = '';
    if (!edits) return setProblem(`${chosen.name} holds no edits of this page`);
    if (edits.investigation && edits.investigation !== store.data.document.case.id) return setProblem(`${chosen.name} belongs to another investigation`);
    setProblem('');
    store.takeIn(edits);
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
                  {h.author && <>{h.author}, </>}<Time store={store} at={h.time} />
                  {h.event && <> about <EventLink store={store} id={h.event}>{store.data.byId.get(h.event)?.title ?? h.event}</EventLink></>}
                  <button type="button" class="link no-print" onClick={() => store.removeHypothesis(h.id)}>delete<span class="sr-only"> hypothesis {h.text}</span></button>
                </p>
              </li>
            ))}
          </ul>
          <Writer label="New hypothesis" about={item?.title} onSave={(text, author, about) => store.addHypothesis(text, author, about ? (item?.id ?? null) : null)} />
        </div>
        <div>
          <h3>Notes</h3>
          <ul class="notes">
            {store.data.document.notes.map((note) => (
              <li key={note.id} class="note">
                <p class="note-text">{note.text}</p>
                <p class="note-foot">{note.author && <>{note.author}, </>}<Time store={store} at={note.time} />{note.event && <> about <EventLink store={store} id={note.event}>{store.data.byId.get(note.event)?.title ?? note.event}</EventLink></>}</p>
              </li>
            ))}
            {notes.map((note, place) => (
              <li key={note.time + place} class="note note-new">
                <Editable text={note.text} label="Note" onChange={(text) => store.changeNote(place, text)} />
                <p class="note-foot">
                  {note.author && <>{note.author}, </>}<Time store={store} at={note.time} />
                  {note.event && <> about <EventLink store={store} id={note.event}>{store.data.byId.get(note.event)?.title ?? note.event}</EventLink></>}
                  <button type="button" class="link no-print" onClick={() => store.removeNote(place)}>delete<span class="sr-only"> note</span></button>
                </p>
              </li>
            ))}
          </ul>
          <Writer label="New note" about={item?.title} onSave={(text, author, about) => store.addNote(text, author, about ? (item?.id ?? null) : null)} />
        </div>
      </div>
    </Section>
  );
}

function Editable({ text, label, onChange }: { text: string; label: string; onChange: (text: string) => void }) {
  const [editing, setEditing] = useState(false);
  const [draft, setDraft] = useState(text);
  if (!editing) {
    return (
      <p class="note-text">{text} <button type="button" class="link no-print" onClick={() => { setDraft(text); setEditing(true); }}>edit<span class="sr-only"> {label.toLowerCase()}</span></button></p>
    );
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

function Writer({ label, about, onSave }: { label: string; about: string | undefined; onSave: (text: string, author: string, about: boolean) => void }) {
  const [text, setText] = useState('');
  const [author, setAuthor] = useState('');
  const [tied, setTied] = useState(false);
  return (
    <form class="writer no-print" onSubmit={(e) => {
      e.preventDefault();
      if (!text.trim()) return;
      onSave(text.trim(), author.trim(), tied);
      setText('');
    }}>
      <textarea aria-label={label} placeholder={label} maxLength={MOST} rows={2} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      <div class="tools">
        <input type="text" aria-label={`${label}: your name`} placeholder="Your name" maxLength={200} value={author} onInput={(e) => setAuthor(e.currentTarget.value)} />
        {about && <label class="check"><input type="checkbox" checked={tied} onChange={(e) => setTied(e.currentTarget.checked)} /> about the selected event</label>}
        <button class="button" type="submit" disabled={!text.trim()}>Add</button>
      </div>
    </form>
  );
}
