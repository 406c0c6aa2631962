// Files that the reader takes away.

import type { Store } from './store';

function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file name of letters, digits and dashes. */
export function slug(title: string): string {
  const plain = title.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return plain.slice(0, 60).replace(/-+$/, '') || 'investigation';
}

export function saveEdits(store: Store): void {
  const text = `${JSON.stringify(store.edits(), null, 2)}\n`;
  download(`${slug(store.data.document.case.title)}.edits.json`, 'application/json', text);
  store.set({ unsaved: false, announcement: 'Notes and hypotheses saved' });
}

/** JSON that can stand in a script element. */
export function safeJson(value: unknown): string {
  const escapes: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' };
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => escapes[c]!);
}

/** This page as it was opened, with the edits inside. */
export function savePage(store: Store): void {
  const copy = document.documentElement.cloneNode(true) as HTMLElement;
  copy.removeAttribute('data-theme');
  const app = copy.querySelector('#app');
  if (app) app.innerHTML = '<p class="loading">Reading the investigation…</p>';
  const edits = copy.querySelector('#rca-edits');
  if (edits) edits.textContent = safeJson(store.edits());
  download(`${slug(store.data.document.case.title)}.html`, 'text/html', `<!doctype html>\n${copy.outerHTML}\n`);
  store.set({ unsaved: false, announcement: 'Page saved with its notes' });
}
