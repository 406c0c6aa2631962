import { useEffect, useRef, useState } from 'preact/hooks';
import type { Item } from './data';
import { Icon, SeverityBadge, Time } from './parts';
import { go } from './Timeline';
import type { Store } from './store';
import { useStore } from './store';
import { date } from './time';

const ROW = 38;
const AROUND = 8;

/** All events that pass the filter; only the rows in sight are in the page. */
export function EventList({ store, items }: { store: Store; items: Item[] }) {
  const selected = useStore(store, (state) => state.selected);
  const zone = useStore(store, (state) => state.zone);
  // Other days than that of the incident are named.
  const today = date(store.data.onset ?? store.data.window[0], zone);
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  const place = selected ? items.findIndex((item) => item.id === selected) : -1;

  useEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    // Old commits come first; the reader wants to begin where the timeline does.
    const start = items.findIndex((item) => item.time >= store.state.view[0]);
    if (place < 0 && start > 0) box.current!.scrollTop = start * ROW;
  }, []);
  useEffect(() => {
    const element = box.current!;
    if (place < 0) return;
    const at = place * ROW;
    if (at < element.scrollTop || at + ROW > element.scrollTop + element.clientHeight) {
      element.scrollTop = at - element.clientHeight / 2 + ROW;
    }
  }, [place]);

  const first = Math.max(0, Math.floor(top / ROW) - AROUND);
  const last = Math.min(items.length, Math.ceil((top + height) / ROW) + AROUND);
  const rows = items.slice(first, last);
  const keys = (event: KeyboardEvent) => {
    const by: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    const step = by[event.key];
    if (step !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      go(store, items, step);
    } else if (event.key === 'Enter' && selected) {
      document.getElementById('details')?.focus();
    }
  };
  return (
    <div class="events no-print">
      <div ref={box} class="event-list" role="listbox" tabIndex={0} aria-label={`${items.length} events by time`}
        aria-activedescendant={place >= first && place < last ? `event-${items[place]!.index}` : undefined}
        onScroll={(e) => setTop(e.currentTarget.scrollTop)} onKeyDown={keys}>
        <div class="event-space" role="presentation" style={{ height: `${items.length * ROW}px` }}>
          {rows.map((item, at) => (
            <div key={item.id} id={`event-${item.index}`} class={`event severity-edge-${item.severity}`} role="option"
              aria-selected={item.id === selected} aria-setsize={items.length} aria-posinset={first + at + 1}
              style={{ top: `${(first + at) * ROW}px`, height: `${ROW}px` }} onClick={() => store.select(item.id)}>
              <span class="event-time">{date(item.time, zone) !== today && <>{date(item.time, zone).slice(5)} </>}<Time store={store} at={item.time} short /></span>
              <Icon source={item.source} />
              <span class="sr-only">{item.source}</span>
              <span class="event-title">
                {item.entity && !item.title.startsWith(item.entity) && <span class="event-entity">{item.entity}</span>}
                {item.title}
              </span>
              {item.role && <span class={`role role-${item.role.replace(' ', '-')}`}>{item.role}</span>}
              {item.severity > 0 && <SeverityBadge severity={item.severity} />}
            </div>
          ))}
        </div>
      </div>
      {items.length === 0 && <p class="empty">No event passes the filter.</p>}
    </div>
  );
}
