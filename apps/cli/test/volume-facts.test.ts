import { describe, expect, it } from 'vitest';
import {
  buildSecurityDescriptor,
  MemoryStreams,
  securityDescriptorFromSddl,
  type FileEntry,
  type MemoryStream,
  type OpenedFile,
} from '@winback/core';
import { factsDocument } from '../src/commands/volume-fact-document.js';
import { fileAttributeNames, isoTime, modeText, objectIdGuids, reparseFacts } from '../src/commands/volume-fact-names.js';
import { factRows } from '../src/commands/volume-fact-rows.js';
import type { VolumeFile } from '../src/commands/volume-file.js';
import { gatherStreams } from '../src/commands/volume-stream-summary.js';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** A file of a volume that knows everything Windows does. */
function windowsFile(facts: Partial<FileEntry> = {}): VolumeFile {
  const entry: FileEntry = {
    path: 'Users/joe/notes.txt',
    kind: 'file',
    attributes: 0x2023,
    size: 3,
    times: { lastWrite: 0n, creation: -1n, lastAccess: 1_234_567_800n },
    linkCount: 1,
    shortName: 'NOTES~1.TXT',
    objectId: bytes('00112233445566778899aabbccddeeff ' + '01'.repeat(48)),
    extendedAttributes: [{ name: 'COMMENT', flags: 0x80, value: bytes('6869') }],
    securityDescriptor: buildSecurityDescriptor(securityDescriptorFromSddl('O:SYG:BAD:(A;;FA;;;WD)(A;;FR;;;S-1-5-21-1-2-3-1001)')),
    reparseData: bytes('03000080 0400 0000 01020304'),
    efsMetadata: bytes('00'.repeat(100)),
    ...facts,
  };
  return {
    path: 'C:\\Users\\joe\\notes.txt',
    driver: { name: 'ntfs' },
    volume: { identity: { root: 'C:\\', fileSystem: 'NTFS', device: 'disk0' } },
    opened: { entry, problems: [] } as unknown as OpenedFile,
    [Symbol.dispose]: () => undefined,
  } as unknown as VolumeFile;
}

describe('facts that Windows has', () => {
  it('in words', () => {
    const rows = factRows(windowsFile(), []).map(([name, value]) => `${name}: ${value}`);
    expect(rows).toEqual([
      'path: C:\\Users\\joe\\notes.txt',
      'volume: C:\\ (NTFS on disk0, through ntfs)',
      'kind: file',
      'attributes: readonly, hidden, archive, not-content-indexed',
      'size: 3 bytes',
      'created: 1969-12-31T23:59:59.999999999Z',
      'last written: 1970-01-01T00:00:00.0000000Z',
      'last read: 1970-01-01T00:00:01.2345678Z',
      'links: 1',
      'short name: NOTES~1.TXT',
      `object id: 33221100-5544-7766-8899-aabbccddeeff${' 01010101-0101-0101-0101-010101010101'.repeat(3)}`,
      'extended attribute: COMMENT (flags 0x80) = "hi"',
      'reparse point: unknown (0x80000003), 12 bytes',
      'security: O:SYG:BAD:(A;;FA;;;WD)(A;;FR;;;S-1-5-21-1-2-3-1001)',
      'its owner: NT AUTHORITY\\SYSTEM (S-1-5-18)',
      'its group: BUILTIN\\Administrators (S-1-5-32-544)',
      'it names: Everyone (S-1-1-0)',
      'it names: S-1-5-21-1-2-3-1001',
      `EFS metadata: 100 bytes ${'00'.repeat(64)} and 36 bytes more`,
    ]);
  });

  it('as a document', () => {
    const doc = JSON.parse(JSON.stringify(factsDocument(windowsFile(), []))) as Record<string, unknown>;
    expect(doc).toMatchObject({
      shortName: 'NOTES~1.TXT',
      objectId: { objectId: '33221100-5544-7766-8899-aabbccddeeff', domainId: '01010101-0101-0101-0101-010101010101' },
      extendedAttributes: [{ name: 'COMMENT', flags: 0x80, value: '6869', text: 'hi' }],
      securityDescriptor: {
        sddl: 'O:SYG:BAD:(A;;FA;;;WD)(A;;FR;;;S-1-5-21-1-2-3-1001)',
        owner: { sid: 'S-1-5-18', name: 'NT AUTHORITY\\SYSTEM' },
        others: [{ sid: 'S-1-1-0', name: 'Everyone' }, { sid: 'S-1-5-21-1-2-3-1001' }],
        bytes: expect.stringMatching(/^01000480/) as string,
      },
      reparsePoint: { tag: 0x8000_0003, data: '030000800400000001020304' },
    });
    for (const absent of ['posix', 'linkTarget', 'fileId']) expect(doc).not.toHaveProperty(absent);
  });

  it('that make no sense are told as they are', () => {
    const broken = windowsFile({ reparseData: bytes('0c0000a0 ffff 0000'), objectId: bytes('0102'), extendedAttributes: [] });
    const rows = new Map(factRows(broken, []));
    expect(rows.get('reparse point')).toBe('SYMLINK (0xa000000c), 8 bytes');
    expect(rows.get('object id')).toBe('');
    const security = (hex: string) => new Map(factRows(windowsFile({ securityDescriptor: bytes(hex) }), [])).get('security');
    expect(security('0100008000000000000000000000000000000000')).toBe('a descriptor with nothing in it');
    expect(security('0100')).toMatch(/^0100: SECURITY_DESCRIPTOR/);
    expect(security('01000080ff000000000000000000000000000000')).toMatch(/^01000080ff0{30}: /);
    expect(new Map(factRows(windowsFile({ reparseData: bytes('0102') }), [])).get('reparse point')).toContain('too short');
  });
});

describe('names', () => {
  it('of attributes: known ones by name, the others as a number', () => {
    expect(fileAttributeNames(0)).toEqual([]);
    expect(fileAttributeNames(0x8000_0021)).toEqual(['readonly', 'archive', '0x80000000']);
  });

  it('of times: 100 ns, and the nanosecond where there is one', () => {
    expect(isoTime(1_614_834_367_123_456_700n)).toBe('2021-03-04T05:06:07.1234567Z');
    expect(isoTime(1_614_834_367_123_456_789n)).toBe('2021-03-04T05:06:07.123456789Z');
    expect(isoTime(-11_644_473_600_000_000_000n)).toBe('1601-01-01T00:00:00.0000000Z');
    expect(isoTime(2n ** 63n * 100n)).toMatch(/^[+]\d{6}-/);
    expect(isoTime(10n ** 26n)).toContain('since 1970');
  });

  it('of modes', () => {
    expect([0o644, 0o4755, 0o2640, 0o1777, 0o1776, 0].map(modeText)).toEqual([
      'rw-r--r--',
      'rwsr-xr-x',
      'rw-r-S---',
      'rwxrwxrwt',
      'rwxrwxrwT',
      '---------',
    ]);
  });

  it('of object ids of 16 bytes and reparse points', () => {
    expect(objectIdGuids(new Uint8Array(16))).toEqual({ objectId: '00000000-0000-0000-0000-000000000000' });
    expect(reparseFacts(bytes('240000800000 0000'))).toEqual({ tag: 0x8000_0024, name: 'LX_FIFO', target: undefined });
  });
});

describe('streams', () => {
  const sparse = (id: number, blocks: readonly (readonly [number, number])[], name?: string): MemoryStream[] => [
    { id, attributes: 8, data: new Uint8Array(0), ...(name === undefined ? {} : { name }) },
    ...blocks.map(([offset, length]) => ({ id: 9, attributes: 8, offset, data: new Uint8Array(length) })),
  ];
  const rowsOf = (streams: readonly MemoryStream[]): string[] =>
    factRows(windowsFile(), gatherStreams(new MemoryStreams(streams)))
      .filter(([name]) => name === 'stream')
      .map(([, value]) => value);

  it('of a sparse file are told with their ranges, each with its own', () => {
    const streams = [
      ...sparse(1, [
        [10, 5],
        [100, 0],
      ]),
      ...sparse(4, [[0, 1]], ':x:$DATA'),
      { id: 4, attributes: 0, name: ':y:$DATA', data: new Uint8Array(7) },
    ];
    expect(rowsOf(streams)).toEqual([
      'DATA (SPARSE): 100 bytes, 5 of them in 1 range: 10 to 15',
      'ALTERNATE_DATA :x:$DATA (SPARSE): 1 byte, 1 of them in 1 range: 0 to 1',
      'ALTERNATE_DATA :y:$DATA: 7 bytes',
    ]);
  });

  it('with nothing but a hole, and with more ranges than anybody reads', () => {
    expect(rowsOf(sparse(1, [[5000, 0]]))).toEqual(['DATA (SPARSE): 5,000 bytes, 0 of them in 0 ranges']);
    const many = sparse(
      1,
      Array.from({ length: 2000 }, (_, i) => [i * 10, 1] as const),
    );
    expect(rowsOf(many)[0]).toMatch(/2,000 of them in 2,000 ranges: 0 to 1; .*; 70 to 71; 1,992 more$/);
    const [summary] = gatherStreams(new MemoryStreams(many));
    expect(summary).toMatchObject({ rangeCount: 2000, allocated: 2000, size: 19_991 });
    expect(summary?.ranges).toHaveLength(1000);
  });
});
