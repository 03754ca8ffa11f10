import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IMAGE_KINDS, mountImage, type MountedImage } from '@winback/core/testing';
import { winback } from '../test-io.js';
import { FACTS, makeSource } from './facts.js';
import { freshVolume } from './table.js';

const MINUTE = 60_000;
const probe = mountImage(IMAGE_KINDS.ntfs);
const canMount = !('reason' in probe);
if (canMount) probe.unmount();
const hasWimlib = spawnSync('sh', ['-c', 'command -v wimcapture && command -v wimdir']).status === 0;
const reason = !canMount ? probe.reason : 'needs wimcapture, of wimtools';

/** What an archiver that reads NTFS by itself sees of a volume, by path: attributes, times, names, descriptors, streams with their hashes. */
function seenByWimlib({ image, detach, remount }: MountedImage, home: string): Map<string, string> {
  const archive = join(home, 'volume.wim');
  rmSync(archive, { force: true });
  detach();
  execFileSync('wimcapture', [image, archive, '--compress=none'], { stdio: 'ignore' });
  remount();
  const listing = execFileSync('wimdir', [archive, '--detailed'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const seen = new Map<string, string>();
  for (const block of listing.split(/^-{20,}$/m)) {
    const path = /Full Path\s+= "(.*)"$/m.exec(block)?.[1];
    if (path !== undefined)
      seen.set(path, block.replace(/^(Offset in WIM|Part Number|Reference Count|Link Group ID|Last Access Time)\s.*$/gm, ''));
  }
  return seen;
}

describe.skipIf(!canMount || !hasWimlib)(`a whole NTFS volume, judged by wimlib (${reason})`, () => {
  let home: string;
  let source: MountedImage;
  let destination: MountedImage;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'winback-wim-'));
    [source, destination] = [freshVolume('ntfs'), freshVolume('ntfs')];
    makeSource(
      source.folder,
      FACTS.filter(({ of }) => of !== 'posix'),
    );
    source.remount();
  }, MINUTE);
  afterAll(() => {
    source.unmount();
    destination.unmount();
    rmSync(home, { recursive: true });
  });

  it(
    'is the same after a backup and its recovery to another volume',
    async () => {
      const target = join(home, 'volume.bkf');
      const backup = ['start', 'backup', '--include', source.folder, '--backup-target', target, '--no-snapshot'];
      expect(await winback(home, ...backup)).toMatchObject({ code: 0 });
      const recovery = ['start', 'recovery', '--version', 'latest', '--items', '/', '--overwrite', 'overwrite'];
      const recovered = await winback(home, ...recovery, '--recovery-target', destination.folder, '--backup-target', target);
      expect(recovered).toMatchObject({ code: 0 });
      const [was, is] = [seenByWimlib(source, home), seenByWimlib(destination, home)];
      expect(was.size).toBeGreaterThan(30);
      expect([...is.keys()].sort()).toEqual([...was.keys()].sort());
      for (const [path, facts] of was) expect(is.get(path), path).toBe(facts);
      const verified = await winback(home, 'verify', '--backup-target', target, '--compare', destination.folder);
      expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('Same as') as string });
    },
    MINUTE,
  );

  it(
    'is read by Winback as it was when wimlib has applied it',
    async () => {
      const applied = freshVolume('ntfs');
      try {
        const archive = join(home, 'applied.wim');
        source.detach();
        applied.detach();
        execFileSync('wimcapture', [source.image, archive, '--compress=none'], { stdio: 'ignore' });
        execFileSync('wimapply', [archive, '1', applied.image], { stdio: 'ignore' });
        source.remount();
        applied.remount();
        const target = join(home, 'applied.bkf');
        const backup = ['start', 'backup', '--include', source.folder, '--backup-target', target, '--no-snapshot'];
        expect(await winback(home, ...backup)).toMatchObject({ code: 0 });
        const { stderr } = await winback(home, 'verify', '--backup-target', target, '--compare', applied.folder);
        // wimlib passes over encrypted files and extended attributes; so the comparison does find differences, too.
        const differences = stderr.split('\n').filter((line) => line.includes('COMPARE_DIFFERENT'));
        expect(differences).toEqual([
          expect.stringContaining('encrypted: is missing'),
          expect.stringContaining('with EAs: extended attribute FOO is missing'),
        ]);
      } finally {
        applied.unmount();
      }
    },
    MINUTE,
  );
});
