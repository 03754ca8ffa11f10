import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { HiveFile } from '../../../src/registry/hive/index.js';
import { contentsOf, lacks, noSamples, sampleHive, sampleNames, tempFolder, type Contents } from './support/hives.js';
import { exportedByHivex, type Exported } from './support/hivexregedit.js';

const noHivex = lacks('hivexregedit', 'libwin-hivex-perl');
const noReglookup = lacks('reglookup', 'reglookup');

/** What the programs do not say, or say wrongly. */
const hasZeros = (text: string): boolean => text.includes('\0');
/** Cells that are free in it: the programs take them all the same, or give up the whole hive. */
const DAMAGED = 'regipy-corrupted_system_hive.xz';
const whole = sampleNames.filter((name) => name !== DAMAGED);

const contents = (path: string, logs: 'auto' | 'ignore'): Contents => {
  using store = HiveFile.open(path, { logs });
  return contentsOf(store);
};

/** Ours in the words of the other program. */
function asExported({ keys }: Contents): Exported {
  return new Map([...keys].map(([path, { values }]) => [path, values]));
}

describe.skipIf(noHivex || noSamples)(`hivexregedit --export${noHivex || noSamples}`, () => {
  it.each(whole)('says the same of %s, key by key and byte by byte', (name) => {
    // It knows nothing of logs.
    const path = sampleHive(name, tempFolder(), true);
    const ours = contents(path, 'ignore');
    const theirs = exportedByHivex(path);
    expect(ours.problems).toEqual([]);
    expect(ours.keys.size).toBe(theirs.size);
    if ([...ours.keys].some(([key, { values }]) => hasZeros(key) || hasZeros(Object.keys(values).join()))) return;
    expect(asExported(ours)).toEqual(theirs);
  });
});

describe.skipIf(noReglookup || noSamples)(`reglookup${noReglookup || noSamples}`, () => {
  it.each(whole)('counts as many keys and values, with the same times, in %s', (name) => {
    const path = sampleHive(name, tempFolder(), true);
    const { keys } = contents(path, 'ignore');
    const { stdout } = spawnSync('reglookup', [path], { encoding: 'latin1', maxBuffer: 1 << 28 });
    const lines = stdout.split('\n').slice(1, -1);
    const theirKeys = lines.filter((line) => /^[^,]*,KEY,,/.test(line));
    const times = theirKeys.map((line) => line.slice(line.lastIndexOf(',') + 1));
    const time = (nanoseconds: bigint | undefined): string =>
      new Date(Number((nanoseconds ?? 0n) / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ');
    expect(times.sort()).toEqual([...keys.values()].map(({ lastWrite }) => time(lastWrite)).sort());
    const ourValues = [...keys.values()].reduce((sum, { values }) => sum + Object.keys(values).length, 0);
    expect(lines.length - theirKeys.length).toBe(ourValues);
  });
});

it.skipIf(noSamples)(`a damaged hive gives what can be read of it, and says what cannot${noSamples}`, () => {
  const { keys, problems } = contents(sampleHive(DAMAGED, tempFolder()), 'auto');
  expect(keys.size).toBeGreaterThan(1600);
  expect(problems.length).toBeGreaterThan(50);
  for (const problem of problems) expect(problem).toMatch(/ is damaged: .* \(cell 0x/);
});
