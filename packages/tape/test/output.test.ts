import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { xor16 } from '@winback/core';
import { PIECE_SIZE, PieceWriter } from '@winback/core/io';
import { describe, expect, it } from 'vitest';
import { fourCharacters } from '../src/mtf/constants.js';
import { StreamHeader } from '../src/mtf/layout/index.js';
import { Output } from '../src/mtf/output.js';

/** The ids of streams, one behind the other; throws where there is none. */
function walk(bytes: Uint8Array): string[] {
  const ids: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const head = StreamHeader.decode(bytes, at);
    expect(head.checksum, `header at ${at}`).toBe(xor16(bytes, at, StreamHeader.offsetOf('checksum')));
    ids.push(head.id);
    at = (at + StreamHeader.size + head.length + 3) & ~3;
  }
  return ids;
}

describe('the growing end of a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'winback-output-'));
  const small = 60;

  // A stream and its checksum take 56 bytes, so these lengths bring each of their bytes to the end of a piece.
  it.each(Array.from({ length: 14 }, (_, i) => PIECE_SIZE - 2000 + 4 * i))(
    'keeps streams whole over the end of a piece: %i bytes first',
    (length) => {
      const path = join(folder, 'out');
      const fd = openSync(path, 'w+');
      const out = new Output(new PieceWriter(fd), path, 0);
      const data = Buffer.alloc(length, 'x');
      out.bytesStream(fourCharacters('STAN'), 0, data);
      for (let i = 0; i < small; i++) out.bytesStream(fourCharacters('NTEA'), 0, Buffer.from('abcd'));
      out.spad();
      out.flush();
      out.close();
      closeSync(fd);
      const expected = ['STAN', 'CSUM', ...Array.from({ length: small }, () => ['NTEA', 'CSUM']).flat(), 'SPAD'];
      expect(walk(readFileSync(path))).toEqual(expected);
      rmSync(path);
    },
  );
});
