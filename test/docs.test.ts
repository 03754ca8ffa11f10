import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as core from '../packages/core/src/index.js';
import * as efsRaw from '../packages/efs-raw/src/index.js';
import * as ntfs from '../packages/ntfs/src/index.js';
import * as tape from '../packages/tape/src/index.js';
import * as vss from '../packages/vss/src/index.js';
import { errorsPage, formatsPage } from '../scripts/lib/generated-docs.mjs';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Every source file of every package. */
const sources = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(join(root, parent), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\/src\/.*\.ts$/.test(path) && !path.includes('node_modules'))
    .map((path) => join(parent, path)),
);

describe('generated pages are up to date (npm run docs)', () => {
  it('docs/errors.md', () => {
    expect(read('docs/errors.md')).toBe(errorsPage(core));
  });

  it('docs/formats.md', () => {
    const packages = [
      ['@winback/core', core.layouts],
      ['@winback/efs-raw', efsRaw.layouts],
      ['@winback/ntfs', ntfs.layouts],
      ['@winback/tape', tape.layouts],
      ['@winback/vss', vss.layouts],
    ] as const;
    expect(read('docs/formats.md')).toBe(formatsPage(core, packages));
  });

  it('docs/formats.md has every table that a *.layout.ts declares', () => {
    const declared = sources
      .filter((path) => path.endsWith('.layout.ts'))
      .flatMap((path) => [...read(path).matchAll(/ = struct\('([^']+)'/g)]);
    expect(declared.length).toBeGreaterThan(30);
    const page = read('docs/formats.md');
    expect(declared.map(([, name = '']) => name).filter((name) => !page.includes(`### ${name} (`))).toEqual([]);
  });
});

describe('error codes', () => {
  it('every code that a @throws names exists', () => {
    expect(sources.length).toBeGreaterThan(50);
    const families = new Set(Object.keys(core.ERROR_CODES).map((code) => code.split('_')[0]));
    const wrong = sources.flatMap((path) =>
      [...read(path).matchAll(/@throws ([^\n]*)/g)].flatMap(([, text = '']) =>
        [...text.matchAll(/\b([A-Z]+_[A-Z_]*[A-Z])\b/g)]
          .filter(([, code = '']) => families.has(code.split('_')[0]) && !(code in core.ERROR_CODES))
          .map(([, code = '']) => `${path}: ${code}`),
      ),
    );
    expect(wrong).toEqual([]);
  });
});

describe('links between documents', () => {
  const folders = ['packages', 'apps'].flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`));
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
    ...folders.map((folder) => `${folder}/README.md`),
  ];
  it.each(pages)('%s', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)/g)].map(([, link = '']) => link);
    const missing = links.filter((link) => {
      try {
        readFileSync(join(root, dirname(page), link));
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code !== 'EISDIR';
      }
    });
    expect(missing).toEqual([]);
  });
});
