import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const program = path('../bin/winback.js');
const built = existsSync(path('../dist/main.js'));
const page = readFileSync(path('../../../docs/plugins.md'), 'utf8');

/** The files of the page: a name in backquotes on a line of its own, then a block. */
const files = new Map([...page.matchAll(/^`([^`\n]+)`\n\n```\w+\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => [name, text]));

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'winback-plugin-'));
  const plugin = join(home, 'node_modules/@acme/winback-plugin-monthly');
  mkdirSync(plugin, { recursive: true });
  mkdirSync(join(home, 'node_modules/@winback'));
  symlinkSync(path('../../../packages/core'), join(home, 'node_modules/@winback/core'));
  for (const [name, text] of files) writeFileSync(join(name === 'winback.config.json' ? home : plugin, name), text);
  mkdirSync(join(home, 'documents'));
  writeFileSync(join(home, 'documents/a.txt'), 'a');
  mkdirSync(join(home, 'usb'));
});
afterAll(() => {
  rmSync(home, { recursive: true });
});

const winback = (...argv: string[]): string =>
  execFileSync(process.execPath, [program, ...argv], { cwd: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

it('docs/plugins.md has the files of its plugin', () => {
  expect([...files.keys()].sort()).toEqual(['monthly-target-driver.js', 'package.json', 'plugin.js', 'winback.config.json']);
});

it('the plugin of docs/plugins.md works as the page says', (context) => {
  if (!built) context.skip('needs a build: npm run build');
  expect(winback('plugin', 'list')).toMatch(/@acme\/winback-plugin-monthly\/plugin\n[\s\S]*monthly: +a new \.bkf file each month/);
  winback('start', 'backup', '--include', 'documents', '--backup-target', `monthly:${join(home, 'usb')}`);
  const [made = ''] = readdirSync(join(home, 'usb'));
  expect(made).toMatch(/^office-\d{4}-\d\d\.bkf$/);
  expect(winback('get', 'versions', '--backup-target', `monthly:${join(home, 'usb')}`)).toContain('complete');
});

it('its wrong options and targets are errors that name it', (context) => {
  if (!built) context.skip('needs a build: npm run build');
  writeFileSync(join(home, 'wrong.json'), JSON.stringify({ plugins: [['@acme/winback-plugin-monthly/plugin', { prefix: 1 }]] }));
  expect(() => winback('plugin', 'list', '--config', 'wrong.json')).toThrow(
    /plugin @acme\/winback-plugin-monthly: failed while it was registered: prefix: expected a text, found number/,
  );
  expect(() => winback('get', 'versions', '--backup-target', 'monthly:usb')).toThrow(
    /monthly:usb: expected an absolute folder\n {2}hint: write monthly:\/mnt\/usb/,
  );
});
