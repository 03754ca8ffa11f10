import assert from 'node:assert/strict';
import { isWinbackError, type ErrorCode } from '../errors/index.js';
import { FileAttribute } from '../facts/file-attributes.js';
import { StreamAttribute, StreamId } from '../streams/stream-id.layout.js';
import type { OverwriteMode, VolumeDriver } from '../volume/volume.js';
import type { VolumeCase } from './volume-suite.js';
import {
  contentOf,
  fileAt,
  readTree,
  recoverFile,
  recoverTree,
  TEST_TIME,
  testEntry,
  testFile,
  testItem,
  testLink,
  type TestFile,
} from './volume-tools.js';

const coded =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    isWinbackError(error, code);

const textAt = (driver: VolumeDriver, folder: string, path: string): string =>
  Buffer.from(contentOf(fileAt(readTree(driver, folder), path).streams)).toString();

/** Begins a recovery of one file, which must be refused, at the latest when it is put in place. */
function refused(driver: VolumeDriver, folder: string, file: TestFile, code: ErrorCode, overwrite: OverwriteMode = 'overwrite'): void {
  using recovery = driver.openRecovery(folder, { overwrite });
  assert.throws(() => recoverFile(recovery, file), coded(code), `${JSON.stringify(file.entry.path)} under ${overwrite}`);
  recovery.finish();
}

const MODES: readonly OverwriteMode[] = ['overwrite', 'skip', 'create-copy'];

const overwriteCases: readonly VolumeCase[] = [
  {
    name: 'overwrites files with their facts',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testItem('d'), testFile('d/f', 'a longer old content', { times: { lastWrite: 0n } })]);
      const later = { times: { lastWrite: TEST_TIME + 100n } };
      assert.deepEqual(recoverTree(driver, folder, [testItem('d', later), testFile('d/f', 'new', later)]), []);
      const tree = readTree(driver, folder);
      assert.equal(Buffer.from(contentOf(fileAt(tree, 'd/f').streams)).toString(), 'new');
      for (const path of ['d', 'd/f']) assert.equal(fileAt(tree, path).entry.times.lastWrite, TEST_TIME + 100n);
      assert.equal(tree.files.size, 3, 'and leaves nothing else behind');
    },
  },
  {
    name: 'skips what is there, and only that',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testItem('d'), testFile('d/f', 'old')]);
      using recovery = driver.openRecovery(folder, { overwrite: 'skip' });
      assert.equal(recovery.create(testEntry('d', { kind: 'directory' })), undefined);
      assert.equal(recovery.create(testEntry('d/f')), undefined);
      assert.ok(recoverFile(recovery, testFile('d/new', 'new')));
      recovery.finish();
      assert.equal(textAt(driver, folder, 'd/f'), 'old');
      assert.equal(textAt(driver, folder, 'd/new'), 'new');
    },
  },
  {
    name: 'makes copies beside what is there, and says what they are called',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testItem('d'), testFile('d/f.txt', 'old')]);
      using recovery = driver.openRecovery(folder, { overwrite: 'create-copy' });
      assert.equal(recoverFile(recovery, testFile('d/f.txt', '1'))?.recoveredAs, 'd/Copy of f.txt');
      assert.equal(recoverFile(recovery, testFile('d/f.txt', '2'))?.recoveredAs, 'd/Copy (2) of f.txt');
      assert.equal(recoverFile(recovery, testFile('d/g', '3'))?.recoveredAs, 'd/g');
      recovery.finish();
      assert.deepEqual(
        ['d/f.txt', 'd/Copy of f.txt', 'd/Copy (2) of f.txt', 'd/g'].map((path) => textAt(driver, folder, path)),
        ['old', '1', '2', '3'],
      );
    },
  },
  {
    name: 'sets no facts of folders that are there, unless told to overwrite',
    run({ driver, folder }) {
      for (const overwrite of MODES) {
        recoverTree(driver, folder, [testItem('d', { times: { lastWrite: 0n } })]);
        recoverTree(driver, folder, [testItem('d', { times: { lastWrite: TEST_TIME } })], overwrite);
        const { lastWrite } = fileAt(readTree(driver, folder), 'd').entry.times;
        assert.equal(lastWrite, overwrite === 'overwrite' ? TEST_TIME : 0n, overwrite);
      }
    },
  },
  {
    name: 'makes implied folders, and sets no facts of theirs',
    run({ driver, folder }) {
      const implied = { implied: true, times: { lastWrite: 0n } };
      recoverTree(driver, folder, [
        testItem('i', implied),
        testItem('i/j', implied),
        testFile('i/j/f', 'x'),
        testFile('k/l/m', 'no folder was named'),
      ]);
      const tree = readTree(driver, folder);
      for (const path of ['i', 'i/j']) assert.ok(fileAt(tree, path).entry.times.lastWrite > 0n);
      assert.equal(Buffer.from(contentOf(fileAt(tree, 'k/l/m').streams)).toString(), 'no folder was named');
    },
  },
  {
    name: 'never replaces a folder by a file or a file by a folder',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testItem('folder'), testFile('folder/x', 'x'), testFile('file', 'content')]);
      for (const mode of ['overwrite', 'skip'] as const) refused(driver, folder, testFile('folder', 'new'), 'RECOVERY_EXISTS', mode);
      for (const mode of MODES) {
        refused(driver, folder, testItem('file'), 'RECOVERY_EXISTS', mode);
        refused(driver, folder, testFile('file/below', 'new'), 'RECOVERY_EXISTS', mode);
      }
      assert.equal(textAt(driver, folder, 'file'), 'content');
      assert.equal(textAt(driver, folder, 'folder/x'), 'x');
    },
  },
  {
    name: 'takes away what an aborted file had written, and keeps what it would have replaced',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testFile('old', 'old')]);
      using recovery = driver.openRecovery(folder, { overwrite: 'overwrite' });
      for (const path of ['old', 'new']) {
        const file = recovery.create(testEntry(path, { size: 10 }));
        assert.ok(file);
        assert.equal(file.begin({ id: StreamId.DATA, attributes: 0, length: 10 }), 'wanted');
        file.write(Buffer.from('five!'));
        file.abort();
      }
      recovery.finish();
      assert.deepEqual(readTree(driver, folder).order, ['', 'old']);
      assert.equal(textAt(driver, folder, 'old'), 'old');
    },
  },
];

/** Facts that only Windows knows. */
const WINDOWS_FACTS = {
  attributes: FileAttribute.ARCHIVE | FileAttribute.HIDDEN,
  // O:BA G:BA D:(A;;FA;;;WD)
  securityDescriptor: Buffer.from(
    '01000480140000002400000000000000340000000102000000000005200000002002000001020000000000052000000020020000' +
      '02001c000100000000001400ff011f00010100000000000100000000',
    'hex',
  ),
  objectId: Uint8Array.from({ length: 16 }, (_, i) => i + 1),
  shortName: 'SHORT~1.TXT',
  times: { lastWrite: TEST_TIME, creation: TEST_TIME - 1_000_000_000_000n },
};

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0;

/** Paths that name nothing below a folder. */
const ESCAPES = ['..', '../x', 'a/../../x', 'a/..', '/x', '/etc/x', 'a//b', './x', 'a/.', 'a/', '.', 'nul\0x', 'a/nul\0/x'];

const safetyCases: readonly VolumeCase[] = [
  {
    name: 'recovers nothing outside of its folder, whatever paths say',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testItem('inner'), testItem('inner/a')]);
      for (const path of ESCAPES) {
        for (const mode of MODES) refused(driver, `${folder}/inner`, testFile(path, 'evil'), 'RECOVERY_ESCAPE', mode);
        refused(driver, `${folder}/inner`, testItem(path), 'RECOVERY_ESCAPE');
      }
      assert.deepEqual(readTree(driver, folder).order, ['', 'inner', 'inner/a']);
    },
  },
  {
    name: 'links to nothing outside of its folder',
    needs: ['hard-links'],
    run({ driver, folder }) {
      recoverTree(driver, folder, [testItem('inner'), testFile('secret', 'secret')]);
      const hardLink = (linkTo: string): TestFile => ({ entry: testEntry('stolen', { linkTo }), streams: [] });
      for (const path of ['../secret', '/secret', 'a/../../secret']) refused(driver, `${folder}/inner`, hardLink(path), 'RECOVERY_ESCAPE');
      refused(driver, `${folder}/inner`, hardLink('secret'), 'RECOVERY_IO');
      using recovery = driver.openRecovery(`${folder}/inner`, { overwrite: 'overwrite' });
      assert.equal(recovery.has('../secret'), false);
      assert.equal(recovery.has('secret'), false);
      assert.deepEqual(readTree(driver, folder).order, ['', 'secret', 'inner']);
    },
  },
  {
    name: 'follows no link that was planted where a folder or file should be',
    needs: ['symbolic-links'],
    run({ driver, folder }) {
      recoverTree(driver, folder, [testItem('inner'), testItem('outer'), testFile('outer/victim', 'untouched')]);
      recoverTree(driver, `${folder}/inner`, [
        testItem('d', testLink('../outer')),
        testItem('f', testLink('../outer/victim')),
        testItem('g', testLink('../outer/made')),
      ]);
      for (const mode of MODES) {
        refused(driver, `${folder}/inner`, testFile('d/victim', 'evil'), 'RECOVERY_EXISTS', mode);
        refused(driver, `${folder}/inner`, testItem('d'), 'RECOVERY_EXISTS', mode);
        refused(driver, `${folder}/inner`, testItem('d/sub'), 'RECOVERY_EXISTS', mode);
      }
      // A link where a file should be is itself what is overwritten, skipped or copied beside.
      recoverTree(driver, `${folder}/inner`, [testFile('f', 'skipped')], 'skip');
      recoverTree(driver, `${folder}/inner`, [testFile('f', 'copied')], 'create-copy');
      recoverTree(driver, `${folder}/inner`, [testFile('f', 'a file'), testFile('g', 'a file')], 'overwrite');
      const tree = readTree(driver, folder);
      assert.deepEqual(
        ['outer/victim', 'inner/f', 'inner/g', 'inner/Copy of f'].map((path) =>
          Buffer.from(contentOf(fileAt(tree, path).streams)).toString(),
        ),
        ['untouched', 'a file', 'a file', 'copied'],
      );
      assert.equal(tree.files.has('outer/made'), false);
      assert.equal(fileAt(tree, 'inner/d').entry.kind, 'symbolic-link');
    },
  },
  {
    name: 'follows no planted link on the way to the first file of a hard link',
    needs: ['symbolic-links', 'hard-links'],
    run({ driver, folder }) {
      recoverTree(driver, folder, [testItem('inner'), testItem('outer'), testFile('outer/secret', 'secret')]);
      recoverTree(driver, `${folder}/inner`, [testItem('d', testLink('../outer')), testItem('f', testLink('../outer/secret'))]);
      const hardLink = (linkTo: string): TestFile => ({ entry: testEntry('stolen', { linkTo }), streams: [] });
      refused(driver, `${folder}/inner`, hardLink('d/secret'), 'RECOVERY_IO');
      refused(driver, `${folder}/inner`, hardLink('f'), 'RECOVERY_EXISTS');
      using recovery = driver.openRecovery(`${folder}/inner`, { overwrite: 'overwrite' });
      assert.equal(recovery.has('d/secret'), false);
      assert.equal(readTree(driver, folder).files.has('inner/stolen'), false);
    },
  },
  {
    name: 'knows what was recovered earlier',
    run({ driver, folder }) {
      using recovery = driver.openRecovery(folder, { overwrite: 'overwrite' });
      recoverFile(recovery, testItem('d'));
      recoverFile(recovery, testFile('d/f', 'x'));
      assert.deepEqual(
        ['d/f', 'd', 'd/g', 'e/f', 'd/f/g'].map((path) => recovery.has(path)),
        [true, false, false, false, false],
      );
    },
  },
  {
    name: 'recovers the rest of a file one of whose facts makes no sense, and says so',
    run({ driver, folder }) {
      const { entry, streams } = testFile('f', 'content');
      const nonsense = { header: { id: StreamId.EA_DATA, attributes: 0, length: 5 }, data: Uint8Array.of(9, 9, 9, 9, 9) };
      const problems = recoverTree(driver, folder, [{ entry, streams: [nonsense, ...streams] }]);
      assert.deepEqual(problems.map(({ path, effect }) => [path, effect]), [['f', 'incomplete']]); // prettier-ignore
      assert.equal(textAt(driver, folder, 'f'), 'content');
    },
  },
  {
    name: 'keeps every fact and stream, or names those that it cannot',
    run({ driver, folder }) {
      const { entry, streams } = testFile('f', 'content', WINDOWS_FACTS);
      const stream = { header: { id: StreamId.ALTERNATE_DATA, attributes: 0, length: 3, name: ':more:$DATA' }, data: Buffer.from('abc') };
      const problems = recoverTree(driver, folder, [{ entry, streams: [...streams, stream] }]);
      assert.ok(problems.every(({ effect, error }) => effect === 'incomplete' && error.code === 'RECOVERY_FACT'));
      const named = problems.map(({ error }) => error.message).join('\n');
      const found = fileAt(readTree(driver, folder), 'f');
      const alternate = found.streams.find(({ header }) => header.name === ':more:$DATA')?.data;
      const kept: readonly (readonly [word: string, kept: boolean])[] = [
        ['security descriptor', sameBytes(found.entry.securityDescriptor, WINDOWS_FACTS.securityDescriptor)],
        ['object id', sameBytes(found.entry.objectId?.subarray(0, 16), WINDOWS_FACTS.objectId)],
        ['short name', found.entry.shortName === WINDOWS_FACTS.shortName],
        ['attributes', (found.entry.attributes & FileAttribute.HIDDEN) !== 0],
        ['time of creation', found.entry.times.creation === WINDOWS_FACTS.times.creation],
        ['alternate stream more', sameBytes(alternate, stream.data)],
      ];
      for (const [word, isKept] of kept) assert.notEqual(named.includes(word), isKept, `${word} is kept or named, not both: ${named}`);
      assert.equal(textAt(driver, folder, 'f'), 'content');
    },
  },
  {
    name: 'gives blocks to the stream that they belong to, also behind a fact in between',
    run({ driver, folder }) {
      const { entry, streams } = testFile('f', 'content');
      const block = (offset: number, text: string) => ({
        header: { id: StreamId.SPARSE_BLOCK, attributes: StreamAttribute.SPARSE, length: text.length, offset },
        data: Buffer.from(text),
      });
      const named = { id: StreamId.ALTERNATE_DATA, attributes: StreamAttribute.SPARSE, length: 0, name: ':more:$DATA' };
      const fact = { header: { id: StreamId.OBJECT_ID, attributes: 0, length: 16 }, data: WINDOWS_FACTS.objectId };
      const more = [{ header: named, data: new Uint8Array() }, block(0, 'abc'), fact, block(5, 'de'), block(7, '')];
      const problems = recoverTree(driver, folder, [{ entry, streams: [...streams, ...more] }]);
      assert.equal(textAt(driver, folder, 'f'), 'content');
      const found = fileAt(readTree(driver, folder), 'f').streams.find(({ header }) => header.name === ':more:$DATA')?.data;
      const told = problems.some(({ error }) => error.message.includes('alternate stream more'));
      assert.equal(found === undefined ? told : Buffer.from(found).toString(), found === undefined ? true : 'abc\0\0de');
    },
  },
  {
    name: 'counts files whose facts it kept in another form, and tells them when asked to',
    run({ driver, folder }) {
      const recover = (facts: 'keep' | 'report'): readonly [number, readonly string[]] => {
        using recovery = driver.openRecovery(folder, { overwrite: 'overwrite', facts });
        const problems = [...(recoverFile(recovery, testFile('f', 'content', WINDOWS_FACTS))?.problems ?? []), ...recovery.finish()];
        return [recovery.converted, problems.filter(({ error }) => error.code === 'RECOVERY_CONVERTED').map(({ path }) => path)];
      };
      const [count, told] = recover('keep');
      assert.deepEqual(told, []);
      assert.deepEqual(recover('report'), [count, count === 0 ? [] : ['f']]);
    },
  },
  {
    name: 'puts the recorded times of a folder back when something is recovered into it later',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testItem('a'), testFile('a/1', 'x'), testItem('b'), testFile('a/2', 'x'), testFile('b/3', 'x')]);
      const tree = readTree(driver, folder);
      for (const path of ['a', 'b']) assert.equal(fileAt(tree, path).entry.times.lastWrite, TEST_TIME, path);
    },
  },
];

export const volumeRecoveryCases: readonly VolumeCase[] = [...overwriteCases, ...safetyCases];
