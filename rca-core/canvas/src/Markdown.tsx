import type { ComponentChild } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Piece } from './markdown';
import { markdown } from './markdown';

/** What a person wrote, as Markdown. */
export function Markdown({ text }: { text: string }) {
  const pieces = useMemo(() => markdown(text), [text]);
  return <div class="markdown">{pieces.map(drawn)}</div>;
}

function drawn(piece: Piece | string, key: number): ComponentChild {
  if (typeof piece === 'string') return piece;
  const { tag: Tag, pieces, href, start } = piece;
  const inside = pieces.map(drawn);
  switch (Tag) {
    case 'br':
    case 'hr': return <Tag key={key} />;
    // The page's own headings are its outline.
    case 'heading': return <p key={key} class="markdown-heading"><strong>{inside}</strong></p>;
    case 'a': return <a key={key} href={href} target="_blank" rel="noopener noreferrer">{inside}</a>;
    case 'ol': return <ol key={key} start={start}>{inside}</ol>;
    // Wide lines scroll, by keys too.
    case 'pre': return <pre key={key} tabIndex={0}><code>{inside}</code></pre>;
    default: return <Tag key={key}>{inside}</Tag>;
  }
}
