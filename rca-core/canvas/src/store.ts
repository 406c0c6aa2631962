// What the reader chose and wrote, in one place; components are told when it changes.

import { useEffect, useState } from 'preact/hooks';
import type { Data } from './data';
import { firstView } from './data';
import type { Filter } from './filter';
import { NO_FILTER } from './filter';
import type { About, Argument, CanvasDocument, Edits, Hypothesis, HypothesisState, Note } from './model';
import type { Zone } from './time';

export type Theme = 'auto' | 'light' | 'dark';

export interface State {
  selected: string | null;
  filter: Filter;
  view: [number, number];
  zone: Zone;
  theme: Theme;
  notes: Note[];
  hypotheses: Hypothesis[];
  /** Whether something was written that no file holds. */
  unsaved: boolean;
  help: boolean;
  /** Said to screen readers. */
  announcement: string;
}

type Listener = () => void;

export class Store {
  state: State;
  private listeners = new Set<Listener>();
  private key: string;

  constructor(readonly data: Data, embedded: Edits | null) {
    const { document } = data;
    this.key = `rca-canvas:${document.case.id ?? fingerprint(document.headline + document.analysis.window.start + document.case.title)}`;
    const kept = this.kept() ?? embedded;
    this.state = {
      selected: opening(data),
      filter: NO_FILTER,
      view: firstView(data),
      zone: recall('rca-canvas:zone') === 'local' ? 'local' : 'utc',
      theme: (recall('rca-canvas:theme') as Theme | null) ?? 'auto',
      notes: (kept?.notes ?? []).filter((note) => !document.notes.some((known) => sameNote(known, note)) && (!note.id || changesRecorded(note, kept!, document))),
      hypotheses: upon(document.hypotheses, kept, document.case.revision ?? null),
      unsaved: false,
      help: false,
      announcement: '',
    };
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    for (const listener of [...this.listeners]) listener();
  }

  setFilter(change: Partial<Filter>): void {
    this.set({ filter: { ...this.state.filter, ...change } });
  }

  setTheme(theme: Theme): void {
    remember('rca-canvas:theme', theme);
    this.set({ theme });
  }

  setZone(zone: Zone): void {
    remember('rca-canvas:zone', zone);
    this.set({ zone });
  }

  /** Selects an event, moves the timeline so that it is seen, and makes the address lead to it. */
  select(id: string | null): void {
    const item = id ? this.data.byId.get(id) : undefined;
    if (id && !item) return;
    let { view } = this.state;
    if (item && (item.time < view[0] || item.time > view[1])) {
      const half = (view[1] - view[0]) / 2;
      view = [item.time - half, item.time + half];
    }
    this.set({ selected: item?.id ?? null, view, announcement: item ? `${item.source}, ${item.title}` : '' });
    const hash = item ? `#event=${encodeURIComponent(item.id)}` : '';
    if (location.hash !== hash) {
      try {
        history.replaceState(null, '', hash || location.pathname + location.search);
      } catch {
        location.hash = hash;
      }
    }
  }

  addNote(text: string, author: string, about: About): void {
    const time = new Date().toISOString();
    this.write({ notes: [...this.state.notes, { time, author: author || null, text, about }] });
  }

  changeNote(place: number, text: string): void {
    this.write({ notes: this.state.notes.map((note, at) => (at === place ? { ...note, text } : note)) });
  }

  /** A new text of a note that the record has; its own text is no change. */
  changeRecorded(recorded: Note, text: string): void {
    const others = this.state.notes.filter((note) => note.id !== recorded.id);
    this.write({ notes: text === recorded.text ? others : [...others, { ...recorded, text }] });
  }

  removeNote(place: number): void {
    this.write({ notes: this.state.notes.filter((_, at) => at !== place) });
  }

  addHypothesis(text: string, author: string, about: About): void {
    const time = new Date();
    const hypothesis: Hypothesis = { id: uuid(time), time: time.toISOString(), author: author || null, text, state: 'proposed', about, evidence: [] };
    this.write({ hypotheses: [...this.state.hypotheses, hypothesis] });
  }

  /** Brings something that speaks for or against a hypothesis. */
  addArgument(id: string, side: Argument['side'], text: string, author: string, about: About): void {
    const time = new Date();
    const argument: Argument = { id: uuid(time), side, about, text, author: author || null, time: time.toISOString() };
    this.write({ hypotheses: this.state.hypotheses.map((h) => (h.id === id ? { ...h, evidence: [...(h.evidence ?? []), argument] } : h)) });
  }

  /** Whether the record has it; then it can be refuted, but not deleted here. */
  isRecorded(id: string): boolean {
    return this.data.document.hypotheses.some((h) => h.id === id);
  }

  changeHypothesis(id: string, change: { state?: HypothesisState; text?: string }): void {
    this.write({ hypotheses: this.state.hypotheses.map((h) => (h.id === id ? { ...h, ...change } : h)) });
  }

  removeHypothesis(id: string): void {
    this.write({ hypotheses: this.state.hypotheses.filter((h) => h.id !== id) });
  }

  /**
   * Adds what a file holds beside what is here; the same twice is once. Gives the number of recorded notes whose new
   * texts were left out, since the file was made of another revision: only the library knows what changed between.
   */
  takeIn(edits: Edits): number {
    const { document } = this.data;
    const known = new Set(this.state.notes.map(noteKey));
    const news = edits.notes.filter((note) => !document.notes.some((recorded) => sameNote(recorded, note)));
    const changed = news.filter((note) => changesRecorded(note, edits, document));
    const mine = this.state.notes.filter((note) => !note.id || !changed.some((other) => other.id === note.id));
    const ids = new Map(this.state.hypotheses.map((h) => [h.id, h]));
    for (const h of edits.hypotheses) {
      const mine = ids.get(h.id);
      const known = new Set(mine?.evidence?.map((argument) => argument.id));
      const evidence = [...(mine?.evidence ?? []), ...(h.evidence ?? []).filter((argument) => !known.has(argument.id))];
      ids.set(h.id, { ...h, evidence });
    }
    this.write({
      notes: [...mine, ...changed, ...news.filter((note) => !note.id && !known.has(noteKey(note)))],
      hypotheses: [...ids.values()],
    });
    return news.filter((note) => note.id).length - changed.length;
  }

  edits(): Edits {
    return {
      schema_version: 2,
      investigation: this.data.document.case.id ?? null,
      revision: this.data.document.case.revision ?? null,
      saved_at: new Date().toISOString(),
      notes: this.state.notes,
      hypotheses: this.state.hypotheses,
    };
  }

  private write(change: Partial<Pick<State, 'notes' | 'hypotheses'>>): void {
    this.set({ ...change, unsaved: true });
    remember(this.key, JSON.stringify(this.edits()));
  }

  private kept(): Edits | null {
    return readEdits(recall(this.key));
  }
}

/** Where there is room beside the list, the page opens with the most likely cause. */
function opening(data: Data): string | null {
  const event = data.document.analysis.causes[0]?.event;
  const wide = typeof matchMedia === 'function' && matchMedia('(min-width: 1180px)').matches;
  return wide && event && data.byId.has(event) ? event : null;
}

function noteKey(note: Note): string {
  return JSON.stringify([note.time, note.author ?? '', note.text, note.about ?? null]);
}

/** Whether a note of a file is the one that the record has. */
function sameNote(a: Note, b: Note): boolean {
  return Date.parse(a.time) === Date.parse(b.time) && (a.author ?? '') === (b.author ?? '') && a.text === b.text;
}

/** Whether it is a new text of a note as this page shows it: of one revision, what others did since is not undone. */
function changesRecorded(note: Note, edits: Edits, document: CanvasDocument): boolean {
  return document.notes.some((recorded) => recorded.id === note.id) && edits.revision === (document.case.revision ?? null);
}

/** Recorded hypotheses, as edited in this page; edits of a page of another revision only add. */
function upon(recorded: Hypothesis[], kept: Edits | null, revision: number | null): Hypothesis[] {
  if (!kept) return recorded;
  const edited = new Map(kept.hypotheses.map((h) => [h.id, h]));
  const shown = kept.revision === revision ? recorded.map((h) => edited.get(h.id) ?? h) : recorded;
  const ids = new Set(recorded.map((h) => h.id));
  return [...shown, ...kept.hypotheses.filter((h) => !ids.has(h.id))];
}

/** An id that sorts by time (UUID version 7, RFC 9562). */
export function uuid(time: Date): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const millis = time.getTime().toString(16).padStart(12, '0');
  const variant = '89ab'[(bytes[8] ?? 0) & 3];
  return `${millis.slice(0, 8)}-${millis.slice(8)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Edits from JSON; none when it is something else. */
export function readEdits(text: string | null): Edits | null {
  if (!text) return null;
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null) return null;
  const { schema_version, notes, hypotheses } = found as Partial<Edits>;
  if ((schema_version !== 1 && schema_version !== 2) || !Array.isArray(notes) || !Array.isArray(hypotheses)) return null;
  const texts = (item: unknown): item is { text: string; time: string } =>
    typeof item === 'object' && item !== null &&
    typeof (item as Note).text === 'string' && !Number.isNaN(Date.parse((item as Note).time));
  return {
    ...(found as Edits),
    revision: typeof (found as Edits).revision === 'number' ? (found as Edits).revision : null,
    notes: notes.filter(texts).map((note) => tied(note)),
    hypotheses: hypotheses.filter((h) => texts(h) && typeof h.id === 'string' && typeof h.state === 'string' && Object.hasOwn(STATES, h.state)).map((h) => ({
      ...tied(h),
      state: STATES[h.state as string]!,
      evidence: Array.isArray(h.evidence) ? h.evidence.filter((a: Argument) => texts(a) && typeof a.id === 'string' && (a.side === 'for' || a.side === 'against')) : [],
    })),
  };
}

/** States, and what they were called in files of version 1. */
const STATES: Record<string, HypothesisState> = { proposed: 'proposed', supported: 'supported', refuted: 'refuted', open: 'proposed', confirmed: 'supported' };

/** In files of version 1 an event's id stood where now is what it is about. */
function tied<T extends object>(item: T): T & { about: About } {
  const { event, ...rest } = item as T & { event?: unknown; about?: About | null };
  const about = rest.about && typeof rest.about.kind === 'string' ? rest.about : null;
  return { ...(rest as unknown as T), about: about ?? (typeof event === 'string' ? { kind: 'event', event } : { kind: 'investigation' }) };
}

/** Pages from disk may have no storage; then nothing is remembered. */
function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Full or forbidden: the page works without.
  }
}

/** FNV-1a, 32 bits: names things, guards nothing. */
export function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The part of the state that `pick` gives; the component is drawn again when it changes. */
export function useStore<T>(store: Store, pick: (state: State) => T): T {
  const [value, setValue] = useState(() => pick(store.state));
  useEffect(() => {
    const look = () => setValue(() => pick(store.state));
    look();
    return store.subscribe(look);
  }, [store]);
  return value;
}
