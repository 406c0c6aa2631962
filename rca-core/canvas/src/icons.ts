// Icons of sources, 16 by 16, one path each: drawn by SVG and on the canvas alike.

export const ICONS: Record<string, string> = {
  git: 'M4 2a2 2 0 0 1 .75 3.85v4.3A2 2 0 1 1 3.25 10.15v-4.3A2 2 0 0 1 4 2zm8 1a2 2 0 0 1 .74 3.86C12.5 9.2 10.6 9.9 8.4 10.2c-1 .13-1.9.27-2.6.6v-1.6c.8-.2 1.6-.33 2.4-.43 1.9-.25 2.9-.7 3-1.93A2 2 0 0 1 12 3z',
  ci: 'M8 1.5A6.5 6.5 0 1 1 8 14.5 6.5 6.5 0 0 1 8 1.5zm0 1.5a5 5 0 1 0 0 10A5 5 0 0 0 8 3zm2.6 2.9 1.1 1.1-4.3 4.3L4.6 8.5l1.1-1.1 1.7 1.7z',
  deploy: 'M8 1c2.4 1.4 3.6 3.6 3.6 6.4L13.5 10v3l-2.6-1.6H5.1L2.5 13v-3l1.9-2.6C4.4 4.6 5.6 2.4 8 1zm0 4.2a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8zM6.6 12.4h2.8L8 15z',
  flag: 'M3 1.5h1.5v1h8l-2 3.25 2 3.25h-8v5.5H3z',
  status_page: 'M4.5 12.5A3.5 3.5 0 0 1 4 5.55 4.5 4.5 0 0 1 12.6 7 2.8 2.8 0 0 1 12.2 12.5z',
  manual: 'M8 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6zm0 7c3.2 0 5.5 1.6 5.5 4v1h-11v-1c0-2.4 2.3-4 5.5-4z',
  alert: 'M8 1.5 15 14H1zm-.8 4.7.2 4h1.2l.2-4zm.8 5a.9.9 0 1 0 0 1.8.9.9 0 0 0 0-1.8z',
  metrics: 'M1.5 2H3v10.5h11.5V14h-13zm3 8.2 2.7-4 2.4 2.2 3.3-4.9 1.2.8-4.2 6.3-2.5-2.2-1.7 2.6z',
  traces: 'M1.5 2.5h8v2.4h-8zm3 4.3h7v2.4h-7zm4 4.3h6v2.4h-6z',
  logs: 'M2 2.5h12V4H2zm0 3.2h9v1.5H2zm0 3.2h12v1.5H2zm0 3.1h7v1.5H2z',
  other: 'M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3z',
};

export const SOURCE_NAMES: Record<string, string> = {
  git: 'Commits',
  ci: 'CI',
  deploy: 'Deploys',
  flag: 'Flags',
  status_page: 'Status pages',
  manual: 'People',
  alert: 'Alerts',
  metrics: 'Metrics',
  traces: 'Traces',
  logs: 'Logs',
};

/** What a table says of a name that comes from the data, which may be `constructor`. */
export function lookup<T>(table: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

export function iconPath(source: string): string {
  return lookup(ICONS, source) ?? ICONS.other!;
}

export function sourceName(source: string): string {
  return lookup(SOURCE_NAMES, source) ?? source;
}
