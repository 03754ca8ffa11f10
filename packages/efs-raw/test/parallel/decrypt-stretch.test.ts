import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAIN_STREAM, newFileKey } from '../../src/index.js';
import { decryptStretch } from '../../src/parallel/decrypt-stretch.js';
import { regularSegments } from '../../src/parallel/regular-segments.js';
import { Shared } from '../../src/parallel/stretch.js';
import { makeKey } from '../support/certificates.js';
import { encryptedFile, rawBytes } from '../support/forms.js';

const SEGMENT = 65_536;
const fileKey = newFileKey();
const user = makeKey('user');

function inFolder(body: (at: (name: string) => string) => void): void {
  const home = mkdtempSync(join(tmpdir(), 'winback-stretch-'));
  try {
    body((name) => join(home, name));
  } finally {
    rmSync(home, { recursive: true });
  }
}

describe('segments that threads decrypt', () => {
  it.each([
    [SEGMENT * 40, 40],
    [SEGMENT * 40 + 1, 40],
    [SEGMENT * 16 - 1, 15],
  ])('of a file of %d bytes are %d, and are what they were', (size, segments) => {
    inFolder((at) => {
      const plain = new Uint8Array(randomBytes(size));
      writeFileSync(
        at('raw'),
        rawBytes(encryptedFile(fileKey, user, { [MAIN_STREAM]: plain, ':a:$DATA': new Uint8Array(randomBytes(SEGMENT * 3)) })),
      );
      const found = regularSegments(at('raw'))!;
      expect(found.segments).toBe(segments);
      writeFileSync(at('out'), '');
      const stretch = { input: at('raw'), output: at('out'), at: found.at, segments, ...fileKey };
      const shared = new Int32Array(new SharedArrayBuffer(Shared.WORDS * 4));
      expect(decryptStretch(stretch, shared)).toBe(true);
      expect(readFileSync(at('out')).equals(Buffer.from(plain.subarray(0, segments * SEGMENT)))).toBe(true);
    });
  });

  it('that are damaged, or have sectors of zeros, are left to whoever reads with more care', () => {
    inFolder((at) => {
      const raw = rawBytes(encryptedFile(fileKey, user, { [MAIN_STREAM]: new Uint8Array(SEGMENT * 20) }));
      writeFileSync(at('raw'), raw);
      const { at: begin } = regularSegments(at('raw'))!;
      writeFileSync(at('out'), '');
      for (const [place, length] of [
        [begin + 5 * (SEGMENT + 48) + 4, 1],
        [begin + 5 * (SEGMENT + 48) + 0x10, 1],
        [begin + 5 * (SEGMENT + 48) + 48 + 512, 512],
      ] as const) {
        const bytes = raw.slice();
        bytes.fill(0, place, place + length);
        if (length === 1) bytes[place] = 9;
        writeFileSync(at('raw'), bytes);
        const stretch = { input: at('raw'), output: at('out'), at: begin, segments: 20, ...fileKey };
        expect(decryptStretch(stretch, new Int32Array(new SharedArrayBuffer(Shared.WORDS * 4)))).toBe(false);
      }
      writeFileSync(at('raw'), 'nonsense');
      expect(regularSegments(at('raw'))).toBeUndefined();
    });
  });
});
