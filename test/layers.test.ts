import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

/** The real configuration without the rules that need types: the files below do not exist. */
const eslint = new ESLint({ overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }] });

async function rulesBrokenBy(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath });
  return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
}

const layers: [file: string, code: string][] = [
  ['packages/tape/src/a.ts', `import { b } from '@winback/vss'; b();`],
  ['packages/tape/src/a.ts', `export * from '@winback/wsb/plugin';`],
  ['packages/tape/src/a.ts', `export const load = () => import('@winback/vss');`],
  ['packages/tape/src/a.ts', `export type B = import('@winback/vss').B;`],
  ['packages/tape/src/a.ts', `import { b } from '../../vss/src/b.js'; b();`],
  ['packages/tape/test/a.test.ts', `import { b } from '@winback/vss'; b();`],
  ['packages/core/src/a.ts', `import { b } from '@winback/tape'; b();`],
  ['packages/core/src/a.ts', `import { container } from 'tsyringe'; container.reset();`],
  ['packages/vss/src/di.ts', `import 'reflect-metadata';`],
  ['packages/vss/src/a.ts', `import koffi from 'koffi'; koffi.reset();`],
  ['packages/vss/src/a.ts', `import { createRequire } from 'node:module'; createRequire(import.meta.url)('koffi');`],
  ['packages/core/src/a.ts', `import { it } from 'vitest'; it('x');`],
  ['packages/core/src/a.ts', `import { b } from '../test/b.js'; b();`],
  ['packages/core/src/stream/a.layout.ts', `import { b } from '../errors/index.js'; b();`],
  ['packages/tape/src/a.layout.ts', `import { b } from 'node:fs'; b();`],
];

const allowed: [file: string, code: string][] = [
  ['packages/core/src/di.ts', `import 'reflect-metadata'; export * from 'tsyringe';`],
  ['packages/core/src/ffi/a.ts', `import koffi from 'koffi'; koffi.reset();`],
  ['packages/tape/src/win/ffi/a.ts', `import koffi from 'koffi'; koffi.reset();`],
  ['packages/tape/src/a.ts', `import { b } from '@winback/core'; b();`],
  [
    'packages/tape/test/a.test.ts',
    `import { c } from '@winback/core/testing'; import { b } from '../src/b.js'; import { it } from 'vitest'; it(b, c);`,
  ],
  ['packages/core/src/stream/a.layout.ts', `import { u32 } from '../binary/index.js'; import { B } from './b.layout.js'; u32(B);`],
  ['packages/tape/src/a.layout.ts', `import { u32 } from '@winback/core'; u32();`],
  ['apps/cli/src/a.ts', `import { b } from '@winback/tape'; import { c } from '@winback/vss'; b(c);`],
  ['packages/core/src/ports/platform.ts', `export const os = process.platform;`],
  ['packages/tape/src/plugin.ts', `export default {};`],
];

const others: [rule: string, file: string, code: string][] = [
  ['no-restricted-properties', 'packages/tape/src/a.ts', `export const os = process.platform;`],
  ['no-restricted-properties', 'apps/cli/src/a.ts', `export const { platform } = process;`],
  ['no-restricted-imports', 'packages/tape/src/a.ts', `import { platform } from 'node:os'; platform();`],
  ['no-restricted-syntax', 'packages/tape/src/a.ts', `export enum A { B }`],
  ['no-restricted-syntax', 'packages/tape/test/a.test.ts', `export enum A { B }`],
  ['no-restricted-syntax', 'packages/tape/src/a.ts', `export namespace A { export const b = 1; }`],
  ['no-restricted-syntax', 'packages/tape/src/a.ts', `export default {};`],
  ['no-restricted-syntax', 'packages/tape/src/a.ts', `try { a(); } catch { b(); }`],
  ['@typescript-eslint/no-explicit-any', 'packages/tape/src/a.ts', `export const a = (b: any) => b;`],
  ['max-lines', 'packages/tape/src/a.ts', 'export {};\n'.repeat(401)],
];

describe('layers', () => {
  it.each(layers)('%s must not: %s', async (file, code) => {
    expect(await rulesBrokenBy(file, code)).toContain('winback/layers');
  });

  it.each(allowed)('%s may: %s', async (file, code) => {
    expect(await rulesBrokenBy(file, code)).toEqual([]);
  });
});

describe('other rules of the source', () => {
  it.each(others)('%s in %s', async (rule, file, code) => {
    expect(await rulesBrokenBy(file, code)).toContain(rule);
  });
});
