import { describe, expect, it } from 'vitest';
import { firstView } from '../../src/data';
import { START, data, document, event } from './fixture';
import { index } from '../../src/data';

const cause = { kind: 'commit', title: 'smaller pool', probability: 0.9, event: 'b', evidence_for: [{ kind: 'timing', statement: 's', weight: 1, events: ['c'] }], evidence_against: [], path: [] };

describe('index', () => {
  it('orders lanes from what people do to what is measured, unknown sources last', () => {
    const found = data([event('a', 0, { source: 'logs' }), event('b', 1, { source: 'git' }), event('c', 2, { source: 'zebra' }), event('d', 3, { source: 'alert' })]);
    expect(found.sources).toEqual(['git', 'alert', 'logs', 'zebra']);
  });

  it('gives each event its strongest role', () => {
    const doc = document([event('a', 0, { source: 'alert', event_type: 'alert' }), event('b', 1), event('c', 2), event('d', 3), event('e', 4)]);
    doc.analysis.causes = [cause];
    doc.analysis.ruled_out = [{ title: 'x', event: 'd', reasons: [] }, { title: 'y', event: 'b', reasons: [] }];
    const roles = index(doc).items.map((item) => item.role);
    expect(roles).toEqual(['symptom', 'cause', 'evidence', 'ruled out', null]);
  });

  it('begins where the incident is, with a cause shortly before, but without one from days before', () => {
    const near = document([event('b', -600)]);
    near.analysis.causes = [cause];
    expect(firstView(index(near))[0]).toBeLessThan(START - 600_000);
    const far = document([event('b', -86_400)]);
    far.analysis.causes = [cause];
    expect(firstView(index(far))[0]).toBeGreaterThan(START - 300_000);
  });

  it('reads a document without events', () => {
    const found = data([]);
    expect(found.items).toEqual([]);
    expect(found.extent).toEqual([START, START + 3600_000]);
  });
});
