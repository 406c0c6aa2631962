// Times in words, in the reader's zone or in UTC.

export type Zone = 'utc' | 'local';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone, options: Intl.DateTimeFormatOptions, name: string): Intl.DateTimeFormat {
  const key = `${zone} ${name}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone === 'utc' ? 'UTC' : undefined });
    formats.set(key, made);
  }
  return made;
}

const DATE: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit' };
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };

/** `2026-03-01`. */
export function date(millis: number, zone: Zone): string {
  if (!Number.isFinite(millis)) return '?';
  const parts = format(zone, DATE, 'date').formatToParts(millis);
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** `12:03:41`. */
export function clock(millis: number, zone: Zone): string {
  return Number.isFinite(millis) ? format(zone, CLOCK, 'clock').format(millis) : '?';
}

/** `12:03`. */
export function minute(millis: number, zone: Zone): string {
  return clock(millis, zone).slice(0, 5);
}

/** `2026-03-01 12:03:41`. */
export function moment(millis: number, zone: Zone): string {
  return `${date(millis, zone)} ${clock(millis, zone)}`;
}

/** `UTC`, `GMT+2`. */
export function zoneName(zone: Zone, at: number): string {
  if (zone === 'utc' || !Number.isFinite(at)) return 'UTC';
  const parts = format(zone, { timeZoneName: 'short' }, 'zone').formatToParts(at);
  return parts.find((p) => p.type === 'timeZoneName')?.value ?? 'local';
}

/** The two largest units: `1 h 5 min`, `340 ms`. */
export function span(millis: number): string {
  const abs = Math.abs(millis);
  if (!Number.isFinite(abs)) return '?';
  if (abs < 1) return `${Math.round(abs * 1000)} µs`;
  if (abs < 1000) return `${round(abs)} ms`;
  if (abs < 10_000) return `${round(abs / 1000)} s`;
  const seconds = Math.round(abs / 1000);
  const units: [number, string][] = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = units.findIndex(([size]) => seconds >= size);
  const words = units.slice(first, first + 2).map(([size, name], place) => {
    const count = place === 0 ? Math.floor(seconds / size) : Math.floor((seconds % units[first]![0]) / size);
    return count > 0 ? `${count} ${name}` : '';
  });
  return words.filter(Boolean).join(' ');
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** How far before (-) or after (+) a moment. */
export function offset(millis: number, from: number): string {
  return `${millis < from ? '−' : '+'}${span(millis - from)}`;
}

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3,
  3600e3, 7200e3, 10800e3, 21600e3, 43200e3, 86400e3, 172800e3, 604800e3, 1209600e3, 2592000e3, 7776000e3, 31536000e3,
];

/** Round moments for an axis, some `count` of them. */
export function ticks(start: number, end: number, count: number, zone: Zone): number[] {
  const step = STEPS.find((s) => (end - start) / s <= count) ?? STEPS[STEPS.length - 1]!;
  // Days begin at the reader's midnight.
  const shift = zone === 'local' ? new Date(start).getTimezoneOffset() * 60_000 : 0;
  const found: number[] = [];
  for (let at = Math.ceil((start - shift) / step) * step + shift; at <= end; at += step) found.push(at);
  return found;
}

/** A tick's label, as precise as the distance of the ticks asks for. */
export function tick(millis: number, step: number, zone: Zone): string {
  if (step >= 86_400_000) return date(millis, zone);
  if (step >= 60_000) return minute(millis, zone);
  if (step >= 1000) return clock(millis, zone);
  return `${clock(millis, zone)}.${String(((millis % 1000) + 1000) % 1000).padStart(3, '0')}`;
}

/** Three significant digits. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '?';
  const abs = Math.abs(value);
  if (abs >= 1e9) return value.toExponential(2);
  if (abs >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (abs >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  if (abs >= 100) return value.toFixed(0);
  if (abs > 0 && abs < 1e-4) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 1) return '< 1 %';
  return `${Math.round(value)} %`;
}
