import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileAttribute, isWinbackError, StreamId, type OpenedFile } from '@winback/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileRecord } from '../../src/raw/file-record.js';
import { undoFixups } from '../../src/raw/fixups.js';
import { RawNtfsVolume } from '../../src/raw/index.js';
import { AttributeType, RestartArea, RestartPage } from '../../src/raw/layouts/index.js';
import { descriptor, noise, text } from './fixture.js';
import { NOT_HERE, setXattr, WHY_NOT, Workspace } from './ntfs-image.js';
import { dataOf, readStreams, readTree, volumeOf, type ReadTree } from './read-volume.js';
import {
  attributeList,
  attributesOf,
  encodeRecord,
  MemorySource,
  nonResidentAttribute,
  idOf,
  residentAttribute,
  typeOf,
  type AttributeBytes,
} from './surgery.js';

const CLUSTER = 4096;
const RECORD = 1024;
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);

describe.skipIf(WHY_NOT !== '')(`a damaged volume${NOT_HERE}`, () => {
  const workspace = new Workspace();
  let original: Uint8Array;
  let sound: ReadTree;
  let offsetOf: (record: number) => number;

  beforeAll(async () => {
    const image = workspace.makeVolume('damage', 6, '-c', String(CLUSTER));
    await workspace.mounted(image, 'streams_interface=windows,noatime', (root) => {
      mkdirSync(join(root, 'a/b/c'), { recursive: true });
      for (const folder of ['', 'a/', 'a/b/', 'a/b/c/']) {
        writeFileSync(join(root, `${folder}small`), 'small');
        writeFileSync(join(root, `${folder}large`), noise(30_000, folder.length + 1));
      }
      writeFileSync(join(root, 'streams'), text(5000));
      for (let i = 0; i < 20; i++) writeFileSync(join(root, `streams:number ${i}`), noise(i * 100, i));
      linkSync(join(root, 'a/small'), join(root, 'linked'));
      writeFileSync(join(root, 'victim'), 'victim');
      setXattr(join(root, 'victim'), 'system.ntfs_acl', descriptor(0x1f0000));
    });
    original = new Uint8Array(readFileSync(image));
    using volume = volumeOf(new MemorySource(original));
    sound = readTree(volume);
    const { mft } = volume.metadata;
    offsetOf = (record) => mft.offsetOf(record);
  });
  afterAll(() => {
    workspace[Symbol.dispose]();
  });

  const recordOf = (path: string): number => Number(sound.files.get(path)!.entry.fileId! & 0xffff_ffffn);
  const sequenceOf = (path: string): number => Number(sound.files.get(path)!.entry.fileId! >> 48n);

  const recordIn = (bytes: Uint8Array, number: number): Uint8Array => {
    const record = bytes.slice(offsetOf(number), offsetOf(number) + RECORD);
    expect(undoFixups(new DataView(record.buffer), 0, RECORD)).toBeUndefined();
    return record;
  };

  /** A volume in which the attributes of a file are others. */
  function changed(number: number, change: (attributes: AttributeBytes[]) => AttributeBytes[], bytes = original.slice()): Uint8Array {
    const memory = recordIn(bytes, number);
    const record = new FileRecord(number, { bytes: memory, view: new DataView(memory.buffer) }, 0, RECORD, 0);
    const flags = record.isDirectory ? 3 : 1;
    const attributes = change(attributesOf(memory));
    bytes.set(encodeRecord({ number, sequence: record.sequence, flags, attributes }, RECORD), offsetOf(number));
    return bytes;
  }

  /** The data of a file said anew. */
  const withData = (path: string, data: AttributeBytes, attributesOn = 0): Uint8Array =>
    changed(recordOf(path), (attributes) => [
      ...attributes
        .map((attribute) => {
          if (typeOf(attribute) === AttributeType.STANDARD_INFORMATION) attribute[24 + 0x20 + 1]! |= attributesOn >> 8;
          return attribute;
        })
        .filter((attribute) => typeOf(attribute) < AttributeType.DATA),
      data,
    ]);

  const read = (bytes: Uint8Array): ReadTree => {
    using volume = volumeOf(new MemorySource(bytes));
    return readTree(volume);
  };

  /** The first cluster of a file's data, and how many there are. */
  function place(path: string): { lcn: number; clusters: number } {
    using volume = volumeOf(new MemorySource(original));
    const { runs } = volume.metadata.mft.attributes(recordOf(path)).find(AttributeType.DATA)!;
    return { lcn: runs.lcns[0]!, clusters: runs.length };
  }

  const openFails = (bytes: Uint8Array, path: string, code = 'SOURCE_UNREADABLE'): string => {
    using volume = volumeOf(new MemorySource(bytes));
    try {
      volume.node(path).open();
    } catch (error) {
      if (!isWinbackError(error, code as 'SOURCE_UNREADABLE')) throw error;
      return error.message;
    }
    return expect.fail(`${path} could be opened`);
  };

  describe('is read from copies', () => {
    it('of the boot sector', () => {
      const bytes = original.slice();
      bytes.fill(0xee, 0, 512);
      const tree = read(bytes);
      expect(tree.order).toEqual(sound.order);
      expect(tree.problems).toMatchObject([{ effect: 'note', path: '' }]);
      expect(tree.problems[0]?.error.message).toContain('boot sector');
    });

    it('of the first record', () => {
      const bytes = original.slice();
      bytes.fill(0, offsetOf(0), offsetOf(0) + RECORD);
      const tree = read(bytes);
      expect(tree.order).toEqual(sound.order);
      expect(tree.problems.map(({ effect }) => effect)).toEqual(['note', 'incomplete']);
      expect(tree.problems[0]?.error.message).toContain('its copy was used');
    });

    it('but not when both are gone', () => {
      const bytes = original.slice();
      bytes.fill(0, 0, 512);
      bytes.fill(0, bytes.length - 4096);
      expect(() => volumeOf(new MemorySource(bytes))).toThrow(expect.objectContaining({ code: 'FORMAT_MAGIC' }));
    });
  });

  it('$MFT whose own runs stand in another record is read whole', () => {
    using volume = volumeOf(new MemorySource(original));
    const { runs } = volume.metadata.mft.attributes(0).find(AttributeType.DATA)!;
    const all: [number, number][] = runs.lcns.map((lcn, i) => [runs.ends[i]! - runs.startOf(i), lcn]);
    const size = volume.metadata.mft.count * RECORD;
    const [[length, lcn], ...rest] = all as [[number, number], ...[number, number][]];
    const spare = 25;
    const head = 8;
    const bytes = original.slice();
    const second = nonResidentAttribute({ type: AttributeType.DATA, id: 1, lowestVcn: head, runs: [[length - head, lcn + head], ...rest] });
    bytes.set(
      encodeRecord({ number: spare, sequence: 1, flags: 1, attributes: [second], base: { record: 0, sequence: 1 } }, RECORD),
      offsetOf(spare),
    );
    changed(
      0,
      (attributes) => {
        const first = nonResidentAttribute({ type: AttributeType.DATA, id: 50, runs: [[head, lcn]], size });
        const list = attributeList([
          { type: AttributeType.STANDARD_INFORMATION, lowestVcn: 0, record: 0, sequence: 1, id: 0 },
          { type: AttributeType.DATA, lowestVcn: 0, record: 0, sequence: 1, id: 50 },
          { type: AttributeType.DATA, lowestVcn: head, record: spare, sequence: 1, id: 1 },
          {
            type: AttributeType.BITMAP,
            lowestVcn: 0,
            record: 0,
            sequence: 1,
            id: idOf(attributes.find((a) => typeOf(a) === AttributeType.BITMAP)!),
          },
        ]);
        const kept = attributes.filter((attribute) => typeOf(attribute) !== AttributeType.DATA);
        const listed = residentAttribute(AttributeType.ATTRIBUTE_LIST, 51, list);
        return [kept[0]!, listed, kept[1]!, first, ...kept.slice(2)];
      },
      bytes,
    );
    const tree = read(bytes);
    expect(tree.problems).toEqual([]);
    expect(tree.order).toEqual(sound.order);
    for (const [path, file] of sound.files) expect(tree.files.get(path)?.streams, path).toEqual(file.streams);
  });

  describe('content', () => {
    it('behind the valid length is zeros, whatever is there', () => {
      const { lcn, clusters } = place('large');
      const data = nonResidentAttribute({ type: AttributeType.DATA, id: 9, runs: [[clusters, lcn]], size: 30_000, valid: 10_001 });
      const found = dataOf(read(withData('large', data)).files.get('large'))!;
      expect(found).toHaveLength(30_000);
      expect(found.subarray(0, 10_001)).toEqual(noise(30_000, 1).subarray(0, 10_001));
      expect(found.subarray(10_001).every((byte) => byte === 0)).toBe(true);
    });

    it('of a sparse stream goes up to its valid length', () => {
      const { lcn } = place('large');
      const runs = [[2, lcn], [3], [2, lcn + 2], [100]] as const;
      const data = nonResidentAttribute({
        type: AttributeType.DATA,
        id: 9,
        runs,
        size: 400_000,
        valid: 5 * CLUSTER + 100,
        flags: 0x8000,
        compressionUnit: 4,
      });
      const file = read(withData('large', data)).files.get('large')!;
      expect(file.streams.find(({ id }) => id === StreamId.DATA)?.blocks).toEqual([
        [0, 2 * CLUSTER],
        [5 * CLUSTER, 100],
        [400_000, 0],
      ]);
      expect(file.entry.attributes & FileAttribute.SPARSE_FILE).not.toBe(0);
    });

    it('that is encrypted has holes where its zeros are none of the ciphertext', () => {
      const { lcn, clusters } = place('large');
      const data = nonResidentAttribute({
        type: AttributeType.DATA,
        id: 9,
        runs: [[clusters, lcn]],
        size: 30_000,
        valid: 1000,
        flags: 0x4000,
      });
      const stream = read(withData('large', data, FileAttribute.ENCRYPTED))
        .files.get('large')!
        .streams.find(({ id }) => id === StreamId.DATA)!;
      const padded = 30_208;
      expect(stream.blocks).toEqual([
        [0, 1024],
        [padded, 2],
        [padded + 2, 0],
      ]);
      expect([...stream.data.subarray(padded)]).toEqual([padded - 30_000, 0]);
    });

    it('on a bad sector is zeros, and a fault says where', () => {
      const { lcn } = place('a/large');
      const source = new MemorySource(original);
      using volume = volumeOf(source);
      const opened: OpenedFile = volume.node('a/large').open();
      source.broken = { from: lcn * CLUSTER + 9000, to: lcn * CLUSTER + 9001 };
      const data = readStreams(opened, 30_000).find(({ id }) => id === StreamId.DATA)!.data;
      const expected = noise(30_000, 3);
      expected.fill(0, 8192, 12_288);
      expect(opened.streams.faults).toMatchObject([{ kind: 'unreadable', streamNumber: 2 }]);
      expect(opened.streams.faults[0]!.offset).toBe(8192);
      expect(Buffer.compare(data, expected)).toBe(0);
    });
  });

  describe('runs', () => {
    it.each([
      ['outside of the volume', { runs: [[8, 1_000_000]] }],
      ['before it', { runs: [[8, -5]] }],
      ['more than the volume has', { runs: Array.from({ length: 20 }, () => [1000, 10] as const) }],
      ['without an end', { runs: [[8, 10]], pairs: Uint8Array.of(0x11, 8, 10, 0x11, 1, 1, 0x11, 1) }],
      ['of no clusters', { runs: [[8, 10]], pairs: Uint8Array.of(0x11, 0, 10, 0) }],
      ['of impossible numbers', { runs: [[8, 10]], pairs: Uint8Array.of(0xff, 1, 2, 3, 4, 5, 6, 7, 0) }],
      ['of fewer clusters than bytes', { runs: [[2, 10]] }],
      ['of holes beyond all measure', { runs: [[2 ** 50]] }],
      ['that begin elsewhere', { runs: [[8, 10]], lowestVcn: 3 }],
    ])('%s make one file unreadable, and no other', (_name, piece) => {
      const data = nonResidentAttribute({ type: AttributeType.DATA, id: 9, size: 30_000, ...(piece as { runs: [] }) });
      const bytes = withData('large', data);
      expect(openFails(bytes, 'large')).toContain('large');
      using volume = volumeOf(new MemorySource(bytes));
      expect(readTree(volume, 'a').order).toEqual(sound.order.filter((path) => /^a(\/|$)/.test(path)));
    });

    it('of a huge size are not believed', () => {
      const data = nonResidentAttribute({ type: AttributeType.DATA, id: 9, runs: [[8, 10]], size: 2 ** 52 });
      openFails(withData('large', data), 'large');
    });

    it('of a compressed stream too long to be true give it as sparse', () => {
      const { lcn } = place('large');
      const runs = [[16, lcn], [2 ** 36]] as const;
      const data = nonResidentAttribute({ type: AttributeType.DATA, id: 9, runs, size: 2 ** 48, flags: 1, compressionUnit: 4 });
      using volume = volumeOf(new MemorySource(withData('large', data)));
      const { streams } = volume.node('large').open();
      const lengths: number[] = [];
      for (let header = streams.next(); header; header = streams.next()) lengths.push(header.length);
      expect(lengths.slice(1)).toEqual([0, 65_536, 0]);
    });

    it('of a named stream leave the rest of the file', () => {
      const bad = nonResidentAttribute({ type: AttributeType.DATA, id: 9, runs: [[8, 1_000_000]], size: 100, name: 'bad' });
      const file = read(changed(recordOf('small'), (attributes) => [...attributes, bad])).files.get('small')!;
      expect(Buffer.from(dataOf(file)!).toString()).toBe('small');
      expect(file.problems).toMatchObject([{ path: 'small', effect: 'incomplete' }]);
    });
  });

  describe('attribute lists', () => {
    const listing = (entries: Parameters<typeof attributeList>[0]) =>
      changed(recordOf('small'), ([first, ...rest]) => [
        first!,
        residentAttribute(AttributeType.ATTRIBUTE_LIST, 60, attributeList(entries)),
        ...rest,
      ]);

    it.each([
      ['leads back to the file itself', 1, () => ({ record: recordOf('small'), sequence: sequenceOf('small') })],
      ['leads to another file', 1, () => ({ record: recordOf('large'), sequence: sequenceOf('large') })],
      ['leads nowhere', 1, () => ({ record: 4_000_000, sequence: 1 })],
      ['leads to a record that is not in use', 1, () => ({ record: 23, sequence: 1 })],
    ])('that %s', (_name, id, where) => {
      const own = { record: recordOf('small'), sequence: sequenceOf('small'), lowestVcn: 0 };
      const bytes = listing([
        { ...own, type: AttributeType.STANDARD_INFORMATION, id: 0 },
        { ...own, type: AttributeType.ATTRIBUTE_LIST, id: 60 },
        { type: AttributeType.DATA, lowestVcn: 0, id: id + 90, ...where() },
      ]);
      openFails(bytes, 'small');
      using volume = volumeOf(new MemorySource(bytes));
      expect([...volume.walk('')].flatMap(({ nodes }) => nodes.map(({ path }) => path))).toEqual(sound.order);
    });

    it('that is torn', () => {
      const torn = Uint8Array.of(0x80, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      const bytes = changed(recordOf('small'), ([first, ...rest]) => [
        first!,
        residentAttribute(AttributeType.ATTRIBUTE_LIST, 60, torn),
        ...rest,
      ]);
      openFails(bytes, 'small');
    });
  });

  describe('names', () => {
    const renamed = (path: string, name: string, parent?: { record: number; sequence: number }): Uint8Array =>
      changed(recordOf(path), (attributes) =>
        attributes.map((attribute) => {
          if (typeOf(attribute) !== AttributeType.FILE_NAME) return attribute;
          const value = attribute.slice(24);
          const view = new DataView(value.buffer);
          if (parent) view.setBigUint64(0, (BigInt(parent.sequence) << 48n) | BigInt(parent.record), true);
          const head = value.slice(0, 0x42);
          head[0x40] = name.length;
          return residentAttribute(AttributeType.FILE_NAME, 2, Buffer.concat([head, Buffer.from(name, 'utf16le')]));
        }),
      );
    const at = (path: string) => ({ record: recordOf(path), sequence: sequenceOf(path) });

    it('of folders in a circle are not walked, and are counted', () => {
      const tree = read(renamed('a', 'a', at('a/b')));
      expect(tree.order).toEqual(['', 'large', 'linked', 'small', 'streams', 'victim']);
      expect(tree.problems).toMatchObject([{ effect: 'note' }]);
      // three folders, and what lies in them but for the file that has a name in the root too
      expect(tree.problems[0]?.error.message).toContain(' 8 files or folders');
    });

    it('in a folder that was removed are counted', () => {
      const tree = read(renamed('victim', 'victim', { record: recordOf('a'), sequence: sequenceOf('a') + 1 }));
      expect(tree.order).toEqual(sound.order.filter((path) => path !== 'victim'));
      expect(tree.problems[0]?.error.message).toContain(' 1 files or folders');
    });

    it.each(['.', '..', 'a/b', 'nul\0'])('that no path can hold are left out: %j', (name) => {
      const tree = read(renamed('victim', name));
      expect(tree.order).toEqual(sound.order.filter((path) => path !== 'victim'));
      expect(tree.problems).toMatchObject([{ effect: 'skipped', error: { code: 'SOURCE_UNSUPPORTED' } }]);
    });

    it('that two files have are given once', () => {
      const tree = read(renamed('victim', 'small'));
      expect(tree.order).toEqual(sound.order.filter((path) => path !== 'victim'));
      expect(tree.problems).toMatchObject([{ effect: 'skipped' }]);
    });

    it('in a record that is torn are missing, and said to be by the name that the folder has', () => {
      const bytes = original.slice();
      bytes[offsetOf(recordOf('victim')) + 511]! ^= 0xff;
      bytes[offsetOf(recordOf('a/b')) + 511]! ^= 0xff;
      const tree = read(bytes);
      expect(tree.order).toEqual(sound.order.filter((path) => path !== 'victim' && !path.startsWith('a/b')));
      expect(tree.problems).toMatchObject([
        { effect: 'skipped', path: 'victim' },
        { effect: 'skipped', path: 'a/b' },
        { effect: 'incomplete', path: '' },
        { effect: 'incomplete', path: '' },
      ]);
      expect(tree.problems[2]?.error.message).toContain(' 2 FILE records');
      expect(tree.problems[3]?.error.message).toContain(' 5 files or folders');
    });
  });

  it.each([
    ['in use', 0, 0, 1],
    ['unmounted', 0, 2, 0],
    ['used by nobody', 0xffff, 0, 0],
  ])('whose log says that it is %s', (_name, clientInUseList, flags, notes) => {
    using volume = volumeOf(new MemorySource(original));
    const { lcns } = volume.metadata.mft.attributes(2).find(AttributeType.DATA)!.runs;
    const bytes = original.slice();
    const page = {
      ...RestartPage.create(),
      systemPageSize: 4096,
      logPageSize: 4096,
      restartAreaOffset: 0x30,
      majorVersion: 1,
      minorVersion: 1,
    };
    const area = { ...RestartArea.create(), currentSequence: 5n, logClients: 1, clientInUseList, flags };
    RestartPage.encodeInto(bytes, lcns[0]! * CLUSTER, page);
    RestartArea.encodeInto(bytes, lcns[0]! * CLUSTER + 0x30, area);
    // An older page says the contrary.
    RestartPage.encodeInto(bytes, lcns[0]! * CLUSTER + 4096, page);
    RestartArea.encodeInto(bytes, lcns[0]! * CLUSTER + 4096 + 0x30, { ...area, currentSequence: 4n, clientInUseList: 0, flags: flags ^ 2 });
    expect(read(bytes).problems.map(({ effect }) => effect)).toEqual(Array.from({ length: notes }, () => 'note'));
  });

  it('a file of NTFS before 3.0 has its security descriptor to itself', () => {
    const own = sound.files.get('victim')!.entry.securityDescriptor!;
    const bytes = changed(recordOf('small'), ([information, ...rest]) => [
      residentAttribute(AttributeType.STANDARD_INFORMATION, 0, information!.slice(24, 24 + 0x30)),
      ...rest.slice(0, 1),
      residentAttribute(AttributeType.SECURITY_DESCRIPTOR, 70, own),
      ...rest.slice(1).filter((attribute) => typeOf(attribute) > AttributeType.SECURITY_DESCRIPTOR),
    ]);
    const file = read(bytes).files.get('small')!;
    expect(file.problems).toEqual([]);
    expect(file.entry.securityDescriptor).toEqual(own);
  });

  it('a security descriptor that is damaged is taken from its copy; when both are, the file lacks it', () => {
    const wanted = sound.files.get('victim')!.entry.securityDescriptor!;
    const places: number[] = [];
    for (let at = original.length; (at = Buffer.from(original.buffer).lastIndexOf(wanted, at - 1)) >= 0;) places.push(at);
    expect(places).toHaveLength(2);
    const bytes = original.slice();
    const first = places.at(-1)!;
    bytes[first + 4]! ^= 1;
    expect(read(bytes).files.get('victim')!.entry.securityDescriptor).toEqual(wanted);
    for (const at of places) bytes[at + 4] = original[at + 4]! ^ 1;
    const file = read(bytes).files.get('victim')!;
    expect(file.entry.securityDescriptor).toBeUndefined();
    expect(file.problems).toMatchObject([{ effect: 'incomplete' }]);
  });

  describe('never does worse than an error', () => {
    /** Everything is read, but no more of a stream than this. */
    function survives(bytes: Uint8Array): void {
      const source = new MemorySource(bytes);
      try {
        RawNtfsVolume.probe(source);
        using volume = volumeOf(source);
        let nodes = 0;
        for (const batch of volume.walk('')) {
          for (const node of batch.nodes) {
            if (++nodes > 10_000) throw new Error('more files than there are');
            try {
              const opened = node.open();
              readStreams(opened, 65_536, 10_000_000);
              opened.changed();
            } catch (error) {
              if (!isWinbackError(error) || !error.code.startsWith('SOURCE_')) throw error;
            }
          }
        }
      } catch (error) {
        if (!isWinbackError(error)) throw error;
      }
    }

    it('cut off anywhere', () => {
      for (let size = 0; size < original.length; size += size < 1024 ? 1 : 13_333) survives(original.slice(0, size));
    });

    it('with random bytes in the records', () => {
      const first = () => offsetOf(0);
      const change = fc.tuple(fc.nat(80 * RECORD), fc.integer({ min: 0, max: 255 }));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 30 }), (changes) => {
          const bytes = original.slice();
          for (const [at, value] of changes) bytes[first() + at] = value;
          survives(bytes);
        }),
        { numRuns: RUNS },
      );
    });

    it('with records that are whole, but hold anything', () => {
      const records = () => [0, 3, 5, 9, 11, ...[...sound.files.keys()].map(recordOf)];
      const change = fc.tuple(fc.nat(1000), fc.nat(RECORD - 0x38), fc.uint8Array({ minLength: 1, maxLength: 8 }));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
          const bytes = original.slice();
          for (const [which, at, values] of changes) {
            const start = offsetOf(records()[which % records().length]!);
            // Not where the update sequence would notice.
            values.forEach((value, i) => {
              const place = (0x38 + at + i) % RECORD;
              if (place % 512 < 510 && place >= 0x38) bytes[start + place] = value;
            });
          }
          survives(bytes);
        }),
        { numRuns: RUNS },
      );
    });

    it('with random bytes in the boot sector', () => {
      const change = fc.tuple(fc.nat(0x54), fc.integer({ min: 0, max: 255 }));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
          const bytes = original.slice();
          for (const [at, value] of changes) bytes[at] = value;
          survives(bytes);
        }),
        { numRuns: RUNS },
      );
    });

    it('of nothing but random bytes', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), survives), { numRuns: RUNS });
    });
  });
});
