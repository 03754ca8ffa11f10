import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../packages/core/src/index.js';

const root = join(import.meta.dirname, '..');
const packages = readdirSync(join(root, 'packages'));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  ...packages.map((name) => `packages/${name}/README.md`),
  'apps/cli/README.md',
];
const built = packages.every((name) => existsSync(join(root, 'packages', name, 'dist/index.js')));
const needsBuild = 'needs a build: npm run build';

interface Example {
  /** Page and number of its block, as a file name. */
  readonly name: string;
  readonly run: boolean;
  readonly source: string;
}

const examples = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts( run)?\n([\s\S]*?)^```$/gm)].map(([, run, source = ''], i): Example => ({
    name: `${page.replace(/\W/g, '-')}-${String(i + 1)}`,
    run: run !== undefined,
    source,
  })),
);

/** A folder like a user's: the packages are installed there, built. */
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'winback-examples-'));
  const modules = join(home, 'node_modules');
  mkdirSync(join(modules, '@winback'), { recursive: true });
  for (const name of packages) symlinkSync(join(root, 'packages', name), join(modules, '@winback', name), 'junction');
  for (const name of ['vitest', '@types']) symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction');
  writeFileSync(join(home, 'package.json'), '{ "type": "module" }');
  for (const { name, source } of examples) writeFileSync(join(home, `${name}.ts`), source);
});
afterAll(() => {
  rmSync(home, { recursive: true });
});

describe('TypeScript in the documents', () => {
  it('is there', () => {
    expect(examples.filter((example) => example.run).length).toBeGreaterThanOrEqual(packages.length);
  });

  it('type-checks against the packages as they are published', (context) => {
    if (!built) context.skip(needsBuild);
    const program = ts.createProgram(
      examples.map(({ name }) => join(home, `${name}.ts`)),
      {
        strict: true,
        noEmit: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
        types: ['node'],
        typeRoots: [join(home, 'node_modules/@types')],
        skipLibCheck: true,
        moduleDetection: ts.ModuleDetectionKind.Force,
      },
    );
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      return `${file?.fileName.slice(home.length + 1) ?? ''}:${String(line)} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    expect(problems).toEqual([]);
  });

  it.each(examples.filter((example) => example.run))('$name runs', ({ name, source }) => {
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(join(home, `${name}.js`), outputText);
    const output = execFileSync(process.execPath, [`${name}.js`], { cwd: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    expect(output).not.toBe('');
  });
});

describe('a package’s README', () => {
  it.each([...packages.map((name) => `packages/${name}`), 'apps/cli'])('%s has its sections in the usual order', (folder) => {
    const text = readFileSync(join(root, folder, 'README.md'), 'utf8');
    const headings = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
    const usual = ['Where it works', 'Formats', 'Not supported', 'Errors', 'Extending'];
    expect(headings.filter((heading) => usual.includes(heading))).toEqual(usual.filter((heading) => headings.includes(heading)));
    expect(headings).toEqual(expect.arrayContaining(['Where it works', 'Not supported']));
    expect(text).toMatch(/^# @winback\/[\w-]+\n\n[^#]*npm install /);
    if (folder.startsWith('packages/')) expect(headings).toContain('Errors');
  });

  it.each(packages)('of %s names errors that exist', (name) => {
    const text = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8');
    const [, section = ''] = /^## Errors\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(text) ?? [];
    const named = [...section.matchAll(/`([A-Z]+(?:_[A-Z]+)*(?:_\*)?)`/g)].map(([, code = '']) => code);
    expect(named.length).toBeGreaterThan(0);
    const exists = (code: string): boolean =>
      Object.keys(ERROR_CODES).some((known) => (code.endsWith('*') ? known.startsWith(code.slice(0, -1)) : known === code));
    expect(named.filter((code) => !exists(code))).toEqual([]);
  });
});
