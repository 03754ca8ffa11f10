import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError } from '../../src/errors/index.js';
import {
  belowFileTime,
  decodeCommonPosixFacts,
  decodeExtendedAttributes,
  decodeReparsePoint,
  encodeExtendedAttributes,
  encodePosixFacts,
  encodeSpecialFile,
  fromFileTime,
  LxAttrB,
  REPARSE_MAX,
  takePosixFacts,
  toDate,
  toFileTime,
  type PosixFacts,
} from '../../src/facts/index.js';
import { bytesToText } from '../../src/text/file-name.js';

/** Records that Windows and WSL wrote; they are not ours to publish. */
const SAMPLES = join(process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../../shared/samples'), 'ntfs');
const sample = (name: string): Uint8Array => new Uint8Array(readFileSync(join(SAMPLES, name)));
const haveSamples = existsSync(join(SAMPLES, 'dfir-ea-1.bin'));

const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) };
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const name = fc.uint8Array({ min: 1, max: 255, minLength: 1, maxLength: 255 }).map((bytes) => bytesToText(bytes));
const xattrs = fc.dictionary(
  name,
  fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.integer({ min: 1000, max: 65_536 }).map((n) => new Uint8Array(n).fill(n)),
  ),
  { maxKeys: 5 },
);
const device = fc.record({ major: u32, minor: u32 });
const posixFacts: fc.Arbitrary<PosixFacts> = fc
  .record({ userId: u32, groupId: u32, mode: u32, device: fc.option(device, { nil: undefined }), xattrs })
  .map(({ device: dev, xattrs: map, ...rest }) => ({
    ...rest,
    ...(dev ? { device: dev } : {}),
    ...(Object.keys(map).length ? { xattrs: new Map(Object.entries(map)) } : {}),
  }));
const attribute = fc.record({
  name: fc.stringMatching(/^[A-KM-Z0-9_.]{1,254}$/),
  flags: fc.constantFrom(0, 0x80),
  value: fc.uint8Array({ maxLength: 100 }),
});

const hexes = (map: ReadonlyMap<string, Uint8Array> | undefined) =>
  [...(map ?? [])].map(([key, value]) => `${key}=${Buffer.from(value).toString('hex')}`).sort();

/** Any answer but a WinbackError is a mistake. */
function survives(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    return isWinbackError(error);
  }
}

describe('POSIX facts as extended attributes', () => {
  it('come back as they were, with other attributes beside them', () => {
    const property = fc.property(posixFacts, fc.array(attribute, { maxLength: 3 }), (posix, others) => {
      const { posix: found, others: rest } = takePosixFacts(decodeExtendedAttributes(encodePosixFacts(posix, others)));
      const plain = (facts: PosixFacts | undefined) =>
        JSON.stringify([facts?.userId, facts?.groupId, facts?.mode, facts?.device, hexes(facts?.xattrs)]);
      expect(plain(found)).toBe(plain(posix));
      expect(rest).toEqual(others);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('that are damaged give an error of ours or a value, and take no memory that is only claimed', () => {
    const mutated = fc
      .tuple(posixFacts, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 }))
      .map(([posix, changes]) => {
        const bytes = encodePosixFacts(posix);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes;
      });
    const property = fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), (bytes) =>
      survives(() => takePosixFacts(decodeExtendedAttributes(bytes))),
    );
    fc.assert(property, runs);
  });

  it('the short way of reading three facts says what the long one does, and leaves everything else to it', () => {
    fc.assert(
      fc.property(posixFacts, fc.nat(58), fc.integer({ min: 1, max: 255 }), (posix, where, flip) => {
        const bytes = encodePosixFacts(posix);
        const plain = posix.device === undefined && !posix.xattrs?.size;
        const long = (data: Uint8Array) => takePosixFacts(decodeExtendedAttributes(data)).posix;
        expect(decodeCommonPosixFacts(bytes)).toEqual(plain ? long(bytes) : undefined);
        if (!plain) return;
        bytes[where] = (bytes[where] ?? 0) ^ flip;
        const short = decodeCommonPosixFacts(bytes);
        if (short) expect(short).toEqual(long(bytes));
      }),
      runs,
    );
  });

  it('are what WSL names them: $LXUID, $LXGID, $LXMOD, $LXDEV', () => {
    const list = decodeExtendedAttributes(encodePosixFacts({ userId: 1000, groupId: 100, mode: 0o20644, device: { major: 4, minor: 64 } }));
    expect(list.map((ea) => [ea.name, Buffer.from(ea.value).toString('hex')])).toEqual([
      ['$LXUID', 'e8030000'],
      ['$LXGID', '64000000'],
      ['$LXMOD', 'a4210000'],
      ['$LXDEV', '0400000040000000'],
    ]);
  });

  it.skipIf(!haveSamples)('that WSL wrote are understood (skipped: WINBACK_SAMPLES names no folder of samples)', () => {
    const one = takePosixFacts(decodeExtendedAttributes(sample('dfir-ea-1.bin')));
    expect(one).toEqual({
      posix: { userId: 0, groupId: 0, mode: 0o100644, xattrs: new Map([['user.1', new Uint8Array(Buffer.from('11'))]]) },
      others: [],
    });
    const two = takePosixFacts(decodeExtendedAttributes(sample('dfir-ea-2.bin'))).posix?.xattrs;
    expect([...(two ?? [])].map(([key, value]) => `${key}=${Buffer.from(value).toString()}`)).toEqual([
      'user.1=11',
      'user.2=22',
      'user.3=33',
    ]);
  });

  it.skipIf(!haveSamples)('single records of WSL are understood (skipped: WINBACK_SAMPLES names no folder of samples)', () => {
    const take = (ea: string, file: string) => takePosixFacts([{ name: ea, flags: 0, value: sample(file) }]);
    expect(take('LXATTRB', 'dfir-lxattrb_wsl_1.bin').posix).toEqual({ userId: 0, groupId: 0, mode: 0o100644 });
    expect(take('LXATTRB', 'dfir-lxattrb_wsl_2.bin').posix).toEqual({ userId: 1000, groupId: 114, mode: 0o100644 });
    expect(LxAttrB.decode(sample('dfir-lxattrb_wsl_1.bin'))).toMatchObject({
      version: 1,
      accessTime: 0x5a49_6bf0n,
      writeNanos: 0x3685_ca24,
    });
    const lists = takePosixFacts([
      { name: '$LXMOD', flags: 0, value: Uint8Array.of(0xa4, 0x81, 0, 0) },
      { name: 'LXXATTR', flags: 0, value: sample('dfir-lxxattr_wsl_1.bin') },
    ]).posix?.xattrs;
    expect([...(lists ?? [])].map(([key, value]) => `${key}=${Buffer.from(value).toString()}`)).toEqual([
      'user.test=test_value',
      'user.another_test=another_value',
    ]);
  });
});

describe('extended attributes', () => {
  it('come back as they were', () => {
    const property = fc.property(fc.array(attribute, { maxLength: 8 }), (list) => {
      expect(decodeExtendedAttributes(encodeExtendedAttributes(list))).toEqual(list);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it.skipIf(!haveSamples)('are written byte for byte as Windows wrote them (skipped: WINBACK_SAMPLES names no folder of samples)', () => {
    for (const file of ['dfir-ea-1.bin', 'dfir-ea-2.bin']) {
      const bytes = sample(file);
      const list = decodeExtendedAttributes(bytes);
      // In an attribute on disk the last entry, too, says where the next would be; in a stream it says 0.
      const expected = bytes.slice();
      const last = bytes.length - 8 - 8 - 0x38;
      expected.fill(0, last, last + 4);
      expect(Buffer.from(encodeExtendedAttributes(list)).toString('hex')).toBe(Buffer.from(expected).toString('hex'));
    }
  });
});

describe('reparse points', () => {
  it('of links and special files come back as what they were', () => {
    const property = fc.property(fc.uint8Array({ min: 1, max: 255, minLength: 1, maxLength: 4095 }), (bytes) => {
      const target = bytesToText(bytes);
      return decodeReparsePoint(encodeSpecialFile('symbolic-link', target)).linkTarget === target;
    });
    fc.assert(property, { numRuns: 300 });
    for (const kind of ['fifo', 'socket', 'character-device', 'block-device'] as const)
      expect(decodeReparsePoint(encodeSpecialFile(kind)).kind).toBe(kind);
  });

  it('that are damaged give an error of ours or a value', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => survives(() => decodeReparsePoint(bytes))), runs); // prettier-ignore
    const link = encodeSpecialFile('symbolic-link', 'target');
    link.set([0x0c, 0, 0, 0xa0]);
    fc.assert(fc.property(fc.nat({ max: link.length - 1 }), fc.nat({ max: 255 }), (at, value) => survives(() => decodeReparsePoint(Uint8Array.from(link, (byte, i) => (i === at ? value : byte))))), runs); // prettier-ignore
    expect(REPARSE_MAX).toBe(16_384);
  });

  it.skipIf(!haveSamples)('of a file link that Windows made names its target (skipped: WINBACK_SAMPLES names no folder of samples)', () => {
    const buffer = sample('dfir-rp.bin').slice(0x138, 0x138 + 0x3c); // $REPARSE_POINT of that file record
    expect(decodeReparsePoint(buffer)).toEqual({ tag: 0xa000_000c, kind: 'symbolic-link', linkTarget: 'target.txt' });
  });
});

describe('times', () => {
  const time = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

  it('keep their nanoseconds beside a FILETIME', () => {
    fc.assert(fc.property(time, (ns) => fromFileTime(toFileTime(ns), belowFileTime(ns)) === ns), runs); // prettier-ignore
  });

  it('round down, also before 1970', () => {
    expect(toFileTime(-1n)).toBe(116_444_735_999_999_999n);
    expect(belowFileTime(-1n)).toBe(99);
    expect(toFileTime(0n)).toBe(116_444_736_000_000_000n);
    expect(toDate(-1n).getTime()).toBe(-1);
    expect(toDate(1_999_999n).getTime()).toBe(1);
  });
});
