import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AnyStruct } from '@winback/core';
import { windowsTapeLayouts } from '../../src/win32/layouts/index.js';

/** Has Microsoft's declarations of 64-bit Windows. */
const COMPILER = 'x86_64-w64-mingw32-gcc';

/** Our names as Microsoft spells them, where that is more than a capital at the beginning. */
const SPELLED: Readonly<Record<string, string>> = { ecc: 'ECC', eotWarningZoneSize: 'EOTWarningZoneSize' };
const spelled = (field: string): string => SPELLED[field] ?? field[0]!.toUpperCase() + field.slice(1);

const hasCompiler = ((): boolean => {
  try {
    execFileSync(COMPILER, ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return false;
  }
})();

/** What the compiler complains about in a C file with these lines; '' where it does not. */
function complaints(lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'winback-layout-'));
  try {
    const file = join(folder, 'layout.c');
    writeFileSync(file, ['#define WIN32_LEAN_AND_MEAN', '#include <windows.h>', '#include <stddef.h>', ...lines, ''].join('\n'));
    execFileSync(COMPILER, ['-fsyntax-only', '-std=c11', '-Werror', file], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
    return '';
  } catch (error) {
    if (!(error instanceof Error) || !('stderr' in error)) throw error;
    return String(error.stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** That the table and the declaration agree, for the compiler to check. */
function assertions({ name, size, rows }: AnyStruct): string[] {
  const fields = rows.filter(([, field]) => !field.startsWith('reserved'));
  return [
    `_Static_assert(sizeof(${name}) == ${size}, "sizeof ${name}");`,
    ...fields.flatMap(([offset, field, codec]) => [
      `_Static_assert(offsetof(${name}, ${spelled(field)}) == ${offset}, "${name}.${field}");`,
      `_Static_assert(sizeof(((${name} *)0)->${spelled(field)}) == ${codec.size}, "size of ${name}.${field}");`,
    ]),
  ];
}

describe.skipIf(!hasCompiler)(`Windows' structures as its headers declare them (needs ${COMPILER})`, () => {
  it('have the sizes and offsets of our tables', () => {
    expect(windowsTapeLayouts.length).toBeGreaterThan(0);
    expect(complaints(windowsTapeLayouts.flatMap(assertions))).toBe('');
  });

  it('are compared in earnest', () => {
    expect(complaints(['_Static_assert(sizeof(TAPE_ERASE) == 7, "sizeof TAPE_ERASE");'])).toMatch(/static assertion failed/);
    expect(complaints(['_Static_assert(offsetof(TAPE_ERASE, Typ) == 0, "");'])).toMatch(/no member/);
  });

  it('have the constants that the port has, by value', async () => {
    const api = await import('../../src/api/index.js');
    const of = (table: Readonly<Record<string, number>>, prefix: string, suffix = ''): string[] =>
      Object.entries(table).map(([name, value]) => `_Static_assert((${prefix}${name}${suffix}) == ${value}, "${name}");`);
    const high = Object.entries(api.FeaturesHigh).map(
      ([name, value]) => `_Static_assert(TAPE_DRIVE_${name} == (0x80000000 | ${value}), "${name}");`,
    );
    const lines = [
      ...of(api.TapeErase, 'TAPE_ERASE_'),
      ...of(api.TapePrepare, 'TAPE_'),
      ...of(api.TapemarkType, 'TAPE_'),
      ...of(api.TapePositionType, 'TAPE_', '_POSITION'),
      ...of(api.TapePositionMethod, 'TAPE_'),
      ...of(api.TapePartitionMethod, 'TAPE_', '_PARTITIONS'),
      ...of(api.FeaturesLow, 'TAPE_DRIVE_'),
      ...of(api.TapeStatus, ''),
      ...high,
    ];
    expect(complaints(lines)).toBe('');
  });
});
