// Which events are shown.

import type { Data, Item } from './data';

export interface Filter {
  text: string;
  /** Left out. */
  hiddenSources: ReadonlySet<string>;
  /** Left out, by place among the severities. */
  hiddenSeverities: ReadonlySet<number>;
  /** Empty for all. */
  entity: string;
  /** Only what the answer names. */
  named: boolean;
  /** Only what happened then. */
  range: [number, number] | null;
}

export const NO_FILTER: Filter = {
  text: '',
  hiddenSources: new Set(),
  hiddenSeverities: new Set(),
  entity: '',
  named: false,
  range: null,
};

export function isFiltering(filter: Filter): boolean {
  return (
    filter.text.trim() !== '' ||
    filter.hiddenSources.size > 0 ||
    filter.hiddenSeverities.size > 0 ||
    filter.entity !== '' ||
    filter.named ||
    filter.range !== null
  );
}

const haystacks = new WeakMap<Item, string>();

/** Everything that a search looks at, in lower case. Made when first asked for. */
function haystack(item: Item): string {
  let text = haystacks.get(item);
  if (text === undefined) {
    const { raw } = item;
    text = [item.title, item.entity, item.source, raw.event_type, raw.id, raw.body ?? '', (raw.tags ?? []).join(' '), JSON.stringify(raw.data ?? {})]
      .join('\n')
      .toLowerCase();
    haystacks.set(item, text);
  }
  return text;
}

/** Every word must occur; a word with a leading minus must not. */
export function words(text: string): { wanted: string[]; unwanted: string[] } {
  const all = text.toLowerCase().split(/\s+/).filter(Boolean);
  return {
    wanted: all.filter((word) => !word.startsWith('-') || word.length === 1),
    unwanted: all.filter((word) => word.startsWith('-') && word.length > 1).map((word) => word.slice(1)),
  };
}

/** The events that pass, in the order of time. */
export function apply(data: Data, filter: Filter): Item[] {
  const { wanted, unwanted } = words(filter.text);
  const { range } = filter;
  if (!isFiltering(filter)) return data.items;
  return data.items.filter((item) => {
    if (range && (item.time < range[0] || item.time > range[1])) return false;
    if (filter.named && !item.role) return false;
    if (filter.hiddenSources.has(item.source) || filter.hiddenSeverities.has(item.severity)) return false;
    if (filter.entity && item.entity !== filter.entity) return false;
    if (wanted.length + unwanted.length === 0) return true;
    const text = haystack(item);
    return wanted.every((word) => text.includes(word)) && !unwanted.some((word) => text.includes(word));
  });
}
