import { describe, expect, it } from 'vitest';
import { moment, number, offset, percent, span, tick, ticks, zoneName } from '../../src/time';
import { START } from './fixture';

describe('time', () => {
  it('writes moments in UTC', () => {
    expect(moment(START, 'utc')).toBe('2026-03-01 12:00:00');
    expect(moment(Number.NaN, 'utc')).toBe('? ?');
    expect(zoneName('utc', START)).toBe('UTC');
  });
  it('writes the two largest units', () => {
    const words: [number, string][] = [[0.4, '400 µs'], [340, '340 ms'], [1500, '1.5 s'], [61_000, '1 min 1 s'], [3_600_000, '1 h'], [3_900_000, '1 h 5 min'], [90_000_000, '1 d 1 h']];
    for (const [millis, text] of words) expect(span(millis)).toBe(text);
    expect(offset(START - 60_000, START)).toBe('−1 min');
  });
  it('puts ticks at round moments, not more than asked', () => {
    const found = ticks(START + 1, START + 3_600_000, 8, 'utc');
    expect(found.length).toBeLessThanOrEqual(8);
    expect(found.length).toBeGreaterThan(2);
    for (const at of found) expect(at % 600_000).toBe(0);
    expect(tick(START, 60_000, 'utc')).toBe('12:00');
    expect(tick(START, 10, 'utc')).toBe('12:00:00.000');
    expect(tick(START, 86_400_000, 'utc')).toBe('2026-03-01');
  });
  it('writes numbers for people', () => {
    const words: [number | null, string][] = [[0, '0'], [0.97, '0.97'], [12.345, '12.3'], [1503.2, '1503'], [15_032, '15 k'], [2.5e6, '2.5 M'], [null, '?'], [Number.NaN, '?']];
    for (const [value, text] of words) expect(number(value)).toBe(text);
    expect([percent(0.936), percent(0.004), percent(0)]).toEqual(['94 %', '< 1 %', '0 %']);
  });
});
