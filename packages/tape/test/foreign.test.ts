import { MemoryStreams, StreamId } from '@winback/core';
import { closeSync, copyFileSync, existsSync, openSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectMtf } from '../src/index.js';
import { peekBlock } from '../src/mtf/block-head.js';
import { fourCharacters } from '../src/mtf/constants.js';
import { FileWindow } from '../src/mtf/file-window.js';
import { PieceWriter } from '@winback/core/io';
import { Output } from '../src/mtf/output.js';
import { BlockHeader, SetBlock, TapeBlock } from '../src/mtf/layout/index.js';
import { ObjectWriter } from '../src/mtf/object-writer.js';
import { templates } from '../src/mtf/templates.js';
import { otherImage, type OtherImage } from './support/other-writer.js';
import { description, dir, entryOf, file, openTarget, readSet, tempFolder, writeSet } from './support/target.js';

/** Files that Windows programs made; they are not ours to publish. */
const SAMPLES = join(process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../shared/samples'), 'mtf');
const noSamples = existsSync(SAMPLES) ? '' : ' (skipped: WINBACK_SAMPLES names no folder of samples)';
const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

const generate = (strings: OtherImage['strings'], filemarks: OtherImage['filemarks']): string => {
  const path = join(tempFolder(), `${strings}-${filemarks}.bkf`);
  writeFileSync(path, otherImage({ strings, filemarks }));
  return path;
};

describe('images of an independent writer', () => {
  describe.each(['unicode', 'ansi'] as const)('with %s strings', (strings) => {
    it.each(['sfmb', 'none'] as const)('and filemarks: %s', (marks) => {
      const path = generate(strings, marks);
      const target = openTarget(path);
      const versions = target.versions();
      expect(target.damage).toEqual([]);
      expect(versions).toEqual([
        expect.objectContaining({
          id: '06/01/2005-12:34',
          number: 1,
          name: 'Set 1',
          description: 'desc',
          machine: 'LABPC',
          user: 'LAB\\user',
          software: 'tape-lab',
          volumes: ['C:'],
        }),
      ]);
      const { files, reader } = readSet(path, '06/01/2005-12:34');
      expect(reader.damage).toEqual([]);
      const third = strings === 'ansi' ? 'apps/third' : 'apps/Übung';
      expect(files.map((f) => f.entry.path)).toEqual([
        '',
        'root.txt',
        'apps/fred',
        ...['five k.bin', 'ads.txt', 'empty.dat', 'sparse.bin'].map((n) => `apps/fred/${n}`),
        third,
        `${third}/last.txt`,
        `${third}/again.txt`,
      ]);
      // Its path in the backup, without the drive: the volume has that.
      expect(files.map((f) => f.entry.linkTo)).toEqual([...Array<undefined>(9).fill(undefined), 'root.txt']);
      const by = new Map(files.map((f) => [f.entry.path, f]));
      const root = by.get('root.txt')!;
      expect(root.volume).toEqual({ root: 'C:', device: 'C:', fileSystem: 'NTFS', label: 'System' });
      expect(root.entry).toMatchObject({
        kind: 'file',
        attributes: 0x20,
        size: 20,
        times: { lastWrite: BigInt(Date.UTC(2005, 5, 1, 12, 34, 56)) * 1_000_000n },
      });
      expect(root.streams.map((s) => s.header.id)).toEqual([StreamId.SECURITY_DATA, StreamId.DATA]);
      expect(root.streams[1]!.data.toString()).toBe('hello from the root\n');
      expect(by.get('apps/fred/five k.bin')!.streams[0]!.data.toString()).toBe('abcdefghij'.repeat(500));
      expect(by.get('apps/fred/empty.dat')!.streams).toEqual([]);
      const ads = by.get('apps/fred/ads.txt')!.streams[1]!;
      expect(ads.header).toMatchObject({ id: StreamId.ALTERNATE_DATA, name: 'Zone.Identifier' });
      expect(ads.data.toString()).toBe('[ZoneTransfer]\r\nZoneId=3\r\n');
      expect(
        by.get('apps/fred/sparse.bin')!.streams.map((s) => [s.header.id, s.header.attributes, s.header.offset, s.data.toString()]),
      ).toEqual([
        [StreamId.DATA, 8, undefined, ''],
        [StreamId.SPARSE_BLOCK, 0, 0, 'S'.repeat(1000)],
        [StreamId.SPARSE_BLOCK, 0, 131_072, 'T'.repeat(700)],
        [StreamId.SPARSE_BLOCK, 0, 200_000, ''],
      ]);
      expect([...inspectMtf(path)].filter((i) => i.kind === 'damage' || (i.kind === 'stream' && i.checksum === 'wrong'))).toEqual([]);
    });
  });

  it('can be appended to when their blocks are like NTBackup makes them', () => {
    const path = generate('unicode', 'sfmb');
    const before = readFileSync(path);
    writeSet(path, [dir(''), file('n', 'ours')]);
    expect(readFileSync(path).subarray(0, before.length)).toEqual(before);
    expect(
      openTarget(path)
        .versions()
        .map((v) => [v.number, v.software]),
    ).toEqual([
      [1, 'tape-lab'],
      [2, expect.stringMatching(/^Winback \d+\.\d+\.\d+$/)],
    ]);
    expect(readSet(path, '1').files).toHaveLength(10);
    expect(readSet(path, '2').files).toHaveLength(2);
    // A torn set of ours may go, even here.
    writeSet(path, [dir(''), file('n', 'torn')]);
    truncateSync(path, statSync(path).size - 4000);
    writeSet(path, [dir(''), file('n', 'again')]);
    expect(openTarget(path).versions()).toHaveLength(3);
  });

  it('with a torn end are refused and never shortened', () => {
    const path = generate('unicode', 'sfmb');
    const torn = `${path}.torn.bkf`;
    for (const cut of [1025, 3000, 10_000]) {
      copyFileSync(path, torn);
      truncateSync(torn, statSync(path).size - cut);
      const bytes = readFileSync(torn);
      const target = openTarget(torn, 'append');
      expect(() => target.createSet(description)).toThrow(code('TARGET_FOREIGN'));
      target.close();
      expect(readFileSync(torn)).toEqual(bytes);
      // What there is can be read.
      expect(readSet(torn, '1').files.length).toBeGreaterThan(3);
    }
  });

  it('without soft filemarks are refused for appending', () => {
    const target = openTarget(generate('unicode', 'none'), 'append');
    expect(() => target.createSet(description)).toThrow(code('TARGET_FOREIGN'));
    target.close();
  });
});

describe.skipIf(noSamples)(`SQL Server backups${noSamples}`, () => {
  it.each([
    [
      'northwind-1.bak',
      ['TAPE', 'SFMB', 'SSET', 'VOLB', 'MSCI', 'MSDA', 'MSTL', 'MSTL', 'MSTL', 'MSTL', 'MSLS', 'SFMB', 'ESET', 'ESET', 'SFMB'],
      '09/03/2014-10:08',
    ],
    [
      'northwind-2.bak',
      ['TAPE', 'SFMB', 'SSET', 'VOLB', 'MSCI', 'MSDA', ...Array<string>(15).fill('MSTL'), 'MSLS', 'SFMB', 'ESET', 'ESET', 'SFMB'],
      '01/25/2011-21:09',
    ],
  ])('%s is listed to its end, with every checksum right', (name, types, id) => {
    const path = join(SAMPLES, name);
    const items = [...inspectMtf(path)];
    expect(items.filter((i) => i.kind === 'damage')).toEqual([]);
    const blocks = items.filter((i) => i.kind === 'block');
    expect(blocks.map((b) => b.type)).toEqual(types);
    const last = blocks.at(-1)!;
    expect(last.offset + 512).toBe(statSync(path).size);
    expect(items.filter((i) => i.kind === 'stream').every((s) => s.checksum !== 'wrong')).toBe(true);
    expect(items.filter((i) => i.kind === 'stream' && i.id === 'MQDA').map((s) => s.kind === 'stream' && s.mediaAttributes)).toEqual([
      ['variable'],
      ['variable', 'var-end'],
    ]);
    const target = openTarget(path);
    const versions = target.versions();
    expect(target.damage).toEqual([]);
    expect(versions).toHaveLength(1);
    expect(versions[0]).toMatchObject({ id, name: 'Northwind-Full Database Backup', software: 'Microsoft SQL Server' });
    const { files, reader } = readSet(path);
    expect(files).toEqual([]);
    expect(reader.damage).toEqual([]);
    expect(() => JSON.stringify(items)).not.toThrow();
  });

  it('cannot be appended to, and the message says why', () => {
    const path = join(tempFolder(), 'a.bak');
    copyFileSync(join(SAMPLES, 'northwind-1.bak'), path);
    const target = openTarget(path, 'append');
    expect(() => target.createSet(description)).toThrow(/soft filemarks of 512 bytes/);
    target.close();
  });
});

/** A file with one set whose blocks the test makes itself. */
function handMade(make: (out: Output, objects: ObjectWriter) => void, tape: Partial<ReturnType<typeof TapeBlock.create>> = {}): string {
  const path = join(tempFolder(), 'hand.bkf');
  const fd = openSync(path, 'w');
  const out = new Output(new PieceWriter(fd), path, 0);
  const head = (start: number): void => {
    out.align4();
    out.view.setUint16(start + BlockHeader.offsetOf('offsetToFirstEvent'), out.at - start, true);
    out.sealBlock(start);
    out.spad();
  };
  head(out.block(TapeBlock.encode({ ...templates.tape, flbSize: 1024, majorVersion: 1, ...tape })));
  const objects = new ObjectWriter(out, out.position, 0);
  head(out.block(SetBlock.encode(SetBlock.create({ ...templates.set, setNumber: 1, timeZone: 127 }))));
  make(out, objects);
  const eset = objects.begin(BlockHeader.encode(BlockHeader.create({ type: 'ESPB' })));
  objects.seal(eset);
  out.spad();
  out.flush();
  closeSync(fd);
  return path;
}

describe('what other programs write', () => {
  const plain = (out: Output, objects: ObjectWriter, id: string, media: number, bytes: Uint8Array): void => {
    const start = objects.begin(templates.file);
    objects.seal(start);
    out.streamHead(fourCharacters(id), 0, media, bytes.length);
    out.bytes.set(bytes, out.at);
    out.at += bytes.length;
    out.spad();
  };

  it('compressed, encrypted and continued streams are refused by name; the other files are read', () => {
    const path = handMade((out, objects) => {
      objects.directory(entryOf('', { kind: 'directory' }), undefined);
      plain(out, objects, 'STAN', 0x10, Buffer.from('FH and so on'));
      objects.file(entryOf('between'), new MemoryStreams([]));
      plain(out, objects, 'STAN', 0x08, Buffer.from('EH and so on'));
      plain(out, objects, 'STAN', 0x01, Buffer.from('the rest'));
      objects.file(entryOf('after'), new MemoryStreams([{ id: 1, attributes: 0, data: Buffer.from('fine') }]));
    });
    const { files, reader } = readSet(path, '1');
    expect(files.map((f) => (f.error as { code?: string } | undefined)?.code ?? f.entry.path)).toEqual([
      '',
      'FORMAT_UNSUPPORTED',
      'between',
      'FORMAT_UNSUPPORTED',
      'FORMAT_UNSUPPORTED',
      'after',
    ]);
    expect(reader.damage.map((d) => d.error.message).slice(0, 3)).toEqual([
      expect.stringMatching(/STAN is compressed in a way that is not known/),
      expect.stringMatching(/STAN is encrypted/),
      expect.stringMatching(/STAN goes on from an earlier medium/),
    ]);
    expect(files.at(-1)!.streams[0]!.data.toString()).toBe('fine');
  });

  it('streams of variable length come as one', () => {
    const path = handMade((out, objects) => {
      objects.directory(entryOf('', { kind: 'directory' }), undefined);
      const start = objects.begin(templates.file);
      objects.seal(start);
      for (const [media, text] of [
        [2, 'one,'],
        [2, ''],
        [2, 'two and '],
        [6, 'three'],
      ] as const) {
        out.streamHead(fourCharacters('STAN'), 0, media, text.length);
        out.at += out.bytes.write(text, out.at, 'latin1');
        out.align4();
      }
      out.spad();
    });
    const { files, reader } = readSet(path, '1', 3);
    expect(files[1]!.streams.map((s) => [s.header.length, s.data.toString()])).toEqual([[17, 'one,two and three']]);
    expect(reader.damage.filter((d) => d.path !== undefined)).toEqual([]);
  });

  it('unknown blocks are passed over, with their streams', () => {
    const path = handMade((out, objects) => {
      objects.directory(entryOf('', { kind: 'directory' }), undefined);
      const start = objects.begin(BlockHeader.encode(BlockHeader.create({ type: 'IMAG' })));
      objects.seal(start);
      out.bytesStream(fourCharacters('WHAT'), 0, Buffer.alloc(5000, 1));
      out.spad();
      objects.file(entryOf('after'), new MemoryStreams([]));
    });
    const { files } = readSet(path, '1');
    expect(files.map((f) => f.entry.path)).toEqual(['', 'after']);
  });

  it('files before any folder belong to the root', () => {
    const path = handMade((out, objects) => {
      objects.file(entryOf('alone'), new MemoryStreams([]));
    });
    expect(readSet(path, '1').files.map((f) => f.entry.path)).toEqual(['alone']);
  });

  it('claims of absurd lengths are FORMAT_SHORT, and nothing is allocated for them', () => {
    for (const length of [2 ** 32, 2 ** 52, 2 ** 63]) {
      const path = handMade((out, objects) => {
        objects.directory(entryOf('', { kind: 'directory' }), undefined);
        for (const id of ['STAN', 'FNAM', 'WBFX', 'ADAT', 'SPAR', 'LINK']) {
          const start = objects.begin(templates.file);
          objects.seal(start);
          out.streamHead(fourCharacters(id), 0, 0, length);
          out.at += 100;
          out.spad();
        }
      });
      const { reader } = readSet(path, '1');
      expect(reader.damage.filter((d) => d.error.code === 'FORMAT_SHORT').length).toBeGreaterThanOrEqual(6);
    }
  });

  it('a logical block size that the format does not know is refused', () => {
    const path = handMade(() => undefined, { flbSize: 4096 });
    expect(() => openTarget(path).versions()).toThrow(code('TARGET_FOREIGN'));
  });

  it('a damaged TAPE block does not hide the sets', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeSet(path, [dir(''), file('n', 'one')]);
    const bytes = readFileSync(path);
    bytes.fill(0, 0, 1024);
    writeFileSync(path, bytes);
    const target = openTarget(path);
    expect(target.versions()).toHaveLength(1);
    expect(target.damage).toHaveLength(1);
    expect(readSet(path).files).toHaveLength(2);
  });

  it('reads the header that NTBackup wrote', () => {
    const path = join(tempFolder(), 'header.bkf');
    const bytes = Buffer.from(
      '46494c450000000088000e020044bc55000000002d8e7700000000000000000000000000880a000000000000180070000200889b000800001f7a7417731f61a2b2d700000000001f7a741773',
      'hex',
    );
    writeFileSync(path, bytes.subarray(0, 76));
    const window = FileWindow.open(path);
    expect(peekBlock(window, 0)).toMatchObject({
      type: 'FILE',
      offsetToFirstEvent: 136,
      osId: 14,
      osVersion: 2,
      displayableSize: 0x55bc4400,
      fla: 0x778e2d,
      controlBlockId: 0xa88,
      stringType: 2,
    });
    window.close();
  });
});
