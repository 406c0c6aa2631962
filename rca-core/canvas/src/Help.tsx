import { useEffect, useRef } from 'preact/hooks';
import type { Store } from './store';
import { useStore } from './store';

const KEYS: [string, string][] = [
  ['/', 'search'],
  ['← → ↑ ↓', 'from event to event (timeline and list)'],
  ['j k', 'next and previous event, from anywhere'],
  ['Home End', 'first and last event'],
  ['+ − 0', 'zoom in, out, back to the incident (timeline, graph)'],
  ['Page ↑ Page ↓', 'earlier and later (timeline)'],
  ['Enter', 'from the list to the details'],
  ['Esc', 'close details, help, search'],
  ['Ctrl + S', 'save notes and hypotheses as JSON'],
  ['?', 'this help'],
];

export function Help({ store }: { store: Store }) {
  const open = useStore(store, (state) => state.help);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    if (open && !element.open) element.showModal();
    if (!open && element.open) element.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => store.set({ help: false })}>
      <h2 id="help-title">Keyboard</h2>
      <dl class="fields">{KEYS.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}</dl>
      <p class="dim">Notes stay in this browser until you save them. “Save edits” writes a file that the library takes in; “Save page” writes this page with your notes inside. The address leads to the selected event.</p>
      <button type="button" class="button" autoFocus onClick={() => store.set({ help: false })}>Close</button>
    </dialog>
  );
}
