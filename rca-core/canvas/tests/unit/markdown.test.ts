import { describe, expect, it } from 'vitest';
import type { Piece } from '../../src/markdown';
import { markdown, safeHref } from '../../src/markdown';

/** The tree in short: `p(text strong(text))`. */
const short = (pieces: (Piece | string)[]): string =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : `${piece.tag}${piece.href ? `[${piece.href}]` : ''}(${short(piece.pieces)})`)).join('');
const all = (pieces: (Piece | string)[]): Piece[] => pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece, ...all(piece.pieces)]));
const words = (pieces: (Piece | string)[]): string => pieces.map((piece) => (typeof piece === 'string' ? piece : words(piece.pieces))).join('');

describe('markdown of notes', () => {
  it('is what people write in notes', () => {
    expect(short(markdown('The **pool** was *empty*, see `pool.max`.'))).toBe('p(The strong(pool) was em(empty), see code(pool.max).)');
    expect(short(markdown('# Plan\n\n- one\n- two\n\n3. three'))).toBe('heading(Plan)ul(li(one)li(two))ol(li(three))');
    expect(markdown('3. three')[0]).toMatchObject({ tag: 'ol', start: 3 });
    expect(short(markdown('> said\n\n```\nlet a = "<b>";\n```\n---'))).toBe('blockquote(p(said))pre(let a = "<b>";)hr()');
    expect(short(markdown('one\ntwo'))).toBe('p(onebr()two)');
    expect(short(markdown('AT&amp;T &lt;b&gt; \\*no\\*'))).toBe('p(AT&T <b> *no*)');
  });
  it('links only where a click may lead', () => {
    expect(short(markdown('[runbook](https://example.com/a?b=1&c=2) or https://example.com/x.'))).toBe('p(a[https://example.com/a?b=1&c=2](runbook) or a[https://example.com/x](https://example.com/x).)');
    expect(short(markdown('<mailto:ann@example.com>'))).toBe('p(a[mailto:ann@example.com](mailto:ann@example.com))');
    expect(short(markdown('![picture](https://example.com/p.png)'))).toBe('p(!a[https://example.com/p.png](picture))');
    for (const href of ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\tscript:alert(1)', '&#106;avascript:alert(1)', 'data:text/html,<script>1</script>', 'vbscript:x', 'file:///etc/passwd', '//example.com', '/x', '#x', 'blob:https://example.com/1', 'x']) {
      const pieces = markdown(`[go](<${href}>)`);
      expect(all(pieces).filter((piece) => piece.tag === 'a'), href).toEqual([]);
      expect(words(pieces), href).toContain('go');
      expect(safeHref(href), href).toBeNull();
    }
    expect(short(markdown('main.rs and notes.io stay words'))).toBe('p(main.rs and notes.io stay words)');
  });
  it('has no HTML', () => {
    for (const text of ['<img src=x onerror=alert(1)>', '<b>bold</b>', 'a <!-- b --> c', '<script>alert(1)</script>', '<?php ?>', '<div>\n\n**x**\n\n</div>']) {
      expect(words(markdown(text)).replaceAll('x', '')).toBe(text.replaceAll('**', '').replaceAll('\n', '').replaceAll('x', ''));
    }
  });
  it('comes to an end with texts that are made to have none', () => {
    for (const text of ['['.repeat(20_000), '*a '.repeat(6_000), '> '.repeat(10_000), '`'.repeat(19_999), '- '.repeat(9_000), '_a__b'.repeat(4_000), 'http://'.repeat(2_800), '[a]('.repeat(5_000), '<'.repeat(20_000), '\\'.repeat(20_000), '&#'.repeat(10_000)]) {
      expect(markdown(text).length, text.slice(0, 8)).toBeGreaterThan(0);
    }
  });
});
