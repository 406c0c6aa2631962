// Markdown of notes as a tree of a few elements. Nothing here is HTML: what is drawn from the tree are elements with
// texts in them, so a text can never become markup.

import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';

export type Tag = 'p' | 'heading' | 'strong' | 'em' | 'code' | 'pre' | 'blockquote' | 'ul' | 'ol' | 'li' | 'a' | 'br' | 'hr';

export interface Piece {
  tag: Tag;
  pieces: (Piece | string)[];
  /** Of links: absolute, and http, https or mailto. */
  href?: string;
  /** The first number of an ordered list. */
  start?: number;
}

/** CommonMark without HTML and pictures (their addresses are links), with bare addresses as links and lines kept. */
const parser = new MarkdownIt('commonmark', { html: false, linkify: true }).enable('linkify').disable('image');
// What looks like a name with a dot is more often a file or a host than an address.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
// Every link is looked at below; one that is refused shall stand as text, not as its source.
parser.validateLink = () => true;

const TAGS: Record<string, Tag> = {
  paragraph: 'p', heading: 'heading', strong: 'strong', em: 'em', blockquote: 'blockquote', bullet_list: 'ul', ordered_list: 'ol', list_item: 'li', link: 'a',
};
const SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/** The address when a click may lead there. */
export function safeHref(href: string): string | null {
  if (!URL.canParse(href)) return null;
  const url = new URL(href);
  return SCHEMES.has(url.protocol) ? url.href : null;
}

export function markdown(text: string): (Piece | string)[] {
  return tree(parser.parse(text, {}));
}

function tree(tokens: Token[]): (Piece | string)[] {
  const root: Piece = { tag: 'p', pieces: [] };
  const open = [root];
  const put = (...pieces: (Piece | string)[]) => open[open.length - 1]!.pieces.push(...pieces);
  for (const token of tokens) {
    const tag = TAGS[token.type.replace(/_(open|close)$/, '')];
    if (token.type === 'inline') put(...tree(token.children ?? []));
    else if (token.hidden) continue;
    else if (token.nesting === 1) open.push(begun(tag, token));
    else if (token.nesting === -1) {
      const done = open.length > 1 ? open.pop()! : null;
      // A link that leads nowhere is its words.
      if (done) put(...(done.tag === 'a' && !done.href ? done.pieces : [done]));
    } else put(leaf(token));
  }
  return root.pieces;
}

function begun(tag: Tag | undefined, token: Token): Piece {
  const piece: Piece = { tag: tag ?? 'p', pieces: [] };
  const href = tag === 'a' && safeHref(String(token.attrGet('href') ?? ''));
  if (href) piece.href = href;
  const start = tag === 'ol' ? Number(token.attrGet('start') ?? 1) : 1;
  if (start !== 1) piece.start = start;
  return piece;
}

function leaf(token: Token): Piece | string {
  switch (token.type) {
    case 'softbreak':
    case 'hardbreak': return { tag: 'br', pieces: [] };
    case 'hr': return { tag: 'hr', pieces: [] };
    case 'code_inline': return { tag: 'code', pieces: [token.content] };
    case 'fence':
    case 'code_block': return { tag: 'pre', pieces: [token.content.replace(/\n$/, '')] };
    default: return token.content;
  }
}
