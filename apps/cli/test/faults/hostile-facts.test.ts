import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IMAGE_KINDS, mountImage, type MountedImage } from '@winback/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileFiles, writeSet } from './hostile-set.js';
import { home, json, useHome } from './program.js';

/** Everything below a folder, with times: what a recovery must not touch. */
const picture = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((path) => {
      const { mtimeMs, ctimeMs, size, mode } = statSync(join(folder, path));
      return [path, size, mode, mtimeMs, ctimeMs].join(' ');
    })
    .join('\n');

useHome();

const volumes = [
  ['the folder of tests', undefined],
  ['ext4', IMAGE_KINDS.ext4],
  ['NTFS', { ...IMAGE_KINDS.ntfs, size: '256M', options: 'streams_interface=xattr,efs_raw' }],
] as const;

describe.each(volumes)('a set whose facts are hostile, recovered to %s', (_, kind) => {
  let mounted: MountedImage | { readonly reason: string } | undefined;
  beforeAll(() => {
    mounted = kind && mountImage(kind);
  });
  afterAll(() => {
    if (mounted && 'unmount' in mounted) mounted.unmount();
  });

  it.for(['create-copy', 'overwrite'])(
    'does no harm, and gives everything else, with --overwrite %s',
    { timeout: 180_000 },
    async (how, context) => {
      if (mounted && 'reason' in mounted) return context.skip(mounted.reason);
      const outside = join(mounted?.folder ?? home(), 'outside');
      mkdirSync(outside, { recursive: true });
      writeFileSync(join(outside, 'f'), 'untouched');
      const out = join(mounted?.folder ?? home(), `out-${how}`);
      const set = join(home(), 'hostile.bkf');
      const files = hostileFiles(outside);
      await writeSet(set, files);
      const before = picture(outside);
      for (let round = 0; round < 2; round++) {
        const { code, problems } = await json([
          'start',
          'recovery',
          '--version',
          'latest',
          '--items',
          '/',
          '--recovery-target',
          out,
          '--backup-target',
          set,
          '--overwrite',
          how,
        ]);
        expect(code, JSON.stringify(problems).slice(0, 2000)).toBeLessThanOrEqual(5);
        expect([3, 5]).toContain(code);
        expect(picture(outside)).toBe(before);
        expect(readFileSync(join(outside, 'f'), 'utf8')).toBe('untouched');
        const good = [...new Set(files.map(({ entry }) => entry.path).filter((path) => path.endsWith('/~good')))];
        for (const path of good) expect(existsSync(join(out, path)), path).toBe(true);
      }
    },
  );
});
