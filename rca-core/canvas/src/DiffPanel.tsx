import type { Diff } from './model';
import { Prose } from './parts';
import { percent } from './time';

const SIGNS = { context: ' ', removed: '−', added: '+' } as const;
const WORDS = { context: '', removed: 'removed', added: 'added' } as const;

/** Signs that are shown at once. */
const FIRST = 2;

export function DiffPanel({ diff }: { diff: Diff }) {
  const sign = (found: Diff['signs'][number], at: number) => (
    <li key={at}>
      <strong>{found.mechanism.replaceAll('_', ' ')}</strong> <span class="dim">{percent(found.strength)}</span> <Prose text={found.statement} />{' '}
      <span class="dim">{found.file}{found.line ? `:${found.line}` : ''}</span>
    </li>
  );
  return (
    <div class="diff">
      {diff.signs.length > 0 && (
        <div class="signs">
          <ul>{diff.signs.slice(0, FIRST).map(sign)}</ul>
          {diff.signs.length > FIRST && (
            <details><summary>{diff.signs.length - FIRST} weaker signs</summary><ul>{diff.signs.slice(FIRST).map(sign)}</ul></details>
          )}
        </div>
      )}
      {diff.harmless && <p class="harmless">Harmless: {diff.harmless}</p>}
      {diff.files.map((file, at) => (
        <div class="diff-file" key={at}>
          <h3><code>{file.path || '(no name)'}</code>{file.created && <span class="chip">new</span>}</h3>
          {file.hunks.map((hunk, n) => (
            <div class="hunk" key={n}>
              {hunk.header && <div class="hunk-head">{hunk.header}</div>}
              <table>
                <tbody>
                  {hunk.lines.map((line, row) => {
                    const sign = line.sign !== undefined ? diff.signs[line.sign] : undefined;
                    return (
                      <tr key={row} class={`line-${line.mark}${sign ? ' guilty' : ''}`}>
                        <td class="line-number">{line.number ?? ''}</td>
                        <td class="line-sign"><span aria-hidden="true">{SIGNS[line.mark]}</span><span class="sr-only">{WORDS[line.mark]}</span></td>
                        <td class="line-text"><code>{line.text}</code>{sign && <span class="guilt" title={sign.statement}> ◀ {sign.mechanism.replaceAll('_', ' ')}</span>}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          ))}
        </div>
      ))}
      {diff.omitted > 0 && <p class="dim">{diff.omitted} more lines are not shown.</p>}
    </div>
  );
}
