import { describe, expect, it } from 'vitest';
import { NEAR, byLane, histogram, hit, lowerBound, marks, pan, zoom } from '../../src/scene';
import { START, data, event } from './fixture';

const many = data(Array.from({ length: 1000 }, (_, n) => event(`e${n}`, n * 3, { source: n % 2 ? 'git' : 'logs', severity: n === 500 ? 'critical' : 'info' })));
const lanes = byLane(many.items, many.sources);
const all: [number, number] = [START, START + 3_000_000];

describe('scene', () => {
  it('loses no event in clusters and keeps the worst severity', () => {
    const found = marks(lanes, all, 800, null);
    expect(found.reduce((sum, mark) => sum + mark.items.length, 0)).toBe(1000);
    expect(found.length).toBeLessThan((2 * 800) / NEAR + 4);
    expect(found.filter((mark) => mark.severity === 4)).toHaveLength(1);
  });

  it('takes clusters apart when there is room', () => {
    const found = marks(lanes, [START, START + 30_000], 800, null);
    expect(found.every((mark) => mark.items.length === 1)).toBe(true);
  });

  it('keeps clusters together while the timeline is moved', () => {
    const keys = (from: number) => new Set(marks(lanes, [START + from, START + from + 1_500_000], 800, null).map((mark) => mark.items.map((i) => i.id).join()));
    const [one, two] = [keys(300_000), keys(303_000)];
    const same = [...one].filter((key) => two.has(key)).length;
    expect(same / one.size).toBeGreaterThan(0.95);
  });

  it('finds the nearest mark of a lane under a point', () => {
    const found = marks(lanes, [START, START + 30_000], 800, 'e1');
    const target = found.find((mark) => mark.selected)!;
    expect(hit(found, target.x + 3, target.lane)).toBe(target);
    expect(hit(found, target.x, 7)).toBeNull();
  });

  it('zooms around a moment, which stays where it is, and not without end', () => {
    const view: [number, number] = [0, 1000];
    expect(zoom(view, 0.5, 250, [0, 1000])).toEqual([125, 625]);
    expect(zoom(view, 1e-9, 500, [0, 1000])).toEqual([490, 510]);
    const out = zoom(view, 1e9, 500, [0, 1000]);
    expect(out[1] - out[0]).toBe(1500);
  });

  it('never moves everything out of sight', () => {
    const [start] = pan([0, 100], 1e9, [0, 1000]);
    expect(start).toBe(980);
    expect(pan([0, 100], -1e9, [0, 1000])[0]).toBe(-80);
  });

  it('counts every event of the strip', () => {
    expect(histogram(many.items, all, 50).reduce((a, b) => a + b, 0)).toBe(1000);
    expect(lowerBound(many.items, START + 6000)).toBe(2);
    expect(lowerBound(many.items, Number.MAX_VALUE)).toBe(1000);
  });
});
