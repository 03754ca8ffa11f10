import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { leafOf, systemPlatform } from '@winback/core';
import { readTree, type TestFile, type TestTree } from '@winback/core/testing';
import { MountedNtfsDriver } from '../../src/index.js';
import { driver, getfattr, hex, told } from './mounted.js';

/** Volumes that Windows wrote; they are not ours to publish. */
const SAMPLES = join(process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../../shared/samples'), 'ntfs');
const VOLUMES: readonly (readonly [archive: string, unpack: string, sector: number])[] = [
  ['msuhanov-ntfs-2m.raw.gz', 'gunzip -c', 128],
  ['msuhanov-ntfs-lastaccess.raw.gz', 'gunzip -c', 128],
  ['msuhanov-ntfs-ramslack.raw.gz', 'gunzip -c', 128],
  ['msuhanov-ntfs-si-vs-fn.raw.gz', 'gunzip -c', 128],
  ['dfir-ntfs3.raw.gz', 'gunzip -c', 0],
  ['dfir-vss_2_stor.tar.gz', 'tar xf', 67_584],
  ['dfir-vss_2003.tgz', 'tar xf', 63],
];
const isRoot = systemPlatform().os === 'linux' && systemPlatform().userId === 0;

/** Mounts a volume of Windows, read-only; or says why not. */
function mountSample(
  archive: string,
  unpack: string,
  sector: number,
  streams: string,
): { folder: string; image: string; unmount: () => void } | string {
  if (!existsSync(join(SAMPLES, archive))) return 'WINBACK_SAMPLES names no folder with it';
  if (!isRoot || spawnSync('which', ['ntfs-3g']).status !== 0) return 'needs root and ntfs-3g';
  const home = mkdtempSync(join(tmpdir(), 'winback-sample-'));
  const unmount = (): void => {
    spawnSync('umount', ['-l', join(home, 'mounted')]);
    rmSync(home, { recursive: true, force: true });
  };
  const source = `'${join(SAMPLES, archive)}'`;
  const extract = unpack.startsWith('tar')
    ? `${unpack} ${source} --sparse; mv *.raw image`
    : `${unpack} ${source} | cp --sparse=always /dev/stdin image`;
  const script = `${extract}; mkdir mounted; mount -t ntfs-3g -o ro,loop,offset=${sector * 512},streams_interface=${streams} image mounted`;
  const { status, stderr } = spawnSync('bash', ['-euc', script], { cwd: home, encoding: 'utf8' });
  if (status === 0) return { folder: join(home, 'mounted'), image: join(home, 'image'), unmount };
  unmount();
  return `it cannot be mounted: ${stderr.split('\n')[0] ?? ''}`;
}

/** Not what the volume keeps of its snapshots: hundreds of megabytes. */
const isSmall = (path: string): boolean => !path.includes('{');

/** All that is known of a file but its number. */
function known({ entry, streams }: TestFile): unknown {
  const { fileId: _, ...facts } = entry;
  return { ...facts, streams: streams.map(({ header, data }) => [header, createHash('sha256').update(data).digest('hex')]) };
}

for (const [archive, unpack, sector] of VOLUMES) {
  for (const streams of ['xattr', 'windows']) {
    const mounted = mountSample(archive, unpack, sector, streams);
    const title = `${archive} with streams_interface=${streams}`;
    if (typeof mounted === 'string') {
      it.skip(`${title} (${mounted})`, () => undefined);
      continue;
    }
    afterAll(mounted.unmount);
    describe(title, () => {
      let read: TestTree | undefined;
      const tree = (): TestTree => (read ??= readTree(driver, mounted.folder, isSmall));

      it('is read whole, with every fact', () => {
        expect(told(tree().problems)).toEqual([]);
        const listed = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P\\0'], { cwd: mounted.folder })
          .toString('utf8')
          .split('\0')
          .filter(Boolean);
        expect(new Set(tree().order)).toEqual(new Set(['', ...listed.filter(isSmall)]));
      });

      it('tells the facts that getfattr tells', () => {
        for (const [path, { entry }] of [...tree().files].slice(0, 20)) {
          const attribute = (name: string): string | undefined => hex(getfattr(join(mounted.folder, path), `system.ntfs_${name}`));
          expect(hex(entry.securityDescriptor), path).toBe(attribute('acl'));
          expect(hex(entry.objectId), path).toBe(attribute('object_id'));
          // Of a name that is its own short one, ntfs-3g says the name.
          const own = hex(Buffer.from(leafOf(path).toUpperCase()));
          const short = attribute('dos_name');
          expect(entry.shortName === undefined ? undefined : hex(Buffer.from(entry.shortName)), path).toBe(
            short === own ? undefined : short,
          );
        }
      });

      it('tells of short names and links what ntfsinfo tells', () => {
        const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', mounted.folder], { encoding: 'utf8' }).trim();
        const files = [...tree().files.values()].filter(({ entry }) => entry.kind === 'file').slice(0, 20);
        for (const { entry } of files) {
          const info = execFileSync('ntfsinfo', ['-v', '-f', '-F', `/${entry.path}`, device], { encoding: 'utf8' });
          const names = [...info.matchAll(/^\tNamespace:\t\t (.*)\n\tFilename:\t\t '(.*)'$/gm)].map(([, space, name]) => [space, name]);
          expect(names.filter(([space]) => space === 'DOS').map(([, name]) => name), entry.path).toEqual(entry.shortName === undefined ? [] : [entry.shortName]); // prettier-ignore
          expect(entry.linkCount, entry.path).toBe(names.filter(([space]) => space !== 'DOS').length);
        }
      });

      it('tells the same as the volume read from its bytes', () => {
        const direct = readTree(new MountedNtfsDriver(), mounted.folder, isSmall);
        expect(told(direct.problems)).toEqual([]);
        // One volume has a file that ntfs-3g does not find.
        const lost = archive.startsWith('dfir-ntfs3') ? ['test/1.txt'] : [];
        expect([...direct.files.keys()].filter((path) => !tree().files.has(path))).toEqual(lost);
        for (const [path, file] of tree().files) {
          expect([path, known(file)]).toEqual([path, known(direct.files.get(path)!)]);
        }
      });
    });
  }
}
