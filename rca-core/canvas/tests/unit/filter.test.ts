import { describe, expect, it } from 'vitest';
import { NO_FILTER, apply, isFiltering, words } from '../../src/filter';
import type { Filter } from '../../src/filter';
import { START, data, event } from './fixture';

const found = data([
  event('a', 0, { title: 'Pool is full', body: 'see RUNBOOK', severity: 'critical', source: 'alert', event_type: 'alert' }),
  event('b', 60, { title: 'quay v2', data: { 'service.version': '2.4.1' }, tags: ['prod'] }),
  event('c', 120, { title: 'harbour v3', entity: { kind: 'service', name: 'harbour' } }),
]);
const ids = (change: Partial<Filter>) => apply(found, { ...NO_FILTER, ...change }).map((item) => item.id);

describe('filter', () => {
  it('lets all pass when nothing is chosen', () => {
    expect(isFiltering(NO_FILTER)).toBe(false);
    expect(ids({})).toEqual(['a', 'b', 'c']);
  });
  it('finds words in titles, bodies, attributes and tags, whatever their case', () => {
    expect(ids({ text: 'runbook' })).toEqual(['a']);
    expect(ids({ text: '2.4.1 PROD' })).toEqual(['b']);
    expect(ids({ text: 'v2 nothing' })).toEqual([]);
  });
  it('leaves out what a word with a minus names', () => {
    expect(ids({ text: '-v2' })).toEqual(['a', 'c']);
    expect(words('- -x y')).toEqual({ wanted: ['-', 'y'], unwanted: ['x'] });
  });
  it('looks at source, severity, entity, range and role', () => {
    expect(ids({ hiddenSources: new Set(['alert']) })).toEqual(['b', 'c']);
    expect(ids({ hiddenSeverities: new Set([0]) })).toEqual(['a']);
    expect(ids({ entity: 'harbour' })).toEqual(['c']);
    expect(ids({ range: [START + 30_000, START + 90_000] })).toEqual(['b']);
    expect(ids({ named: true })).toEqual(['a']);
  });
});
