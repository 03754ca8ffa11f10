import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  fromFileTime,
  isWinbackError,
  toFileTime,
  StreamAttribute,
  StreamId,
  type ErrorCode,
  type FileEntry,
  type OverwriteMode,
} from '@winback/core';
import { contentOf, fileAt, readTree, recoverFile, recoverTree, testEntry, testFile, testItem, type TestFile } from '@winback/core/testing';
import { Access, FileInfoClass, Fsctl } from '../../../src/win32/ffi/constants.js';
import type { Win32 } from '../../../src/win32/ffi/win32.js';
import { bindWin32 } from '../../../src/win32/ffi/win32.js';
import { FileBasicInfo } from '../../../src/win32/layouts/file-information.layout.js';
import type { Win32VolumeDriver } from '../../../src/win32/win32-volume-driver.js';
import type { WindowsCase } from '../case.js';
import { driver, mock } from '../driver.js';
import { inFolder, windows, withFile } from '../windows.js';
import { pretendJunction } from './reading.cases.js';

const MODES: readonly OverwriteMode[] = ['overwrite', 'skip', 'create-copy'];

function refused(tried: Win32VolumeDriver, folder: string, file: TestFile, code: ErrorCode, mode: OverwriteMode = 'overwrite'): void {
  using recovery = tried.openRecovery(folder, { overwrite: mode });
  assert.throws(
    () => recoverFile(recovery, file),
    (error) => isWinbackError(error, code),
    `${JSON.stringify(file.entry.path)} under ${mode}`,
  );
  recovery.finish();
}

const linkTo = (path: string, to: string): TestFile => ({ entry: testEntry(path, { linkTo: to }), streams: [] });

const safetyCases: readonly WindowsCase[] = [
  {
    name: 'refuses names that Windows has no file for, or takes for a stream or another folder',
    run({ folder, underWine }) {
      const tried = driver({ underWine });
      const names = [
        'a\\b',
        'C:\\x',
        'a:b',
        'a:',
        ':b',
        'a*',
        '?',
        'a"',
        '<',
        '>',
        'a|b',
        'a\u0001',
        '..',
        '.',
        'a/../b',
        '\\\\?\\C:\\x',
        'a\0',
      ];
      for (const mode of MODES) {
        for (const name of names) {
          refused(tried, folder, testFile(name, 'evil'), 'RECOVERY_ESCAPE', mode);
          refused(tried, folder, testItem(name), 'RECOVERY_ESCAPE', mode);
          refused(tried, folder, testFile(`${name}/x`, 'evil'), 'RECOVERY_ESCAPE', mode);
        }
      }
      refused(tried, folder, linkTo('x', '..\\secret'), 'RECOVERY_ESCAPE');
      assert.deepEqual(readTree(tried, folder).order, ['']);
    },
  },
  {
    name: 'recovers names that only their own folder can reach',
    run({ folder, underWine }) {
      const tried = driver({ underWine });
      const names = ['CON', 'nul.txt', 'dot.', 'blank ', 'COM1', '~', '...', 'a.b.'];
      assert.deepEqual(
        recoverTree(tried, folder, names.flatMap((name) => [testItem(`in/${name}`), testFile(`in/${name}/${name}`, name)])), // prettier-ignore
        [],
      );
      const tree = readTree(tried, folder);
      for (const name of names) assert.equal(Buffer.from(contentOf(fileAt(tree, `in/${name}/${name}`).streams)).toString(), name);
    },
  },
  {
    name: 'follows no junction that was planted where a folder should be, nor on the way to the first file of a hard link',
    run({ folder, underWine }) {
      recoverTree(driver({ underWine }), folder, [testItem('d'), testFile('d/victim', 'untouched')]);
      const tried = driver({ underWine, instead: (api) => pretendJunction(api, folder, 'd', '\\??\\C:\\outside') });
      for (const mode of MODES) {
        refused(tried, folder, testFile('d/victim', 'evil'), 'RECOVERY_EXISTS', mode);
        refused(tried, folder, testFile('d/new', 'evil'), 'RECOVERY_EXISTS', mode);
        refused(tried, folder, testItem('d'), 'RECOVERY_EXISTS', mode);
        refused(tried, folder, testItem('d/sub'), 'RECOVERY_EXISTS', mode);
      }
      refused(tried, folder, testFile('d', 'a file'), 'RECOVERY_EXISTS');
      refused(tried, folder, linkTo('stolen', 'd/victim'), 'RECOVERY_IO');
      using recovery = tried.openRecovery(folder, { overwrite: 'overwrite' });
      assert.equal(recovery.has('d/victim'), false);
      assert.deepEqual(readdirSync(folder), ['d']);
      assert.deepEqual(readdirSync(join(folder, 'd')), ['victim']);
      assert.equal(readFileSync(join(folder, 'd', 'victim'), 'utf8'), 'untouched');
    },
  },
  {
    name: 'replaces files that are read-only, and leaves them alone when the new one cannot be written',
    run({ folder, underWine }) {
      const readOnly = { attributes: 0x21 };
      const tried = driver({ underWine });
      assert.deepEqual(recoverTree(tried, folder, [testFile('f', 'old', readOnly)]), []);
      const failing = (api: Win32): Partial<Win32> => ({ BackupWrite: (...args) => (api.CloseHandle(0x7777_7774), args[4] === 1 ? 1 : 0) });
      refused(driver({ underWine, instead: failing }), folder, testFile('f', 'a new content that is longer'), 'RECOVERY_IO');
      assert.deepEqual(readdirSync(folder), ['f'], 'nothing else is left');
      assert.equal(readFileSync(join(folder, 'f'), 'utf8'), 'old');
      assert.deepEqual(recoverTree(tried, folder, [testFile('f', 'new', readOnly)]), []);
      assert.equal(readFileSync(join(folder, 'f'), 'utf8'), 'new');
      const found = fileAt(readTree(tried, folder), 'f').entry;
      assert.equal(found.attributes & 1, 1);
    },
  },
];

const junction = Buffer.from('030000a0' + '10000000' + '0000040006000200' + '43003a0000004300', 'hex');

const junctionCases: readonly WindowsCase[] = [
  {
    name: 'puts a junction in the place of another, and of nothing else',
    run({ folder, underWine }) {
      // What Wine lacks is pretended: that a folder is a junction, and that one can be made.
      const set: Buffer[] = [];
      recoverTree(driver({ underWine }), folder, [testItem('j'), testItem('folder'), testFile('file', 'x')]);
      const pretend = (api: Win32): Partial<Win32> => {
        const { DeviceIoControl, GetFileInformationByHandleEx } = pretendJunction(api, folder, 'j', '\\??\\C:\\x');
        const isIt = (handle: number): boolean => {
          const tag = new Uint8Array(8);
          return GetFileInformationByHandleEx!(handle, FileInfoClass.ATTRIBUTE_TAG, tag, 8) !== 0 && tag[1] === 4;
        };
        return {
          GetFileInformationByHandleEx: GetFileInformationByHandleEx!,
          GetFileInformationByHandle(handle, into) {
            const answer = api.GetFileInformationByHandle(handle, into);
            if (isIt(handle)) into[1] = 4;
            return answer;
          },
          DeviceIoControl(handle, code, from, ...rest) {
            if (code !== Fsctl.SET_REPARSE_POINT) return DeviceIoControl!(handle, code, from, ...rest);
            set.push(Buffer.from(from ?? []));
            return 1;
          },
          GetVolumeInformationW(root, label, labelLength, serial, longest, flags, ...rest) {
            const answer = api.GetVolumeInformationW(root, label, labelLength, serial, longest, flags, ...rest);
            new DataView(flags.buffer, flags.byteOffset).setUint32(0, 0xffff_ffff, true);
            return answer;
          },
        };
      };
      const facts = { attributes: 0x410, reparseData: new Uint8Array(junction) };
      const { streams } = testItem('j', facts);
      for (const entry of [testEntry('j', { kind: 'directory', ...facts }), testEntry('j', { kind: 'directory', attributes: 0x410 })]) {
        const before = inFolder(folder, (handle) => withFile(handle, 'j', (file) => windows().files.information(file).index, 'directory'));
        assert.deepEqual(recoverTree(driver({ underWine, instead: pretend }), folder, [{ entry, streams }]), []);
        const after = inFolder(folder, (handle) => withFile(handle, 'j', (file) => windows().files.information(file).index, 'directory'));
        assert.notEqual(before, after);
        assert.deepEqual(readdirSync(folder).sort(), ['file', 'folder', 'j']);
      }
      assert.deepEqual(set, [junction, junction]);
      const tried = driver({ underWine, instead: pretend });
      refused(tried, folder, { entry: testEntry('file', { kind: 'directory', ...facts }), streams }, 'RECOVERY_EXISTS', 'skip');
      refused(tried, folder, { entry: testEntry('folder', { kind: 'directory', ...facts }), streams }, 'RECOVERY_EXISTS');
    },
  },
];

const caseCases: readonly WindowsCase[] = [
  {
    name: 'never lets one file of a backup take the place of another whose name differs in case only',
    run({ folder, underWine }) {
      const tried = driver({ underWine });
      using recovery = tried.openRecovery(folder, { overwrite: 'overwrite' });
      for (const file of [testItem('d'), testFile('d/README', 'one'), testItem('d/e'), testFile('other', 'x')]) recoverFile(recovery, file);
      const two = testFile('d/readme', 'two');
      assert.throws(() => recoverFile(recovery, two), (error) => isWinbackError(error, 'RECOVERY_EXISTS')); // prettier-ignore
      recoverFile(recovery, testFile('d/README', 'the same again'));
      recovery.finish();
      assert.equal(readFileSync(join(folder, 'd', 'README'), 'utf8'), 'the same again');
      // In a folder that was there before, it is an older version of the same file.
      writeFileSync(join(folder, 'OLD'), 'old');
      assert.deepEqual(recoverTree(tried, folder, [testFile('old', 'new')]), []);
      assert.equal(readFileSync(join(folder, 'old'), 'utf8'), 'new');
    },
  },
];

const factCases: readonly WindowsCase[] = [
  {
    name: 'sets times to 100 ns and attributes, of files and folders, and those of a later recovery over them',
    run({ folder, underWine }) {
      const at = (n: bigint): bigint => fromFileTime(132_600_000_001_234_567n + n * 10_000_001n);
      /** What was set last, whatever Wine makes of it. */
      let last: ReturnType<typeof FileBasicInfo.decode> | undefined;
      const instead = ({ SetFileInformationByHandle }: Win32): Partial<Win32> => ({
        SetFileInformationByHandle(handle, infoClass, from, size) {
          if (infoClass === FileInfoClass.BASIC) last = FileBasicInfo.decode(from);
          return SetFileInformationByHandle(handle, infoClass, from, size);
        },
      });
      const tried = driver({ underWine, instead });
      for (const shift of [0n, 100n]) {
        const facts = { times: { lastWrite: at(shift), lastAccess: at(shift + 1n), creation: at(shift + 2n), change: at(shift + 3n) } };
        assert.deepEqual(
          recoverTree(tried, folder, [
            testItem('d', { ...facts, attributes: 0x12 }),
            testFile('d/f', `content ${shift}`, { ...facts, attributes: 0x26 }),
          ]),
          [],
        );
        assert.deepEqual(
          [last?.lastWriteTime, last?.lastAccessTime, last?.creationTime, last?.changeTime],
          [0n, 1n, 2n, 3n].map((n) => toFileTime(at(shift + n))),
        );
        const tree = readTree(tried, folder);
        for (const path of ['d', 'd/f']) {
          const { times, attributes } = fileAt(tree, path).entry;
          assert.equal(times.lastWrite, at(shift), path);
          if (!underWine) assert.deepEqual([times.creation, times.change], [at(shift + 2n), at(shift + 3n)]);
          assert.equal(attributes & 0x3f, path === 'd' ? 0x12 : 0x26, path);
        }
      }
    },
  },
  {
    name: 'says which fact the volume did not take, and keeps the rest',
    run({ folder, underWine }) {
      const tried = driver({ underWine });
      const facts: Partial<FileEntry> = { times: { lastWrite: fromFileTime(0n) - 100n }, objectId: new Uint8Array(16).fill(7) };
      const problems = recoverTree(tried, folder, [testFile('f', 'content', facts)]);
      assert.ok(problems.every(({ path, effect, error }) => path === 'f' && effect === 'incomplete' && error.code === 'RECOVERY_FACT'));
      const names = problems.map(({ error }) => error.details['fact']);
      assert.ok(names.includes('its times and attributes'), 'a time before 1601');
      if (underWine) assert.ok(names.includes('its object id'), 'FSCTL_SET_OBJECT_ID is a stub of Wine');
      assert.equal(readFileSync(join(folder, 'f'), 'utf8'), 'content');
    },
  },
  {
    name: 'recovers security descriptors in parts when not all of them are permitted',
    run({ folder, underWine }) {
      const parts: number[] = [];
      const instead = ({ NtSetSecurityObject }: Win32): Partial<Win32> => ({
        NtSetSecurityObject: (handle, information, from) => {
          parts.push(information);
          return (information & 3) === 0 ? NtSetSecurityObject(handle, information, from) : 0xc000_005a; // STATUS_INVALID_OWNER
        },
      });
      const securityDescriptor = Buffer.from(
        '010004841400000024000000000000003000000001020000000000052000000020020000010100000000000512000000' +
          '02001c000100000000001400ff011f00010100000000000100000000',
        'hex',
      );
      const problems = recoverTree(driver({ underWine, instead }), folder, [testFile('f', 'x', { securityDescriptor })]);
      assert.deepEqual(problems.map(({ error }) => error.details['fact']), ['its owner and group']); // prettier-ignore
      assert.ok(
        parts.some((part) => (part & 0xf) === 4 && part & 0x2000_0000),
        'the DACL was set, as one that inherits',
      );
      assert.equal(fileAt(readTree(driver({ underWine }), folder), 'f').entry.size, 1);
    },
  },
  {
    name: 'puts encrypted files back never as what they are not',
    run({ folder, underWine }) {
      const efs = {
        header: { id: 0, attributes: 0, length: 4, foreign: { format: 'ntfs', id: '$EFS', attributes: 0 } },
        data: new Uint8Array(4),
      };
      const { entry, streams } = testFile('secret', 'ciphertext', { attributes: 0x4020 });
      const problems = recoverTree(driver({ underWine }), folder, [{ entry, streams: [efs, ...streams] }]);
      assert.deepEqual(problems.filter(({ effect }) => effect === 'skipped').map(({ path }) => path), ['secret']); // prettier-ignore
      assert.equal(existsSync(join(folder, 'secret')), false);
    },
  },
];

const streamCases: readonly WindowsCase[] = [
  {
    name: 'recovers through the BackupWrite of Windows itself',
    wineLacks: { error: 'ERROR_NOT_SUPPORTED', because: 'BackupWrite is a stub' },
    run({ folder, underWine }) {
      recoverTree(driver({ underWine, instead: () => bindWin32() }), folder, [testFile('f', 'content')]);
      assert.equal(readFileSync(join(folder, 'f'), 'utf8'), 'content');
    },
  },
  {
    name: 'gives BackupWrite whole headers and never a buffer that is too small, however large the streams are',
    run({ folder, underWine }) {
      const { contexts } = mock();
      const tried = driver({ underWine });
      const buffer = 256 * 1024;
      const sizes = [0, 1, 20, 21, buffer - 85, buffer - 84, buffer - 64, buffer - 20, buffer - 1, buffer, buffer + 1, 3 * buffer + 7];
      const data = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
      const files = sizes.map((size) => {
        const { entry, streams } = testFile(`f${size}`, data(size));
        const more = (name: string, length: number) => ({
          header: { id: StreamId.ALTERNATE_DATA, attributes: 0, length, name: `:${name}:$DATA` },
          data: data(length),
        });
        return { entry, streams: [...streams, more('one', 1), more('two', size)] };
      });
      assert.deepEqual(recoverTree(tried, folder, files), []);
      for (const size of sizes) {
        for (const [name, length] of [
          ['', size],
          [':one', 1],
          [':two', size],
        ] as const) {
          // prettier-ignore
          assert.deepEqual(readFileSync(join(folder, `f${size}${name}`)), Buffer.from(data(length)), `${size}${name}`);
        }
      }
      assert.equal(contexts(), 0);
    },
  },
  {
    name: 'writes the blocks of sparse files where they belong',
    run({ folder, underWine }) {
      mock();
      const block = (offset: number, text: string) => ({
        header: { id: StreamId.SPARSE_BLOCK, attributes: StreamAttribute.SPARSE, length: text.length, offset },
        data: Buffer.from(text),
      });
      const whole = { header: { id: StreamId.DATA, attributes: StreamAttribute.SPARSE, length: 0 }, data: new Uint8Array() };
      const size = 6 * 2 ** 30;
      const entry = testEntry('holes', { size, attributes: 0x220 });
      const streams = [whole, block(0, 'begin'), block(5 * 2 ** 30, 'behind 4 GiB'), block(size, '')];
      assert.deepEqual(recoverTree(driver({ underWine }), folder, [{ entry, streams }]), []);
      inFolder(folder, (handle) => {
        withFile(handle, 'holes', (file) => assert.equal(windows().files.information(file).size, size));
      });
    },
  },
  {
    name: 'gives folders their alternate streams, and times after them',
    run({ folder, underWine }) {
      mock();
      const { entry } = testItem('d');
      const stream = { header: { id: StreamId.ALTERNATE_DATA, attributes: 0, length: 3, name: ':more:$DATA' }, data: Buffer.from('abc') };
      const tried = driver({ underWine });
      assert.deepEqual(recoverTree(tried, folder, [{ entry, streams: [stream] }, testFile('d/f', 'x')]), []);
      assert.equal(readFileSync(join(folder, 'd:more'), 'utf8'), 'abc');
      assert.equal(fileAt(readTree(tried, folder), 'd').entry.times.lastWrite, entry.times.lastWrite);
    },
  },
  {
    name: 'leaves out what only lasts a moment, and names what it cannot put anywhere',
    run({ folder, underWine }) {
      const { entry, streams } = testFile('f', 'content');
      const stream = (id: number, foreign?: { format: string; id: string; attributes: number }) => ({
        header: { id, attributes: 0, length: 2, ...(foreign ? { foreign } : {}) },
        data: Buffer.from('xx'),
      });
      const others = [stream(StreamId.TXFS_DATA), stream(StreamId.PROPERTY_DATA), stream(0, { format: 'mtf', id: 'SMP2', attributes: 0 })];
      const problems = recoverTree(driver({ underWine }), folder, [{ entry, streams: [...streams, ...others] }]);
      assert.equal(problems.length, 1);
      assert.deepEqual(problems[0]?.error.details['facts'], ['the PROPERTY_DATA stream', 'the mtf stream SMP2']);
    },
  },
  {
    name: 'recovers while another program reads the folder',
    run({ folder, underWine }) {
      const tried = driver({ underWine });
      recoverTree(tried, folder, [testItem('d'), testFile('d/f', 'old')]);
      const { files } = windows();
      inFolder(folder, (handle) => {
        const reader = files.openIn(handle, 'd', { access: Access.READ_DATA });
        assert.deepEqual(recoverTree(tried, folder, [testItem('d'), testFile('d/f', 'new')]), []);
        files.close(reader);
      });
      assert.equal(readFileSync(join(folder, 'd', 'f'), 'utf8'), 'new');
      writeFileSync(join(folder, 'later'), '');
    },
  },
];

/** Recovering to volumes of Windows. */
export const recoveryCases: readonly WindowsCase[] = [...safetyCases, ...junctionCases, ...caseCases, ...factCases, ...streamCases];
