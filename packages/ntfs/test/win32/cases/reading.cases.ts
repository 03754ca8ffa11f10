import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWinbackError, SourceError, StreamId, type ErrorCode, type FileEntry } from '@winback/core';
import { contentOf, fileAt, readStreams, readTree, recoverTree, testEntry, testFile, testItem } from '@winback/core/testing';
import { Access, FileInfoClass, Fsctl } from '../../../src/win32/ffi/constants.js';
import type { Win32 } from '../../../src/win32/ffi/win32.js';
import { bindWin32 } from '../../../src/win32/ffi/win32.js';
import type { WindowsCase } from '../case.js';
import { driver, encryptedFiles, mock, onVolume } from '../driver.js';
import { inFolder, windows, withFile } from '../windows.js';

const coded =
  (code: ErrorCode, name?: string) =>
  (error: unknown): boolean => {
    assert.ok(isWinbackError(error, code), String(error));
    if (name !== undefined) assert.equal(error.details['name'], name);
    return true;
  };

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const alternate = (name: string, data: Uint8Array) => ({
  header: { id: StreamId.ALTERNATE_DATA, attributes: 0, length: data.length, name: `:${name}:$DATA` },
  data,
});

const walkCases: readonly WindowsCase[] = [
  {
    name: 'locates paths in every form, and finds them under the name of their volume',
    run({ folder, underWine }) {
      const tried = driver({ underWine });
      writeFileSync(join(folder, 'Ünïcödé 🦆'), 'x');
      const below = folder.slice(3).replaceAll('\\', '/');
      for (const form of [
        folder,
        `\\\\?\\${folder}`,
        folder.replaceAll('\\', '/'),
        `${folder}\\`,
        `${folder}\\.`,
        `${folder}\\x\\..`,
        folder.toLowerCase(),
      ]) {
        const located = tried.locate(form);
        assert.ok(located, form);
        assert.match(located.volume.root, /^C:\\$/i);
        assert.notEqual(located.volume.fileSystem, '');
        assert.equal(located.path.toLowerCase(), below.toLowerCase());
        assert.equal(located.kind, 'directory');
      }
      assert.equal(tried.locate(`${folder}\\Ünïcödé 🦆`)?.kind, 'file');
      const root = tried.locate('C:\\');
      assert.deepEqual([root?.path, root?.kind], ['', 'directory']);
      assert.equal(tried.locate(''), undefined);
      assert.throws(() => tried.locate('Q:\\nothing'), coded('SOURCE_NOT_FOUND'));
      assert.throws(() => tried.open({ root: 'Q:\\', fileSystem: 'NTFS', device: 'Q:' }, 'Q:\\'), coded('SOURCE_NOT_FOUND'));
    },
  },
  {
    name: 'walks thousands of files in batches, in the order of the bytes of their names, and says of each what opening it says',
    run({ folder, underWine }) {
      const special = ['\ue000 private use', '🦆 pair', '\uffee', 'é', 'z', '!'];
      inFolder(folder, (handle) => {
        for (let i = 0; i < 1500; i++) withFile(handle, `f${i}`, () => undefined);
        for (const name of special) withFile(handle, name, (file) => windows().files.setSize(file, name.length));
        withFile(handle, 'a folder', () => undefined, 'directory');
      });
      onVolume(driver({ underWine }), folder, (volume, path) => {
        const names: string[] = [];
        for (const { nodes, problems, directory } of volume.walk(path)) {
          assert.ok(nodes.length <= 512 && problems.every(({ effect }) => effect === 'note'));
          for (const node of nodes) {
            names.push(node.path.slice(path.length + 1));
            if (node.path === directory || names.length % 500 !== 0) continue;
            const opened = node.open();
            opened.streams.close();
            assert.deepEqual(withoutAccess(node.facts()), withoutAccess(opened.entry));
          }
        }
        const files = [...Array.from({ length: 1500 }, (_, i) => `f${i}`), ...special];
        files.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        assert.deepEqual(names, ['', ...files, 'a folder']);
      });
    },
  },
  {
    name: 'counts the names of a file when it is asked, without its folder having said so',
    run({ folder, underWine }) {
      inFolder(folder, (handle) => {
        withFile(handle, 'one', (file) => {
          windows().files.link(file, handle, 'two');
        });
      });
      onVolume(driver({ underWine }), folder, (volume, path) => {
        for (const { nodes } of volume.walk(path)) {
          const files = nodes.filter(({ kind }) => kind === 'file').map((node) => node.facts());
          assert.deepEqual(files.map(({ linkCount }) => linkCount), [2, 2]); // prettier-ignore
          assert.equal(files[0]?.fileId, files[1]?.fileId);
        }
      });
    },
  },
  {
    name: 'reaches what lies deeper than 260 characters',
    run({ folder, underWine }) {
      const parts = Array.from({ length: 25 }, (_, i) => `${i} ${'d'.repeat(100)}`);
      const deep = `${parts.join('/')}/file`;
      assert.deepEqual(recoverTree(driver({ underWine }), folder, [testFile(deep, 'deep')]), []);
      const tree = readTree(driver({ underWine }), folder);
      assert.equal(Buffer.from(contentOf(fileAt(tree, deep).streams)).toString(), 'deep');
    },
  },
  {
    name: 'never goes through a folder that stands for another place, and names volumes mounted on folders',
    run({ folder, underWine }) {
      recoverTree(driver({ underWine }), folder, [testItem('junction'), testFile('junction/secret', 'x'), testFile('file', 'x')]);
      for (const [target, code] of [
        ['\\??\\C:\\elsewhere', undefined],
        ['\\??\\Volume{0}\\', 'SOURCE_OTHER_VOLUME'],
      ] as const) {
        // prettier-ignore
        const tried = driver({ underWine, instead: (api) => pretendJunction(api, folder, 'junction', target) });
        onVolume(tried, folder, (volume, path) => {
          const batches = [...volume.walk(path)];
          assert.deepEqual(
            batches.flatMap(({ nodes }) => nodes.map((node) => node.path.slice(path.length + 1))),
            ['', 'file', 'junction'],
          );
          const problems = batches.flatMap((batch) => batch.problems).filter(({ path: where }) => where !== '');
          assert.deepEqual(problems.map(({ error, effect }) => [error.code, effect]), code === undefined ? [] : [[code, 'note']]); // prettier-ignore
          assert.throws(() => volume.node(`${path}/junction/secret`), coded('SOURCE_NOT_FOUND'));
        });
      }
    },
  },
  {
    name: 'says once what privileges are missing',
    run({ folder, underWine }) {
      let asked = 0;
      const instead = ({ GetLastError, AdjustTokenPrivileges }: Win32): Partial<Win32> => ({
        AdjustTokenPrivileges: (...args) => ((asked = 1), AdjustTokenPrivileges(...args)),
        GetLastError: () => (asked === 1 ? ((asked = 0), 1300) : GetLastError()),
      });
      onVolume(driver({ underWine, instead }), folder, (volume, path) => {
        const problems = [...volume.walk(path), ...volume.walk(path)].flatMap((batch) => batch.problems);
        assert.deepEqual(problems.map(({ effect, error }) => [effect, error.details['name']]), Array(3).fill(['note', 'ERROR_NOT_ALL_ASSIGNED'])); // prettier-ignore
        assert.match(problems.map(({ error }) => error.message).join('\n'), /SACLs\) is not kept/);
      });
    },
  },
];

const openCases: readonly WindowsCase[] = [
  {
    name: "reads files through Windows' own BackupRead",
    wineLacks: { error: 'ERROR_NOT_SUPPORTED', because: 'BackupRead is a stub' },
    run({ folder, underWine }) {
      writeFileSync(join(folder, 'file'), 'content');
      const tried = driver({ underWine, instead: () => bindWin32() });
      assert.equal(Buffer.from(contentOf(fileAt(readTree(tried, folder), 'file').streams)).toString(), 'content');
    },
  },
  {
    name: 'says why a file cannot be opened, and what helps',
    run({ folder, underWine }) {
      inFolder(folder, (handle) => {
        const alone = windows().files.openIn(handle, 'alone', { access: Access.READ_DATA | Access.WRITE_DATA, disposition: 2, share: 0 });
        withFile(handle, 'gone', () => undefined);
        onVolume(driver({ underWine }), folder, (volume, path) => {
          const [, file, gone] = [...volume.walk(path)].flatMap(({ nodes }) => nodes);
          assert.ok(file && gone);
          const node = volume.node(`${path}/alone`);
          assert.throws(() => node.open(), (error) => coded('SOURCE_UNREADABLE', 'ERROR_SHARING_VIOLATION')(error) && ((error as SourceError).hint ?? '').includes('shadow copy')); // prettier-ignore
          const late = volume.node(`${path}/gone`);
          withFile(handle, 'gone', (open) => windows().files.delete(open));
          assert.throws(() => late.open(), coded('SOURCE_VANISHED', 'ERROR_FILE_NOT_FOUND'));
          assert.throws(() => late.facts(), coded('SOURCE_VANISHED'));
        });
        windows().files.close(alone);
      });
    },
  },
  {
    name: 'tells when a file was changed while it was read',
    run({ folder, underWine }) {
      writeFileSync(join(folder, 'file'), 'content');
      onVolume(driver({ underWine }), folder, (volume, path) => {
        for (const close of [false, true]) {
          const opened = volume.node(`${path}/file`).open();
          if (close) opened.streams.close();
          assert.equal(opened.changed(), false);
          writeFileSync(join(folder, 'file'), `more content ${close}`);
          assert.equal(opened.changed(), true);
          opened.streams.close();
        }
      });
    },
  },
  {
    name: 'keeps the facts of encrypted files, and says that their content is not kept',
    run({ folder, underWine }) {
      writeFileSync(join(folder, 'file'), 'content');
      const tree = readTree(driver({ underWine, instead: encryptedFiles() }), folder);
      const { entry, streams } = fileAt(tree, 'file');
      assert.ok(entry.attributes & 0x4000);
      assert.ok(entry.securityDescriptor);
      assert.equal(entry.size, 7);
      assert.equal(
        streams.some(({ header }) => header.id === StreamId.DATA),
        false,
      );
      const problem = tree.problems.find(({ effect }) => effect === 'incomplete');
      assert.deepEqual([problem?.error.code, problem?.effect], ['SOURCE_UNSUPPORTED', 'incomplete']);
    },
  },
];

const streamCases: readonly WindowsCase[] = [
  {
    name: 'gives alternate streams of files, and leaves no context behind',
    run({ folder, underWine }) {
      const { contexts } = mock();
      const { entry, streams } = testFile('file', bytes(70_000));
      const more = [alternate('more', bytes(300_001)), alternate('empty', new Uint8Array()), alternate('日本', bytes(5))];
      assert.deepEqual(recoverTree(driver({ underWine }), folder, [{ entry, streams: [...streams, ...more] }]), []);
      const found = fileAt(readTree(driver({ underWine }), folder), 'file').streams;
      assert.deepEqual(Buffer.from(found.find(({ header }) => header.id === StreamId.DATA)?.data ?? []), Buffer.from(bytes(70_000)));
      for (const { header, data } of more) {
        assert.deepEqual(Buffer.from(found.find(({ header: { name } }) => name === header.name)?.data ?? 'none'), Buffer.from(data));
      }
      assert.equal(contexts(), 0);
    },
  },
  {
    name: 'skips more than 4 GiB with one call',
    run({ folder, underWine }) {
      mock();
      const { files } = windows();
      inFolder(folder, (handle) => {
        withFile(handle, 'large', (file) => {
          files.setSize(file, 5 * 2 ** 30 + 3);
        });
      });
      writeFileSync(join(folder, 'large:stream'), 'behind it');
      let [seeks, reads] = [0, 0];
      const instead = ({ BackupSeek, BackupRead }: Win32): Partial<Win32> => ({
        BackupSeek: (...args) => (seeks++, BackupSeek(...args)),
        BackupRead: (...args) => (reads++, BackupRead(...args)),
      });
      onVolume(driver({ underWine, instead }), folder, (volume, path) => {
        const { streams, entry } = volume.node(`${path}/large`).open();
        assert.equal(entry.size, 5 * 2 ** 30 + 3);
        const seen: unknown[] = [];
        for (let header = streams.next(); header; header = streams.next()) {
          seen.push([header.id, header.length]);
          if (header.id === StreamId.DATA) assert.equal(streams.readInto(new Uint8Array(100)), 100);
          if (header.id !== StreamId.ALTERNATE_DATA) continue;
          const data = new Uint8Array(9);
          assert.equal(streams.readInto(data), 9);
          assert.equal(Buffer.from(data).toString(), 'behind it');
        }
        streams.close();
        assert.deepEqual(seen.slice(-2), [[StreamId.DATA, 5 * 2 ** 30 + 3], [StreamId.ALTERNATE_DATA, 9]]); // prettier-ignore
        assert.deepEqual(streams.faults, []);
        assert.equal(seeks, 1);
        assert.ok(reads < 10, `${reads} reads`);
      });
    },
  },
  {
    name: 'gives what cannot be read as zeros, says where, and goes on behind it',
    run({ folder, underWine }) {
      const { failBetween } = mock();
      const content = bytes(1_000_000);
      writeFileSync(join(folder, 'file'), content);
      failBetween(500_000, 508_000, 23);
      try {
        onVolume(driver({ underWine }), folder, (volume, path) => {
          const opened = volume.node(`${path}/file`).open();
          const data = Buffer.from(contentOf(readStreams(opened.streams, 100_000)));
          opened.streams.close();
          assert.equal(data.length, content.length);
          const differs = data.findIndex((byte, i) => byte !== content[i]);
          let last = data.length - 1;
          while (data[last] === content[last]) last--;
          assert.ok(differs > 495_000 && last < 513_000, `${differs} to ${last}`);
          const [fault] = opened.streams.faults;
          assert.equal(opened.streams.faults.length, 1);
          assert.deepEqual([fault?.kind, fault?.streamNumber], ['unreadable', 2]);
          assert.ok(Math.abs((fault?.offset ?? 0) - 500_000) < 5000);
          assert.match(fault?.message ?? '', /ERROR_CRC, 23/);
        });
      } finally {
        failBetween(0, 0, 0);
      }
    },
  },
  {
    name: 'gives zeros for what a file lost while it was read, and says so',
    run({ folder, underWine }) {
      mock();
      writeFileSync(join(folder, 'file'), bytes(2_000_000));
      onVolume(driver({ underWine }), folder, (volume, path) => {
        const { streams } = volume.node(`${path}/file`).open();
        let header = streams.next();
        while (header && header.id !== StreamId.DATA) header = streams.next();
        writeFileSync(join(folder, 'file'), bytes(1_000_000));
        let given = 0;
        const piece = new Uint8Array(100_000).fill(0xff);
        for (let n = streams.readInto(piece); n > 0; n = streams.readInto(piece.fill(0xff))) {
          given += n;
          if (given > 1_100_000) assert.ok(piece.subarray(0, n).every((byte) => byte === 0));
        }
        assert.equal(given, 2_000_000);
        assert.deepEqual(streams.faults.map(({ kind, offset }) => [kind, offset]), [['length-changed', 1_000_000]]); // prettier-ignore
        assert.equal(streams.next(), undefined);
        streams.close();
      });
    },
  },
];

const handleCases: readonly WindowsCase[] = [
  {
    name: 'closes every handle that it opened',
    run({ folder, underWine }) {
      const open = new Set<number>();
      const instead = ({ CreateFileW, NtCreateFile, CloseHandle }: Win32): Partial<Win32> => ({
        CreateFileW(...args) {
          const handle = CreateFileW(...args);
          if (handle !== -1) open.add(handle);
          return handle;
        },
        NtCreateFile(into, ...args) {
          const status = NtCreateFile(into, ...args);
          if (status < 0x8000_0000) open.add(Number(new DataView(into.buffer, into.byteOffset).getBigInt64(0, true)));
          return status;
        },
        CloseHandle(handle) {
          open.delete(handle);
          return CloseHandle(handle);
        },
      });
      const tried = driver({ underWine, instead });
      const item = { entry: testEntry('a/link', { linkTo: 'a/b/f' }), streams: [] };
      for (const mode of ['overwrite', 'overwrite', 'skip', 'create-copy'] as const) {
        recoverTree(
          tried,
          folder,
          [testItem('a'), testItem('a/b'), testFile('a/b/f', 'x', { shortName: 'F.X' }), item, testFile('c', 'y')],
          mode,
        );
        assert.deepEqual([...open], [], mode);
      }
      readTree(tried, folder);
      onVolume(tried, folder, (volume, path) => {
        for (const batch of volume.walk(path)) if (batch.nodes.length > 2) break; // and not to its end
        volume.node(`${path}/a/b/f`).facts();
        volume.node(`${path}/c`).open('x').streams.close();
        assert.throws(() => volume.node(`${path}/a/c/d`));
      });
      assert.throws(() => onVolume(tried, `${folder}\\nothing`, () => undefined));
      assert.deepEqual([...open], []);
    },
  },
];

/** Reading a file may set the time of last access, where that is kept. */
const withoutAccess = ({ times: { lastAccess: _, ...times }, ...entry }: FileEntry): unknown => ({ ...entry, times });

/** Calls that say of one folder that it is a junction, as long as it is asked by a handle. */
export function pretendJunction(api: Win32, folder: string, name: string, target: string): Partial<Win32> {
  const { files } = windows();
  const id = inFolder(folder, (handle) => withFile(handle, name, (file) => files.information(file).index, 'directory'));
  const isIt = (handle: number): boolean => files.information(handle).index === id;
  return {
    GetFileInformationByHandleEx(handle, infoClass, into, size) {
      const answer = api.GetFileInformationByHandleEx(handle, infoClass, into, size);
      if (infoClass !== FileInfoClass.ATTRIBUTE_TAG || !isIt(handle)) return answer;
      const view = new DataView(into.buffer, into.byteOffset);
      view.setUint32(0, 0x410, true);
      view.setUint32(4, 0xa000_0003, true);
      return answer;
    },
    DeviceIoControl(handle, code, from, fromSize, into, intoSize, returned, overlapped) {
      if (code !== Fsctl.GET_REPARSE_POINT || !into)
        return api.DeviceIoControl(handle, code, from, fromSize, into, intoSize, returned, overlapped);
      const text = Buffer.from(target, 'utf16le');
      const view = new DataView(into.buffer, into.byteOffset);
      view.setUint32(0, 0xa000_0003, true);
      view.setUint16(4, 8 + text.length, true);
      view.setUint16(8, 0, true);
      view.setUint16(10, text.length, true);
      into.set(text, 16);
      new DataView(returned.buffer, returned.byteOffset).setUint32(0, 16 + text.length, true);
      return 1;
    },
  };
}

/** Reading volumes of Windows. */
export const readingCases: readonly WindowsCase[] = [...walkCases, ...openCases, ...streamCases, ...handleCases];
