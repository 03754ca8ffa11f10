import { describe, expect, it } from 'vitest';
import { mountOf, parseMounts } from '../../src/volume/portable/mounts.js';

// prettier-ignore
const TEXT = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '23 22 0:21 / /proc rw - proc proc rw',
  '30 22 0:40 /@home /home rw,noatime shared:9 master:1 propagate_from:2 - btrfs /dev/sdb1 rw,subvol=/@home',
  '31 22 8:1 / /mnt/with\\040blank\\011tab\\134slash\\012line rw - ext4 /dev/disk\\040one rw',
  '32 22 8:2 / /mnt/\u00ff\u00e9 rw - xfs /dev/sdc rw',
  '33 30 0:41 / /home/a rw - tmpfs tmpfs rw',
  '34 30 0:42 / /home/a rw - nfs4 server:/export/a rw',
  '35 22 0:43 / /hom rw - tmpfs none rw',
  'nonsense',
  '',
].join('\n');
const mounts = parseMounts(Buffer.from(TEXT, 'latin1'));
const of = (path: string, id = -1): number | undefined => mountOf(mounts, path, id)?.id;

describe('mountinfo', () => {
  it('is parsed with optional fields, octal escapes and names that are no UTF-8', () => {
    expect(mounts).toHaveLength(8);
    expect(mounts[2]).toEqual({ id: 30, device: '0:40', point: '/home', fileSystem: 'btrfs', source: '/dev/sdb1' });
    expect(mounts[3]).toMatchObject({ point: '/mnt/with blank\ttab\\slash\nline', source: '/dev/disk one' });
    expect(mounts[4]?.point).toBe('/mnt/\udcff\udce9');
  });

  it('answers the mount of that number', () => {
    expect(of('/home/a/x', 33)).toBe(33);
    expect(of('/home/a/x', 30)).toBe(30);
  });

  it('answers the innermost and latest where there is no number', () => {
    expect(of('/home/a/x')).toBe(34);
    expect(of('/home/ab')).toBe(30);
    expect(of('/homer')).toBe(22);
    expect(of('/')).toBe(22);
    expect(of('/hom')).toBe(35);
  });

  it('does not believe a number whose place the path does not lie in', () => {
    expect(of('/etc/passwd', 30)).toBe(22);
  });
});
