// Small parts that many sections use.

import type { ComponentChildren } from 'preact';
import { iconPath, sourceName } from './icons';
import type { Store } from './store';
import { useStore } from './store';
import { moment, clock, zoneName } from './time';

export function Icon({ source, size = 16 }: { source: string; size?: number }) {
  return (
    <svg class={`icon icon-${/^[a-z_]+$/.test(source) ? source : 'other'}`} viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <path d={iconPath(source)} />
    </svg>
  );
}

const NAMES = ['info', 'low', 'medium', 'high', 'critical'];

export function SeverityBadge({ severity }: { severity: number }) {
  const name = NAMES[severity] ?? 'info';
  return <span class={`severity severity-${name}`}>{name}</span>;
}

/** A moment in the reader's zone, with the other one in its title. */
export function Time({ store, at, short = false }: { store: Store; at: number | string | null | undefined; short?: boolean }) {
  const zone = useStore(store, (state) => state.zone);
  if (at === null || at === undefined) return null;
  const millis = typeof at === 'number' ? at : Date.parse(at);
  if (!Number.isFinite(millis)) return <span>?</span>;
  const iso = new Date(millis).toISOString();
  return (
    <time dateTime={iso} title={iso}>
      {short ? clock(millis, zone) : `${moment(millis, zone)} ${zoneName(zone, millis)}`}
    </time>
  );
}

/** A link to an event; plain text when the page does not hold it. */
export function EventLink({ store, id, children }: { store: Store; id: string | null | undefined; children: ComponentChildren }) {
  const item = id ? store.data.byId.get(id) : undefined;
  if (!item) return <>{children}</>;
  return (
    <a class="event-link" href={`#event=${encodeURIComponent(item.id)}`} title={`${sourceName(item.source)}: ${item.title}`}
      onClick={(click) => {
        click.preventDefault();
        store.select(item.id);
      }}>
      {children}
    </a>
  );
}

export function Section({ id, title, aside, children }: { id: string; title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section id={id} class={`section section-${id}`} aria-labelledby={`${id}-title`}>
      <div class="section-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside && <div class="section-aside">{aside}</div>}
      </div>
      {children}
    </section>
  );
}

/** A sentence of the library, with what stands in backticks as code. */
export function Prose({ text }: { text: string }) {
  const parts = text.split('`');
  // An odd number of backticks is no pair of quotes, but somebody's text.
  if (parts.length % 2 === 0) return <>{text}</>;
  return <>{parts.map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part))}</>;
}
