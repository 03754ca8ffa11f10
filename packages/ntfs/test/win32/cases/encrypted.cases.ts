import assert from 'node:assert/strict';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRawEncrypted, isWinbackError, rawEncryptedStream, StreamId, type FileProblem } from '@winback/core';
import { fileAt, readTree, recoverFile, recoverTree, TEST_TIME, testEntry, type TestFile } from '@winback/core/testing';
import type { WindowsCase } from '../case.js';
import { driver, encryptedFiles } from '../driver.js';
import { PlainEncryption } from '../plain-encryption.js';

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 13 + (i >> 9)) & 0xff);
const LONG = 5 << 20;
const spools = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('winback-efs-'));
const parts = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('.winback-'));
const named = ({ error }: FileProblem): unknown => error.details['name'];

const secret = (data: Uint8Array, path = 'secret'): TestFile => ({
  entry: testEntry(path, { attributes: 0x4022, size: data.length, times: { lastWrite: TEST_TIME, creation: TEST_TIME - 10n ** 12n } }),
  streams: [{ header: rawEncryptedStream(data.length), data }],
});

const readingCases: readonly WindowsCase[] = [
  {
    name: 'gives encrypted files as the raw encryption calls do, behind their facts',
    run({ folder, underWine }) {
      const encryption = new PlainEncryption();
      const contents = new Map([0, 1, 4999, 70_000, LONG].map((size) => [`file ${size} ü`, bytes(size)]));
      for (const [name, content] of contents) writeFileSync(join(folder, name), content);
      linkSync(join(folder, 'file 1 ü'), join(folder, 'zweiter'));
      writeFileSync(join(folder, 'plain'), 'not encrypted');
      const instead = encryptedFiles((path) => !path.endsWith('plain'));
      const tree = readTree(driver({ underWine, instead, encryption }), folder);
      assert.deepEqual(
        tree.problems.filter(({ effect }) => effect !== 'note'),
        [],
      );
      for (const [name, content] of contents) {
        const { entry, streams } = fileAt(tree, name);
        assert.ok(entry.attributes & 0x4000);
        assert.ok(entry.securityDescriptor);
        assert.deepEqual(
          [streams[0]?.header.id, ...streams.map(({ header }) => isRawEncrypted(header)).slice(-2)],
          [StreamId.SECURITY_DATA, false, true],
        );
        assert.ok(Buffer.from(streams.at(-1)!.data).equals(content), name);
      }
      assert.equal(fileAt(tree, 'plain').streams.some(({ header }) => isRawEncrypted(header)), false); // prettier-ignore
      assert.ok(encryption.calls.every((call) => call.startsWith('read \\\\?\\')));
      assert.equal(encryption.calls.length, contents.size + 1, 'each is read once');
      assert.deepEqual(spools(), []);
    },
  },
  {
    name: 'tells which encrypted file could not be read and why, and keeps its facts and the other files',
    run({ folder, underWine }) {
      writeFileSync(join(folder, 'first'), bytes(LONG));
      writeFileSync(join(folder, 'plain'), 'x');
      const instead = encryptedFiles((path) => path.endsWith('first'));
      const failures: [code: string, name: string, change: (encryption: PlainEncryption) => void][] = [
        ['SOURCE_UNREADABLE', 'ERROR_ACCESS_DENIED', (it) => (it.openError = 5)],
        ['SOURCE_UNREADABLE', 'ERROR_SHARING_VIOLATION', (it) => (it.openError = 32)],
        ['SOURCE_VANISHED', 'ERROR_FILE_NOT_FOUND', (it) => (it.openError = 2)],
        ['SOURCE_UNREADABLE', 'ERROR_CRC', (it) => (it.readError = { after: LONG - 10_000, error: 23 })],
        ['SOURCE_UNREADABLE', 'ERROR_NO_EFS', (it) => (it.openError = 6004)],
      ];
      for (const [code, name, change] of failures) {
        const encryption = new PlainEncryption();
        change(encryption);
        const tree = readTree(driver({ underWine, instead, encryption }), folder);
        const problems = tree.problems.filter(({ effect }) => effect !== 'note');
        assert.deepEqual(problems.map((problem) => [problem.error.code, named(problem), problem.effect]), [[code, name, 'incomplete']]); // prettier-ignore
        assert.match(problems[0]!.error.message, /first: /);
        const { streams, entry } = fileAt(tree, 'first');
        assert.equal(streams.some(({ header }) => isRawEncrypted(header)), false); // prettier-ignore
        assert.ok(entry.securityDescriptor);
        assert.equal(fileAt(tree, 'plain').streams.at(-1)!.data.length, 1);
        assert.deepEqual(spools(), []);
      }
    },
  },
  {
    name: 'tells when the folder for temporary files has no room for an encrypted file',
    run({ folder, underWine }) {
      writeFileSync(join(folder, 'long'), bytes(LONG));
      writeFileSync(join(folder, 'short'), bytes(100));
      const before = { TEMP: process.env['TEMP'], TMP: process.env['TMP'] };
      process.env['TEMP'] = process.env['TMP'] = join(folder, 'nowhere');
      try {
        const encryption = new PlainEncryption();
        const tree = readTree(driver({ underWine, instead: encryptedFiles(), encryption }), folder);
        const problems = tree.problems.filter(({ effect }) => effect !== 'note');
        assert.deepEqual(problems.map((problem) => [problem.error.code, named(problem)]), [['SOURCE_UNREADABLE', 'ENOENT']]); // prettier-ignore
        assert.match(problems[0]!.error.message, /long: its encrypted form could not be put into the folder for temporary files/);
        assert.equal(fileAt(tree, 'short').streams.at(-1)!.data.length, 100, 'what is short needs no such folder');
        mkdirSync(join(folder, 'there'));
        const failing = recoverTree(driver({ underWine, encryption, instead: encryptedFiles() }), join(folder, 'there'), [
          secret(bytes(10), 'short'),
        ]);
        assert.deepEqual(failing, []);
        using recovery = driver({ underWine, encryption }).openRecovery(join(folder, 'there'), { overwrite: 'overwrite' });
        assert.throws(
          () => recoverFile(recovery, secret(bytes(LONG), 'long')),
          (error) => isWinbackError(error, 'RECOVERY_IO'),
        );
        recovery.finish();
        assert.deepEqual(readdirSync(join(folder, 'there')), ['short']);
      } finally {
        Object.assign(process.env, before);
      }
    },
  },
];

const recoveryCases: readonly WindowsCase[] = [
  {
    name: 'makes encrypted files through the raw encryption calls, and gives them their facts',
    run({ folder, underWine }) {
      const encryption = new PlainEncryption();
      const tried = driver({ underWine, encryption, instead: encryptedFiles() });
      for (const size of [0, 1, 5000, 300_000, LONG]) {
        const name = `sub/file ${size}`;
        const second: TestFile = { entry: testEntry(`${name} again`, { linkTo: name }), streams: [] };
        assert.deepEqual(recoverTree(tried, folder, [secret(bytes(size), name), second]), []);
        assert.ok(readFileSync(join(folder, name)).equals(bytes(size)));
        assert.ok(readFileSync(join(folder, `${name} again`)).equals(bytes(size)));
      }
      const { entry } = fileAt(readTree(tried, folder), 'sub/file 5000');
      assert.equal(entry.times.lastWrite, TEST_TIME);
      assert.equal(entry.attributes & 0x4022, 0x4022);
      assert.equal(encryption.calls.filter((call) => call.startsWith('write \\\\?\\')).length, 5);
      assert.deepEqual(spools(), []);
    },
  },
  {
    name: 'an encrypted file takes the place of another only when it is whole',
    run({ folder, underWine }) {
      const encryption = new PlainEncryption();
      const tried = driver({ underWine, encryption, instead: encryptedFiles() });
      const path = join(folder, 'secret');
      writeFileSync(path, 'before');
      assert.deepEqual(recoverTree(tried, folder, [secret(bytes(9000))], 'skip'), []);
      assert.equal(readFileSync(path, 'utf8'), 'before');
      assert.deepEqual(recoverTree(tried, folder, [secret(bytes(9000))], 'create-copy'), []);
      assert.ok(readFileSync(join(folder, 'Copy of secret')).equals(bytes(9000)));
      assert.equal(readFileSync(path, 'utf8'), 'before');
      const failures: [name: string, change: (encryption: PlainEncryption) => void][] = [
        ['ERROR_DISK_FULL', (it) => (it.writeError = { after: 5000, error: 112 })],
        ['ERROR_NOT_EXPORT_FORMAT', (it) => (it.writeError = { after: 0, error: 6008 })],
        ['ERROR_ACCESS_DENIED', (it) => (it.openError = 5)],
      ];
      for (const [name, change] of failures) {
        const failing = new PlainEncryption();
        change(failing);
        for (const target of ['secret', 'new']) {
          using recovery = driver({ underWine, encryption: failing }).openRecovery(folder, { overwrite: 'overwrite' });
          assert.throws(
            () => recoverFile(recovery, secret(bytes(LONG), target)),
            (error) => isWinbackError(error, 'RECOVERY_IO') && error.details['name'] === name && error.message.startsWith(`${target}: `),
          );
          recovery.finish();
        }
        assert.equal(readFileSync(path, 'utf8'), 'before');
        assert.equal(existsSync(join(folder, 'new')), false);
        assert.deepEqual([parts(folder), spools()], [[], []]);
      }
      assert.deepEqual(recoverTree(tried, folder, [secret(bytes(9000))], 'overwrite'), []);
      assert.ok(readFileSync(path).equals(bytes(9000)));
      assert.deepEqual(parts(folder), []);
    },
  },
  {
    name: 'what Windows made no encrypted file of is no recovered file',
    run({ folder, underWine }) {
      writeFileSync(join(folder, 'secret'), 'before');
      for (const target of ['secret', 'new']) {
        using recovery = driver({ underWine, encryption: new PlainEncryption() }).openRecovery(folder, { overwrite: 'overwrite' });
        assert.throws(
          () => recoverFile(recovery, secret(bytes(9000), target)),
          (error) => isWinbackError(error, 'RECOVERY_IO') && error.message.includes('made no encrypted file'),
        );
        recovery.finish();
      }
      assert.deepEqual(readdirSync(folder), ['secret']);
      assert.equal(readFileSync(join(folder, 'secret'), 'utf8'), 'before');
    },
  },
  {
    name: 'an encrypted file that is given up leaves nothing, and one without the calls is not made',
    run({ folder, underWine }) {
      const encryption = new PlainEncryption();
      {
        using recovery = driver({ underWine, encryption }).openRecovery(folder, { overwrite: 'overwrite' });
        assert.ok(recovery.capabilities.has('raw-encrypted-files'));
        const file = recovery.create(secret(bytes(LONG)).entry)!;
        assert.equal(file.begin(rawEncryptedStream(LONG)), 'wanted');
        file.write(bytes(LONG));
        file.abort();
        recovery.finish();
      }
      assert.deepEqual([readdirSync(folder), spools(), encryption.calls], [[], [], []]);
      using without = driver({ underWine }).openRecovery(folder, { overwrite: 'overwrite' });
      assert.equal(without.capabilities.has('raw-encrypted-files'), false);
      const file = without.create(secret(bytes(10)).entry)!;
      assert.equal(file.begin(rawEncryptedStream(10)), 'unsupported');
      const { problems } = file.commit();
      assert.match(problems.map(({ error }) => error.message).join(), /NTED/);
      rmSync(join(folder, 'secret'));
      without.finish();
    },
  },
];

const folderCases: readonly WindowsCase[] = [
  {
    name: 'keeps for whom a folder encrypts what is put into it, and gives it back when all is in it',
    run({ folder, underWine }) {
      mkdirSync(join(folder, 'private'));
      writeFileSync(join(folder, 'private', 'plain'), 'x');
      const encryption = new PlainEncryption();
      encryption.folders.set('private', bytes(600));
      const instead = encryptedFiles((path) => path.includes('secret'), 'private');
      const tried = driver({ underWine, encryption, instead });
      const tree = readTree(tried, folder);
      assert.deepEqual(tree.problems.filter(({ effect }) => effect !== 'note'), []); // prettier-ignore
      const { entry, streams } = fileAt(tree, 'private');
      assert.deepEqual(entry.efsMetadata, bytes(600));
      assert.ok(streams.some(({ header }) => header.id === StreamId.SECURITY_DATA));
      assert.equal(fileAt(tree, '').entry.efsMetadata, undefined);

      mkdirSync(join(folder, 'to'));
      encryption.folders.clear();
      encryption.calls.length = 0;
      const plain = fileAt(tree, 'private/plain');
      assert.deepEqual(recoverTree(tried, join(folder, 'to'), [{ entry, streams }, plain, secret(bytes(10), 'private/secret')]), []);
      assert.deepEqual(encryption.folders.get('private'), bytes(600));
      assert.deepEqual(encryption.calls.map((call) => call.replace(/ \\\\.*/, '')), ['write', 'write folder']); // prettier-ignore

      encryption.openError = 5;
      const failing = readTree(tried, folder).problems.map(({ error }) => error.message);
      const told = failing.filter((text) =>
        text.includes('private: reading for whom it encrypts what is put into it failed: access denied'),
      );
      assert.equal(told.length, 2); // there and in `to`
      mkdirSync(join(folder, 'again'));
      const problems = recoverTree(tried, join(folder, 'again'), [{ entry, streams }, plain]);
      assert.deepEqual(problems.map(({ error }) => error.details['fact']), ['that it encrypts what is put into it']); // prettier-ignore
      assert.equal(readFileSync(join(folder, 'again', 'private', 'plain'), 'utf8'), 'x');
    },
  },
];

export const encryptedCases: readonly WindowsCase[] = [...readingCases, ...recoveryCases, ...folderCases];
