import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findConfig, isWinbackError, readConfig } from '../../src/index.js';
import { jsonErrorPlace } from '../../src/plugin/json-error.js';

const app = fileURLToPath(new URL('fixtures/app', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'winback-config-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

function configOf(text: string): string {
  const file = join(mkdtempSync(join(scratch, 'c-')), 'winback.config.json');
  writeFileSync(file, text);
  return file;
}

function failure(run: () => unknown): { code: string; message: string; details: Record<string, unknown>; hint?: string | undefined } {
  try {
    run();
  } catch (error) {
    if (isWinbackError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('winback.config.json', () => {
  it('is found from a folder below it', () => {
    const config = findConfig(join(app, 'sub/deeper'));
    expect(config?.file).toBe(join(app, 'winback.config.json'));
    expect(config?.plugins).toEqual([
      { specifier: '@acme/winback-plugin-lto/plugin', options: { changer: '/dev/sg3' } },
      { specifier: './local-plugin.mjs' },
    ]);
  });

  it('need not exist', () => {
    expect(findConfig(scratch)).toBeUndefined();
    expect(readConfig(configOf('{}')).plugins).toEqual([]);
    expect(readConfig(configOf('\ufeff{"$schema": "x", "plugins": []}')).plugins).toEqual([]);
  });

  it('names line and column of what is no JSON', () => {
    const file = configOf('{\n  "plugins": [\n    "a",\n  ]\n}\n');
    const error = failure(() => readConfig(file));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: `${file}:4:3: not valid JSON`, details: { line: 4, column: 3 } });
    expect(error.hint).toContain('line 4');
  });

  it.each([
    ['[]', 'expected an object, found an array'],
    ['null', 'expected an object, found null'],
    ['{"plugin": []}', 'unknown setting "plugin"'],
    ['{"plugins": {}}', 'plugins: expected an array, found a object'],
    ['{"plugins": ["a", 3]}', 'plugins[1]: expected "PACKAGE"'],
    ['{"plugins": [["a", {}, {}]]}', 'plugins[0]: expected "PACKAGE"'],
    ['{"plugins": [""]}', 'plugins[0]: expected "PACKAGE"'],
  ])('%s is refused', (text, message) => {
    const error = failure(() => readConfig(configOf(text)));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message);
  });

  it('that cannot be read is named', () => {
    expect(failure(() => readConfig(join(scratch, 'none.json')))).toMatchObject({ code: 'CONFIG_INVALID', details: { errno: 'ENOENT' } });
  });

  it('of another user is not run, unless it is named', (context) => {
    if (process.geteuid?.() !== 0) context.skip('needs root, to give a file to another user');
    const file = configOf('{}');
    chownSync(file, 65534, 65534);
    const error = failure(() => findConfig(join(file, '..')));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('belongs to user 65534');
    expect(error.hint).toContain(`--config ${file}`);
    expect(readConfig(file).plugins).toEqual([]);
  });

  it('that everybody may write to is not run', () => {
    const file = configOf('{}');
    chmodSync(file, 0o666);
    expect(failure(() => findConfig(join(file, '..'))).message).toContain('every user may write');
  });

  it('is a file, not a folder of that name', () => {
    const folder = mkdtempSync(join(scratch, 'd-'));
    mkdirSync(join(folder, 'winback.config.json'));
    expect(findConfig(folder)).toBeUndefined();
  });
});

describe('the place of a JSON error', () => {
  it.each([
    ['', 1, 1],
    ['{', 1, 2],
    ['{"a" 1}', 1, 6],
    ['[1,]', 1, 4],
    ['[01]', 1, 3],
    ['{"a": "b\n"}', 1, 7],
    ['[] x', 1, 4],
    ['{\n"a": tru }', 2, 6],
  ])('%j: line %i, column %i', (text, line, column) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(jsonErrorPlace(text)).toEqual({ line, column });
  });

  it('is the end for everything that JSON.parse accepts', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(jsonErrorPlace(`${text} `).column).toBe(text.length + 2);
      }),
    );
  });

  it('is found in hostile depth without overflowing the stack', () => {
    expect(jsonErrorPlace('['.repeat(100_000)).line).toBe(1);
  });
});
