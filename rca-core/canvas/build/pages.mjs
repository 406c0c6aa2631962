// Takes the picture of some pages of a PDF for the README: `npm run pages -- FILE.pdf PICTURE.png 1 4 6`. Needs pdftoppm.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const [pdf, picture, ...pages] = process.argv.slice(2);
if (!pdf || !picture || pages.length === 0) {
  console.error('usage: npm run pages -- FILE.pdf PICTURE.png PAGE...');
  process.exit(2);
}
const from = (path) => resolve(process.env.INIT_CWD ?? '.', path);
const folder = mkdtempSync(join(tmpdir(), 'rca-pages-'));
const sheets = pages.map((page) => {
  execFileSync('pdftoppm', ['-png', '-r', '110', '-f', page, '-l', page, from(pdf), join(folder, 'page')]);
  const [name] = readdirSync(folder);
  const sheet = readFileSync(join(folder, name)).toString('base64');
  rmSync(join(folder, name));
  return `<img src="data:image/png;base64,${sheet}">`;
});
rmSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.RCA_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const opened = await browser.newPage({ viewport: { width: 1200, height: 580 } });
await opened.setContent(`<style>body { margin: 0; display: flex; gap: 16px; padding: 16px; background: #e6e9ee; }
  img { width: 0; flex: 1; box-shadow: 0 1px 4px #0006; }</style>${sheets.join('')}`);
await opened.locator('img').last().evaluate((image) => image.decode());
await opened.screenshot({ path: from(picture) });
await browser.close();
console.log(`${picture}: ${statSync(from(picture)).size} bytes`);
