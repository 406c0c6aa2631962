import { describe, expect, it } from 'vitest';
import { around } from '../../src/LogContext';
import { byTime } from '../../src/layout';
import type { Span, Trace } from '../../src/model';
import { safeJson, slug } from '../../src/save';
import { readEdits, Store } from '../../src/store';
import { overviewExtent } from '../../src/Timeline';
import { length, rows } from '../../src/waterfall';
import { data, event } from './fixture';

const span = (id: string, parent: string | undefined, offset: number, duration: number): Span => ({ id, parent, service: 's', name: id, offset, duration });
const trace = (spans: Span[]): Trace => ({ trace: 't', start: 0, label: '', events: [], spans, omitted: 0 });

describe('waterfall', () => {
  it('puts children below their parents, by start', () => {
    const found = rows(trace([span('root', undefined, 0, 100), span('late', 'root', 50, 50), span('early', 'root', 10, 20), span('leaf', 'early', 12, 5)]));
    expect(found.map((row) => [row.span.id, row.depth])).toEqual([['root', 0], ['early', 1], ['leaf', 2], ['late', 1]]);
    expect(found[3]).toMatchObject({ left: 50, width: 50 });
  });
  it('shows every span of a loop and of lost parents once', () => {
    const found = rows(trace([span('a', 'b', 0, 1), span('b', 'a', 0, 1), span('self', 'self', 0, 1), span('lost', 'gone', 0, 1)]));
    expect(found.map((row) => row.span.id).sort()).toEqual(['a', 'b', 'lost', 'self']);
  });
  it('keeps bars within the track', () => {
    for (const row of rows(trace([span('a', undefined, 0, 0), span('b', undefined, 5, 0)]))) expect(row.left + row.width).toBeLessThanOrEqual(100);
    expect(length(trace([]))).toBe(0);
  });
});

describe('log context', () => {
  it('takes as many lines before as after', () => {
    const lines = Array.from({ length: 100 }, (_, n) => ({ time: n, service: 's', severity: 'info' as const, message: String(n) }));
    const { before, after } = around(lines, 50, 3);
    expect(before.map((line) => line.time)).toEqual([47, 48, 49]);
    expect(after.map((line) => line.time)).toEqual([50, 51, 52]);
    expect(around(lines, 1000, 3).before).toHaveLength(3);
  });
});

/** A page with one recorded note. */
function shown() {
  const recorded = { id: 'n1', time: '2026-03-01T12:00:00Z', author: 'Ada', text: 'frist', about: { kind: 'investigation' as const } };
  const made = data([event('a', 0)], { notes: [recorded] });
  made.document.case.revision = 7;
  return { store: new Store(made, null), recorded };
}

describe('edits', () => {
  const good = { schema_version: 1, investigation: null, saved_at: '2026-01-01T00:00:00Z', notes: [{ time: '2026-01-01T00:00:00Z', text: 'x' }], hypotheses: [] };
  it('are read back', () => {
    expect(readEdits(JSON.stringify(good))!.notes).toHaveLength(1);
  });
  it('are refused or cleaned when they are something else', () => {
    for (const text of [null, '', '{', '[]', 'null', '3', '{"schema_version":3,"notes":[],"hypotheses":[]}', '{"schema_version":1}']) expect(readEdits(text)).toBeNull();
    const odd = { ...good, notes: [null, 3, { text: 4, time: 'x' }, { text: 'a', time: 'never' }, ...good.notes], hypotheses: [{ id: 'h', text: 'x', time: '2026-01-01T00:00:00Z', state: 'maybe' }] };
    expect(readEdits(JSON.stringify(odd))).toMatchObject({ notes: good.notes, hypotheses: [] });
    const first = { ...good, notes: [{ ...good.notes[0], event: 'e' }], hypotheses: [{ id: 'h', text: 'x', time: '2026-01-01T00:00:00Z', state: 'confirmed', event: null }] };
    expect(readEdits(JSON.stringify(first))).toMatchObject({ notes: [{ about: { kind: 'event', event: 'e' } }], hypotheses: [{ state: 'supported', about: { kind: 'investigation' } }] });
    const strange = { ...good, hypotheses: [{ id: 'h', text: 'x', time: '2026-01-01T00:00:00Z', state: 'constructor' }] };
    expect(readEdits(JSON.stringify(strange))!.hypotheses).toEqual([]);
  });
  it('hold a new text of a recorded note, until it is its own again', () => {
    const { store, recorded } = shown();
    store.changeRecorded(recorded, 'first');
    store.changeRecorded(recorded, 'The first');
    expect(store.edits().notes).toEqual([{ ...recorded, text: 'The first' }]);
    store.changeRecorded(recorded, recorded.text);
    expect(store.edits().notes).toEqual([]);
  });
  it('change recorded notes of the same revision only', () => {
    const { store, recorded } = shown();
    const news = { time: '2026-03-01T12:30:00Z', author: null, text: 'new', about: { kind: 'investigation' as const } };
    const edits = { ...store.edits(), notes: [{ ...recorded, text: 'first' }, news, { ...recorded, id: 'removed', text: 'gone' }] };
    expect(store.takeIn({ ...edits, revision: 6 }), 'what others wrote since is not undone').toBe(2);
    expect(store.state.notes).toEqual([news]);
    store.changeRecorded(recorded, 'mine');
    expect(store.takeIn(edits)).toBe(1);
    expect(store.state.notes).toEqual([news, { ...recorded, text: 'first' }]);
    expect(store.takeIn(edits)).toBe(1);
    expect(store.state.notes).toHaveLength(2);
    // A page that is opened with them inside.
    const again = new Store(shown().store.data, { ...edits, revision: 6 });
    expect(again.state.notes).toEqual([news]);
    expect(new Store(shown().store.data, edits).state.notes).toHaveLength(2);
  });
  it('stand in a script element', () => {
    const text = safeJson({ a: '</script><!--&\u2028' });
    expect(text).not.toMatch(/[<>&\u2028]/);
    expect(JSON.parse(text)).toEqual({ a: '</script><!--&\u2028' });
  });
  it('get a plain file name', () => {
    expect(slug('  Ärger: ../../etc "x" ')).toBe('a-rger-etc-x');
    expect(slug('日本')).toBe('investigation');
  });
});

describe('layout', () => {
  it('gives every node a place of its own, later events further right', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((id, n) => ({ id, role: 'change', title: id, entity: { kind: 'service', name: n % 2 ? 'x' : 'y' }, time: new Date(n * 1000).toISOString() }));
    const found = byTime([...nodes, { id: 'entity:service:x', role: 'entity', title: 'x', entity: { kind: 'service', name: 'x' } }]);
    expect(found.size).toBe(5);
    expect(new Set([...found.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(5);
    expect(found.get('a')!.x).toBeLessThan(found.get('d')!.x);
  });
});

describe('overview', () => {
  it('leaves out what is so far away that the incident would be a speck', () => {
    expect(overviewExtent({ extent: [-1e9, 200], window: [0, 100] })).toEqual([-500, 200]);
  });
});
