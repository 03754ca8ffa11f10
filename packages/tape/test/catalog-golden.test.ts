import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileWindow } from '../src/mtf/file-window.js';
import { BlockStreams } from '../src/mtf/block-streams.js';
import { peekBlock } from '../src/mtf/block-head.js';
import { bytesAt } from '../src/mtf/catalog/earlier-map.js';
import { decodeSetMap } from '../src/mtf/catalog/set-map.js';
import { encodeSetMap } from '../src/mtf/catalog/set-map-writer.js';
import { EndOfSetBlock, SetBlock, SetMapEntry, SetMapHeader, TapeBlock, VolumeBlock } from '../src/mtf/layout/index.js';
import { blockEnd } from '../src/mtf/skip-block.js';
import { findSets } from '../src/mtf/set-place.js';
import { readMedium } from '../src/mtf/medium.js';

const SAMPLES = join(process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../shared/samples'), 'mtf');
const noSamples = existsSync(SAMPLES) ? '' : ' (skipped: WINBACK_SAMPLES names no folder of samples)';

/** What SQL Server wrote. */
function sample(name: string) {
  const window = FileWindow.open(join(SAMPLES, name));
  const medium = readMedium(window);
  const [set] = findSets(window, medium).sets;
  const eset = peekBlock(window, set!.esetAt!)!;
  const streams = new BlockStreams(window, () => undefined);
  streams.begin(eset);
  let map: Buffer | undefined;
  for (let raw = streams.nextRaw(); raw; raw = streams.nextRaw()) if (raw.id === 'TSMP') map = streams.readAll(4096);
  const sset = bytesAt(window, set!.at, 'SSET', SetBlock.size)!;
  const volumeAt = blockEnd(window, peekBlock(window, set!.at)!) as number;
  return {
    window,
    map: map!,
    tape: bytesAt(window, 0, 'TAPE', TapeBlock.size)!,
    sset,
    volume: bytesAt(window, volumeAt, 'VOLB', VolumeBlock.size)!,
    eset: bytesAt(window, set!.esetAt!, 'ESET', EndOfSetBlock.size)!,
  };
}

describe.skipIf(noSamples)(`SQL Server's set maps${noSamples}`, () => {
  it.each([
    ['northwind-1.bak', 'CHELYABINSK\\evgenye', 'W2K8-SQL-CHL01'],
    ['northwind-2.bak', 'teste', 'I208789'],
  ])('%s: is read', (name, user, machine) => {
    const { map, window } = sample(name);
    const { sets, entries, mediaFamilyId } = decodeSetMap(1, map, 0);
    expect(mediaFamilyId).toBe(readMedium(window).mediaFamilyId);
    expect(entries).toBe(1);
    expect(sets).toHaveLength(1);
    expect(sets[0]).toMatchObject({
      setNumber: 1,
      name: 'Northwind-Full Database Backup',
      files: 0,
      directories: 0,
      corrupt: 0,
      detail: undefined,
    });
    expect(sets[0]!.user).toBe(user);
    expect(JSON.stringify(sets[0]!.volumes)).toContain(machine);
    window.close();
  });

  it.each(['northwind-1.bak', 'northwind-2.bak'])('%s: ours of its blocks is the same, byte for byte', (name) => {
    const { map, window, sset, volume, eset } = sample(name);
    const entry = SetMapEntry.decode(map, SetMapHeader.size);
    const made = encodeSetMap(1, readMedium(window).mediaFamilyId, undefined, {
      parts: [{ mediaSequence: 1, pba: SetBlock.decode(sset).pba, sset, volumes: [volume] }],
      directories: 0,
      files: 0,
      corrupt: EndOfSetBlock.decode(eset).corruptObjects,
      bytes: entry.displayableSize,
      detail: { pba: 0, mediaSequence: 0 },
      stored: undefined,
      tapes: new Map(),
      eset,
    })!;
    expect(made.toString('hex')).toBe(map.toString('hex'));
    window.close();
  });
});
