import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HiveFile } from '../../../src/registry/hive/index.js';
import type { RegistryStore } from '../../../src/registry/registry-store.js';
import { checkHive } from './support/check-hive.js';
import { contentsOf, lacks, noSamples, runsOf, sampleHive, tempFolder } from './support/hives.js';
import { exportedByHivex } from './support/hivexregedit.js';

const missing = lacks('hivexsh', 'libhivex-bin') || lacks('hivexregedit', 'libwin-hivex-perl');
const SEQUENCES = runsOf(10_000);
/** Sequences of edits that go into one hive, each under a key of its own: so that a program is started for many. */
const BATCH = 500;

const NAMES = ['a', 'B', 'key with blanks', 'x'.repeat(60), '{0000-1}', 'A.b', '10', '9', '_', 'Zz', 'a b c', '*'];

type Edit =
  | { readonly do: 'add'; readonly at: readonly string[]; readonly name: string }
  | { readonly do: 'del'; readonly at: readonly string[] }
  | {
      readonly do: 'values';
      readonly at: readonly string[];
      readonly values: readonly (readonly [name: string, type: number, data: Uint8Array])[];
    };

const name = fc.constantFrom(...NAMES);
const at = fc.array(name, { maxLength: 3 });
const data = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  // It reads lines of a thousand characters.
  fc.integer({ min: 13, max: 300 }).map((size) => new Uint8Array(size).fill(size)),
);
const value = fc.tuple(name, fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 11, 0x1234), data);
const values = fc.uniqueArray(value, { maxLength: 4, selector: ([n]) => n.toUpperCase() });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ do: fc.constant('add' as const), at, name }),
  fc.record({ do: fc.constant('del' as const), at }),
  fc.record({ do: fc.constant('values' as const), at, values }),
);
const sequence = fc.array(edit, { minLength: 1, maxLength: 8 });

/** The same edits for us, at once, and for hivexsh, as lines; those that it would refuse are left out for both. */
function apply(store: RegistryStore, base: string, edits: readonly Edit[]): string[] {
  const lines: string[] = [];
  for (const each of edits) {
    const path = [base, ...each.at].join('\\');
    const key = store.key(path);
    if (!key) continue;
    const go = `cd \\${path}`;
    if (each.do === 'add') {
      if (store.key(`${path}\\${each.name}`)) continue;
      store.createKey(`${path}\\${each.name}`);
      lines.push(go, `add ${each.name}`);
    } else if (each.do === 'del') {
      if (each.at.length === 0) continue;
      store.deleteKey(path);
      lines.push(go, 'del');
    } else {
      for (const { name: old } of [...key.values()]) store.deleteValue(path, old);
      for (const [n, type, bytes] of each.values) store.setValue(path, { name: n, type, data: bytes });
      const pairs = each.values.flatMap(([n, type, bytes]) => [
        n,
        `hex:${String(type)}:${Buffer.from(bytes)
          .toString('hex')
          .replace(/..(?=.)/g, '$&,')}`,
      ]);
      lines.push(go, `setval ${String(each.values.length)}`, ...pairs);
    }
  }
  return lines;
}

function hivexsh(path: string, lines: readonly string[]): void {
  writeFileSync(`${path}.script`, `${[...lines, 'commit'].join('\n')}\n`);
  const { status, stderr, stdout } = spawnSync('hivexsh', ['-w', '-f', `${path}.script`, path], { encoding: 'utf8' });
  expect(`${stderr}${stdout}`).toBe('');
  expect(status).toBe(0);
}

/** Paths and values without what hivexsh does not keep: times, and the order of keys. */
const plain = (path: string): [string, unknown][] => {
  using store = HiveFile.open(path);
  const { keys, problems } = contentsOf(store);
  expect(problems).toEqual([]);
  expect(store.notes).toEqual([]);
  return [...keys].map(([key, { values: v }]): [string, unknown] => [key, v]).sort(([a], [b]) => (a < b ? -1 : 1));
};

describe.skipIf(missing)(`hivexsh${missing}`, () => {
  it(
    `makes of ${String(SEQUENCES)} sequences of edits what we make of them, and takes our hives`,
    () => {
      const folder = tempFolder();
      const sample = fc.sample(sequence, { numRuns: SEQUENCES });
      for (let batch = 0; batch * BATCH < SEQUENCES; batch++) {
        const ours = join(folder, `ours ${String(batch)}`);
        const theirs = join(folder, `theirs ${String(batch)}`);
        using store = HiveFile.create(ours);
        const bases = sample.slice(batch * BATCH, (batch + 1) * BATCH).map((edits, i) => ({ edits, base: `s${String(i)}` }));
        for (const { base } of bases) store.createKey(base);
        store.flush();
        copyFileSync(ours, theirs);
        // Some edits on keys that are in the file, some on those that are new.
        const lines: string[] = [];
        for (const half of [0, 1]) {
          for (const { base, edits } of bases)
            lines.push(
              ...apply(
                store,
                base,
                edits.filter((_, i) => i % 2 === half),
              ),
            );
          store.flush();
        }
        hivexsh(theirs, lines);
        expect(plain(theirs)).toEqual(plain(ours));
        expect(checkHive(ours)).toEqual([]);
        // And then their edits on a hive of ours that has something, ours on one of theirs.
        if (batch > 0) continue;
        using back = HiveFile.open(theirs, { mode: 'write' });
        const more = bases.flatMap(({ base, edits }) => apply(back, base, edits));
        back.flush();
        expect(checkHive(theirs)).toEqual([]);
        hivexsh(ours, more);
        expect(plain(theirs)).toEqual(plain(ours));
        expect(exportedByHivex(ours)).toEqual(exportedByHivex(theirs));
      }
    },
    300_000 + SEQUENCES * 20,
  );

  it('reads big data and many keys of ours', () => {
    const path = join(tempFolder(), 'hive');
    const bytes = Uint8Array.from({ length: 100_001 }, (_, i) => i * 3 + (i >> 8));
    using store = HiveFile.create(path);
    for (const size of [16_344, 16_345, 100_001]) store.setValue('big', { name: String(size), type: 3, data: bytes.subarray(0, size) });
    for (let i = 0; i < 3000; i++) store.createKey(`many\\${String(i)}`, { className: `class ${String(i)}` });
    store.flush();
    const read = exportedByHivex(path);
    expect(read.size).toBe(3003);
    for (const [size, text] of Object.entries(read.get('big')!)) {
      expect(text).toBe(`3:${Buffer.from(bytes.subarray(0, Number(size))).toString('hex')}`);
    }
    expect(execFileSync('hivexsh', [path], { input: 'cd many\nls\n', encoding: 'utf8' }).split('\n')).toHaveLength(3001);
  });

  it.skipIf(noSamples)(`edits a hive of Windows that we wrote anew, and exports the same${noSamples}`, () => {
    const path = sampleHive('plaso-NTUSER.DAT', tempFolder());
    const before = exportedByHivex(path);
    using store = HiveFile.open(path, { mode: 'write' });
    store.createKey('Winback');
    store.flush();
    before.set('Winback', {});
    expect(exportedByHivex(path)).toEqual(before);
    writeFileSync(`${path}.reg`, 'Windows Registry Editor Version 5.00\n\n[\\Winback\\Merged]\n"a"=dword:00000007\n\n[-\\Software]\n\n');
    execFileSync('hivexregedit', ['--merge', path, `${path}.reg`], { stdio: 'pipe' });
    for (const key of before.keys()) if (/^Software(\\|$)/.test(key)) before.delete(key);
    before.set('Winback\\Merged', { a: '4:07000000' });
    expect(exportedByHivex(path)).toEqual(before);
    expect(new Map(plain(path))).toEqual(before);
    expect(readFileSync(path).length).toBeGreaterThan(4096);
  });
});

const noReglookup = lacks('reglookup', 'reglookup');
it.skipIf(noReglookup)(`reglookup reads a hive of ours without a word${noReglookup}`, () => {
  const path = join(tempFolder(), 'hive');
  using store = HiveFile.create(path);
  for (let i = 0; i < 2000; i++) store.setValue(`keys\\${String(i)}`, { name: 'v', type: 4, data: Uint8Array.of(i, i >> 8, 0, 0) });
  store.flush();
  const { stdout, stderr } = spawnSync('reglookup', ['-s', path], { encoding: 'latin1', maxBuffer: 1 << 26 });
  expect(stderr).toBe('');
  expect(stdout.match(/,KEY,/g)).toHaveLength(2002);
  expect(stdout).toMatch(/\/keys\/1999\/v,DWORD,0x000007CF/);
});
