// Puts script and style into the page, with a policy that allows just these. `--check` compares with what is
// checked in instead of writing it.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, '../src/report/canvas/page.html');
const read = (name) => readFileSync(join(root, name), 'utf8');
const hash = (text) => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

/** Bundled libraries with what they hold; their licences ask for the notice to travel along. */
const LIBRARIES = ['preact', 'uplot', 'cytoscape', 'markdown-it', 'linkify-it', 'mdurl', 'uc.micro', 'entities', 'punycode.js'];

// The element's end must not stand in its text. In a script that can only be inside of a string or a comment.
const script = read('dist/page.js').trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '\\x3c!--');
const style = read('dist/page.css').trim();
// The graph library would add this rule itself, which the policy forbids; with the element there it does not.
const graphStyle = '.__________cytoscape_container { position: relative; }';
if (/<\/style/i.test(style)) throw new Error('the style sheet holds </style');

const licences = LIBRARIES.map((name) => {
  const { version } = JSON.parse(read(`node_modules/${name}/package.json`));
  const file = readdirSync(join(root, 'node_modules', name)).find((found) => /^licen[cs]e/i.test(found));
  if (!file) throw new Error(`${name} has no licence`);
  return `${name} ${version}\n\n${read(`node_modules/${name}/${file}`).trim()}`;
}).join('\n\n');

const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)} ${hash(graphStyle)}`,
  'img-src data: blob:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const parts = {
  '%CSP%': policy,
  '%LICENCES%': ` This page holds the libraries below.\n\n${licences.replaceAll('--', '- -')}\n`,
  '%STYLE%': style,
  '%GRAPH_STYLE%': graphStyle,
  '%SCRIPT%': script,
};
let page = read('index.html');
for (const mark of ['%RCA_TITLE%', '%RCA_DATA%']) {
  if (page.split(mark).length !== 2) throw new Error(`index.html must hold ${mark} once`);
}
for (const [mark, text] of Object.entries(parts)) page = page.replace(mark, () => text);
for (const mark of ['%RCA_TITLE%', '%RCA_DATA%']) {
  if (page.split(mark).length !== 2) throw new Error(`the page must hold ${mark} once`);
}
const bytes = Buffer.byteLength(page);
if (bytes > 1_000_000) throw new Error(`the page has ${bytes} bytes, more than 1 MB`);

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== page) {
    console.error('src/report/canvas/page.html is not what the sources build: run `npm run build` in rca-core/canvas');
    process.exit(1);
  }
  console.log(`page.html is what the sources build (${bytes} bytes)`);
} else {
  writeFileSync(target, page);
  console.log(`page.html written (${bytes} bytes)`);
}
