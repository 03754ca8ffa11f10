import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWinbackError } from '../../src/errors/index.js';
import type { FileKind } from '../../src/facts/index.js';
import { BackupRead, BackupReadStreams, BackupWrite } from '../../src/streams/index.js';
import { readStreams, testEntry } from '../../src/testing/index.js';
import type { FileProblem, VolumeRecovery } from '../../src/volume/index.js';
import { driver, isLinux, makeFolder, removeFolder, seenBySystem, sh } from '../volume/linux.js';
import { ORDINARY, piecesOf } from './sequences.js';

const ALL = { processSecurity: true };

let from = '';
let to = '';
beforeEach(() => {
  [from, to] = [makeFolder(), makeFolder()];
});
afterEach(() => {
  removeFolder(from);
  removeFolder(to);
});

/** The whole sequence of one file. */
function bytesOf(path: string, pieceSize = 10_000): Uint8Array {
  const located = driver.locate(path)!;
  using volume = driver.open(located.volume, located.volume.root);
  using context = new BackupRead(volume.node(located.path).open().streams, ALL);
  const parts: Uint8Array[] = [];
  for (;;) {
    const piece = new Uint8Array(pieceSize);
    const n = context.read(piece);
    if (n === 0) return new Uint8Array(Buffer.concat(parts));
    parts.push(piece.subarray(0, n));
  }
}

function restore(recovery: VolumeRecovery, name: string, kind: FileKind, bytes: Uint8Array, pieceSize = 7777): readonly FileProblem[] {
  const context = new BackupWrite(recovery.create(testEntry(name, { kind }))!, ALL);
  for (const piece of piecesOf(bytes, pieceSize)) context.write(piece);
  return context.finish().problems;
}

describe.skipIf(!isLinux)('a file of a mounted volume through BackupRead and BackupWrite (needs Linux)', () => {
  it('is the same file: content, holes, attributes, owner and mode; and so are folders, links and FIFOs', () => {
    sh(
      from,
      `printf plain > plain; : > empty; mkdir folder; ln -s ../target link; mkfifo fifo
       truncate -s 20M sparse; printf begin | dd of=sparse conv=notrunc status=none; printf middle | dd of=sparse conv=notrunc seek=10000000 bs=1 status=none
       truncate -s 3M holes
       chmod 640 plain; chmod 2750 folder; chmod 600 fifo
       setfattr -n user.comment -v hello plain 2>/dev/null || true; setfattr -n user.big -v "$(printf 'x%.0s' {1..3000})" sparse 2>/dev/null || true`,
    );
    using recovery = driver.openRecovery(to, { overwrite: 'overwrite' });
    const problems: FileProblem[] = [];
    for (const name of ['plain', 'empty', 'folder', 'link', 'fifo', 'sparse', 'holes']) {
      const bytes = bytesOf(join(from, name));
      expect(bytesOf(join(from, name), 33), name).toEqual(bytes);
      problems.push(...restore(recovery, name, name === 'folder' ? 'directory' : 'file', bytes));
    }
    problems.push(...recovery.finish());
    expect(problems).toEqual([]);
    // Times are no streams; everything else is.
    const withoutTimes = (folder: string): string => seenBySystem(folder).replace(/\d{4}-\d\d-\d\d\+[\d:.]+/g, '');
    expect(withoutTimes(to)).toBe(withoutTimes(from));
    for (const name of ['plain', 'empty', 'sparse', 'holes']) {
      expect(readFileSync(join(to, name)).equals(readFileSync(join(from, name))), name).toBe(true);
    }
    for (const name of ['sparse', 'holes']) expect(statSync(join(to, name)).blocks).toBeLessThanOrEqual(statSync(join(from, name)).blocks);
    expect(statSync(join(to, 'sparse')).blocks * 512).toBeLessThan(1_000_000);
  });

  it('parsed from the bytes has the streams that the volume gives', () => {
    sh(from, `truncate -s 5M file; printf x | dd of=file conv=notrunc seek=1000000 bs=1 status=none`);
    const located = driver.locate(join(from, 'file'))!;
    using volume = driver.open(located.volume, located.volume.root);
    const opened = volume.node(located.path).open();
    const expected = readStreams(opened.streams);
    opened.streams.close();
    expect(expected.length).toBeGreaterThan(3);
    const bytes = bytesOf(join(from, 'file'));
    let at = 0;
    const parsed = new BackupReadStreams({
      read(buffer) {
        const piece = bytes.subarray(at, at + buffer.length);
        buffer.set(piece);
        at += piece.length;
        return piece.length;
      },
    });
    expect(readStreams(parsed)).toEqual(expected);
  });

  it('that is cut short leaves nothing behind, and an earlier file stays as it was', () => {
    sh(to, 'printf earlier > old');
    using recovery = driver.openRecovery(to, { overwrite: 'overwrite' });
    // Alternate streams and descriptors are not what this is about.
    const bytes = ORDINARY.subarray(40, 74);
    for (const name of ['new', 'old']) {
      for (let length = 1; length < bytes.length; length++) {
        let error: unknown;
        try {
          restore(recovery, name, 'file', bytes.subarray(0, length), 3);
        } catch (thrown) {
          error = thrown;
        }
        expect(isWinbackError(error, 'FORMAT_SHORT'), String(length)).toBe(true);
      }
      const context = new BackupWrite(recovery.create(testEntry(name))!, ALL);
      context.write(bytes);
      context.abort();
    }
    expect(recovery.finish()).toEqual([]);
    expect(readdirSync(to)).toEqual(['old']);
    expect(readFileSync(join(to, 'old'), 'utf8')).toBe('earlier');
    expect(existsSync(join(to, 'new'))).toBe(false);
  });
});
