import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PortableVolumeDriver, systemPlatform } from '@winback/core';
import { IMAGE_KINDS, mountImage, readTree, recoverTree, type ImageKind } from '@winback/core/testing';
import {
  copyTree,
  driver,
  makeFolder,
  mountPoint,
  onVolume,
  reparsePoint,
  setfattr,
  sh,
  STREAMS_INTERFACES,
  symbolicLink,
  told,
} from './mounted.js';

const portable = new PortableVolumeDriver();
const isRoot = systemPlatform().os === 'linux' && systemPlatform().userId === 0;
const KINDS: readonly (readonly [string, ImageKind])[] = [
  ['ext4', IMAGE_KINDS.ext4],
  ['btrfs', IMAGE_KINDS.btrfs],
  ['xfs', IMAGE_KINDS.xfs],
  ['tmpfs', { type: 'tmpfs', mkfs: ['true'], size: '0', options: 'size=64m' }],
];

/** Every fact that getfattr tells, and content; not the change time. Facts of POSIX that the other side added are no difference. */
const seen = (folder: string): string =>
  sh(
    folder,
    `find . -mindepth 1 -print0 | LC_ALL=C sort -z | while IFS= read -r -d '' f; do
      echo "$f $(stat -c '%F %s %h' "$f")"
      for n in attrib acl dos_name object_id reparse_data; do getfattr -h -e hex -n system.ntfs_$n "$f" 2>/dev/null | grep = || true; done
      getfattr -h -e hex -n system.ntfs_ea "$f" 2>/dev/null | grep -o '4e45454445445f4541.*' || true
      getfattr -h -e hex -n system.ntfs_times "$f" | grep -o '=0x.\\{32\\}'
      getfattr -h -d -e hex "$f" 2>/dev/null | grep = || true
      test -f "$f" && sha256sum < "$f" || true
    done`,
  );

for (const streams of STREAMS_INTERFACES) {
  onVolume(
    'facts of NTFS, kept elsewhere and taken back',
    `streams_interface=${streams},noatime,efs_raw,special_files=wsl`,
    (mounted) => {
      for (const [title, kind] of KINDS) {
        const other = isRoot ? mountImage(kind) : { reason: 'needs root' };
        if ('reason' in other) {
          it.skip(`on ${title} (${other.reason})`, () => undefined);
          continue;
        }
        afterAll(other.unmount);

        it(`on ${title} are what they were`, () => {
          const [from, to] = [makeFolder(mounted.folder), makeFolder(mounted.folder)];
          const between = makeFolder(other.folder);
          const stream = (file: string, name: string, text: string): string =>
            streams === 'xattr' ? `setfattr -n 'user.${name}' -v '${text}' '${file}'` : `printf '%s' '${text}' > '${file}:${name}'`;
          sh(
            from,
            `mkdir -p d/e j cloud linked; echo x > d/f; echo y > 'A long file'; echo z > attributes; echo behind > sis; touch ea object link dirlink none
          (head -c 1024 /dev/urandom; head -c 2 /dev/zero) > encrypted; ln -s ../x d/lx; mkfifo d/fifo; rmdir linked; mkdir linked
          ${stream('d/f', 'Zone.Identifier', '[ZoneTransfer]')}; ${stream('d', 'of a folder', 'x')}; ${stream('d/f', 'ünïcödé', 'y')}`,
          );
          const set = (path: string, name: string, value: Uint8Array): void => {
            setfattr(join(from, path), `system.ntfs_${name}`, value);
          };
          set('A long file', 'dos_name', Buffer.from('ALONGF~2'));
          set('attributes', 'attrib', Uint8Array.of(7, 0x31, 0, 0));
          set('none', 'attrib', Uint8Array.of(0x80, 0, 0, 0));
          set('d/e', 'attrib', Uint8Array.of(2, 8, 0, 0));
          set('ea', 'ea', needEa());
          set('object', 'object_id', new Uint8Array(randomBytes(64)));
          // From 1902 to 2037, which every file system holds.
          const times = (): Uint8Array =>
            new Uint8Array(randomBytes(24)).map((byte, i) => (i % 8 === 7 ? 1 : i % 8 === 6 ? 0x54 + (byte % 0x90) : byte));
          set('d', 'times', times());
          set('d/f', 'times', times());
          const efs = new Uint8Array(randomBytes(500));
          new DataView(efs.buffer).setUint32(0, 500, true);
          set('encrypted', 'efsinfo', efs);
          set('j', 'reparse_data', mountPoint('C:\\Users'));
          set('cloud', 'reparse_data', reparsePoint(0xb000_1234, 'name surrogate'));
          set('sis', 'reparse_data', reparsePoint(0xa000_1234, 'name surrogate'));
          set('link', 'reparse_data', symbolicLink('d\\f'));
          set('linked', 'reparse_data', symbolicLink('d'));
          mounted.remount();
          const before = seen(from);

          const out = copyTree(from, between, 'overwrite', [driver, portable]);
          expect(out.problems.filter((text) => !text.includes('incomplete: encrypted: is encrypted'))).toEqual([]);
          if (kind.type !== 'tmpfs') other.remount();
          const tree = readTree(portable, between);
          expect(told(tree.problems)).toEqual([]);
          expect(
            told(
              recoverTree(
                driver,
                to,
                [...tree.files.values()].filter(({ entry }) => entry.path !== '' && entry.path !== 'object'),
              ),
            ),
          ).toEqual([]);
          // Its id can be that of one file alone.
          sh(from, 'rm object');
          expect(told(recoverTree(driver, to, [tree.files.get('object')!]))).toEqual([]);
          mounted.remount();
          expect(seen(to).split('\n')).toEqual(before.split('\n'));
        });
      }
    },
    '128M',
  );
}

/** One extended attribute that is needed, NEEDED_EA, as the volume has it. */
function needEa(): Uint8Array {
  const out = Buffer.alloc(24);
  out.writeUInt32LE(24, 0);
  out.writeUInt8(0x80, 4);
  out.writeUInt8(9, 5);
  out.writeUInt16LE(5, 6);
  out.write('NEEDED_EA', 8, 'latin1');
  out.set([1, 2, 3, 4, 5], 18);
  return new Uint8Array(out);
}
