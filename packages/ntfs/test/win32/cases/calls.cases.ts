import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWinbackError } from '@winback/core';
import { Access, CreateOption, Disposition, SecurityInformation } from '../../../src/win32/ffi/constants.js';
import { loadKoffi } from '../../../src/win32/ffi/load.js';
import { enableBackupPrivileges } from '../../../src/win32/privileges.js';
import { Win32Error } from '../../../src/win32/win32-error.js';
import type { WindowsCase } from '../case.js';
import { FULL, inFolder, windows, withFile } from '../windows.js';

const named =
  (name: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Win32Error && isWinbackError(error, 'PLATFORM_UNSUPPORTED'), String(error));
    assert.equal(error.details['name'], name, error.message);
    assert.equal(error.details['number'], error.number);
    return true;
  };

const errorCases: readonly WindowsCase[] = [
  {
    name: "asks for a call's error right after it, whatever Node.js did in between",
    run() {
      const kernel32 = loadKoffi().load('kernel32.dll');
      const setLastError = kernel32.func('void __stdcall SetLastError(uint32_t)') as (error: number) => void;
      const { api } = windows();
      for (const number of [1234, 5, 0]) {
        setLastError(number);
        assert.throws(() => readFileSync('C:\\no such file'), { code: 'ENOENT' });
        for (let i = 0; i < 10_000; i++) Array.from({ length: 10 }, () => ({ i }));
        assert.equal(api.GetLastError(), number);
      }
      assert.equal(api.CloseHandle(0x7777_7774), 0);
      assert.equal(api.GetLastError(), 6);
      assert.notEqual(loadKoffi().errno(), 6, 'errno is another number');
    },
  },
  {
    name: 'names what is wrong: nothing there, no folder, name too long, no name, there already',
    run({ folder }) {
      const { files } = windows();
      assert.throws(() => files.openPath(`\\\\?\\${folder}\\nothing`, Access.READ_ATTRIBUTES), named('ERROR_FILE_NOT_FOUND'));
      assert.throws(() => files.openPath(`\\\\?\\${folder}\\no\\folder`, Access.READ_ATTRIBUTES), named('ERROR_PATH_NOT_FOUND'));
      inFolder(folder, (handle) => {
        const open = (name: string, options = 0): void => {
          files.close(files.openIn(handle, name, { access: Access.READ_ATTRIBUTES, options }));
        };
        assert.throws(() => open('nothing'), named('ERROR_FILE_NOT_FOUND'));
        assert.throws(() => open('n'.repeat(0x8000)), named('ERROR_FILENAME_EXCED_RANGE'));
        assert.throws(() => open('a*b'), named('ERROR_INVALID_NAME'));
        withFile(handle, 'file', () => undefined);
        assert.throws(() => open('file', CreateOption.DIRECTORY_FILE), named('ERROR_DIRECTORY'));
        assert.throws(() => files.openIn(handle, 'file', { access: FULL, disposition: Disposition.CREATE }), named('ERROR_ALREADY_EXISTS'));
      });
    },
  },
  {
    name: 'says that another program has a file open',
    run({ folder }) {
      const { files } = windows();
      inFolder(folder, (handle) => {
        const alone = files.openIn(handle, 'file', { access: FULL, disposition: Disposition.CREATE, share: 0 });
        assert.throws(() => files.openIn(handle, 'file', { access: Access.READ_DATA }), named('ERROR_SHARING_VIOLATION'));
        files.close(alone);
        files.close(files.openIn(handle, 'file', { access: Access.READ_DATA }));
      });
    },
  },
  {
    name: 'says that access is denied',
    run({ folder }) {
      const { files } = windows();
      inFolder(folder, (handle) => {
        withFile(handle, 'sub', () => undefined, 'directory');
        const options = CreateOption.NON_DIRECTORY_FILE;
        assert.throws(() => files.openIn(handle, 'sub', { access: Access.WRITE_DATA, options }), named('ERROR_ACCESS_DENIED'));
      });
    },
  },
];

const fileCases: readonly WindowsCase[] = [
  {
    name: 'opens names that only their own folder can reach: trailing dots and blanks, devices',
    run({ folder }) {
      const { files } = windows();
      const names = ['dot.', 'blank ', 'CON', 'nul.txt', 'COM1', 'LPT¹', 'Ünïcödé', '🦆'];
      inFolder(folder, (handle) => {
        for (const name of names) {
          withFile(handle, name, (file) => {
            assert.equal(files.information(file).size, 0, name);
          });
        }
      });
    },
  },
  {
    name: 'opens names with one half of a pair',
    wineLacks: { error: 'ERROR_FILE_NOT_FOUND', because: 'a name that is no UTF-8 cannot be made on Linux' },
    run({ folder }) {
      inFolder(folder, (handle) => {
        withFile(handle, 'lone \ud800 half', () => undefined);
      });
    },
  },
  {
    name: 'keeps times to 100 ns, that of the metadata among them, and attributes',
    run({ folder, underWine }) {
      const { files } = windows();
      const time = (n: bigint): bigint => 132_600_000_001_234_567n + n * 10_000_000_001n;
      const set = { creationTime: time(1n), lastAccessTime: time(2n), lastWriteTime: time(3n), changeTime: time(4n) };
      inFolder(folder, (handle) => {
        withFile(handle, 'file', (file) => {
          files.setBasicInformation(file, { ...set, fileAttributes: 0x22 });
          const found = files.basicInformation(file);
          assert.equal(found.lastWriteTime, set.lastWriteTime);
          assert.equal(found.lastAccessTime, set.lastAccessTime);
          // Linux lets nobody set the others
          if (!underWine) assert.deepEqual([found.creationTime, found.changeTime], [set.creationTime, set.changeTime]);
          assert.equal(found.fileAttributes, 0x22);
        });
      });
    },
  },
  {
    name: 'makes hard links from handles, which share a number and are counted',
    run({ folder }) {
      const { files } = windows();
      inFolder(folder, (handle) => {
        withFile(handle, 'sub', () => undefined, 'directory');
        const sub = files.openIn(handle, 'sub', { access: Access.READ_DATA });
        withFile(handle, 'first', (file) => {
          files.link(file, sub, 'second');
          const { linkCount, index } = files.information(file);
          assert.equal(linkCount, 2);
          withFile(sub, 'second', (second) => {
            assert.deepEqual(files.information(second), { ...files.information(file), linkCount: 2, index });
          });
          assert.throws(() => files.link(file, sub, 'second'), named('ERROR_ALREADY_EXISTS'));
        });
        withFile(handle, 'other', (other) => {
          assert.equal(files.information(other).linkCount, 1);
        });
        files.close(sub);
      });
    },
  },
  {
    name: 'renames within and between open folders, over others only if told to, and deletes',
    run({ folder }) {
      const { files } = windows();
      inFolder(folder, (handle) => {
        withFile(handle, 'sub', () => undefined, 'directory');
        const sub = files.openIn(handle, 'sub', { access: Access.READ_DATA });
        withFile(sub, 'taken', () => undefined);
        withFile(handle, 'file', (file) => {
          files.setSize(file, 7);
          assert.throws(() => files.rename(file, sub, 'taken', 0), named('ERROR_ALREADY_EXISTS'));
          files.rename(file, sub, 'moved', 0);
        });
        assert.ok(existsSync(join(folder, 'sub', 'moved')) && !existsSync(join(folder, 'file')));
        withFile(sub, 'moved', (file) => {
          files.rename(file, sub, 'taken', 1);
        });
        withFile(sub, 'taken', (file) => {
          assert.equal(files.information(file).size, 7);
          files.delete(file);
        });
        assert.ok(!existsSync(join(folder, 'sub', 'taken')));
        files.close(sub);
      });
    },
  },
  {
    name: 'asks about the volume of an open folder',
    run({ folder }) {
      const { volumes, files } = windows();
      inFolder(folder, (handle) => {
        assert.equal(volumes.finalPath(handle).toLowerCase(), `\\\\?\\${folder}`.toLowerCase());
        assert.throws(() => files.attributeTag(0x7777_7774), named('ERROR_INVALID_HANDLE'));
        assert.equal(files.attributeTag(handle).fileAttributes & 0x10, 0x10);
      });
      const root = volumes.rootOf(`\\\\?\\${folder}`);
      assert.match(root, /^(\\\\\?\\)?C:\\$/i);
      assert.notEqual(volumes.information(root).fileSystem, '');
      assert.match(volumes.nameOf('C:\\') ?? '', /^\\\\\?\\Volume\{[0-9a-f-]{36}\}\\$/i);
    },
  },
];

const factCases: readonly WindowsCase[] = [
  {
    name: 'enables the privileges of backup programs, or says which it cannot',
    run() {
      const { enabled, missing } = enableBackupPrivileges(windows().api);
      assert.equal(enabled.size + missing.length, 3);
      for (const { name, reason } of missing) {
        assert.equal(name, 'ERROR_NOT_ALL_ASSIGNED');
        assert.match(reason, /does not have the privilege/);
      }
    },
  },
  {
    name: 'sets security descriptors and reads them back',
    run({ folder, underWine }) {
      const { facts } = windows();
      inFolder(folder, (handle) => {
        withFile(handle, 'file', (file) => {
          const before = facts.securityDescriptor(file, false);
          assert.equal(before[0], 1);
          // D:P(A;;FA;;;WD)(A;;FR;;;BU)
          const dacl = Buffer.from(
            '0100049400000000000000000000000014000000' +
              '0200340002000000' +
              '00001400ff011f00010100000000000100000000' +
              '0000180089001200010200000000000520000000' +
              '21020000',
            'hex',
          );
          facts.setSecurityDescriptor(file, dacl, SecurityInformation.DACL);
          const after = facts.securityDescriptor(file, false);
          const [control, at] = [after[2]! | (after[3]! << 8), new DataView(after.buffer, after.byteOffset).getUint32(16, true)];
          assert.equal(control & 0x8004, 0x8004, 'self-relative, DACL present');
          if (!underWine) assert.equal(control & 0x1000, 0x1000, 'protected'); // Wine keeps no such flags
          const entries = Buffer.from(after.subarray(at)).toString('hex');
          if (underWine) {
            // It keeps them as a mode of Linux: everybody may do everything but change the owner.
            assert.match(entries, /ff011300010100000000000100000000/);
            return;
          }
          assert.match(entries, /ff011f00010100000000000100000000/, 'everybody may do everything');
          assert.match(entries, /8900120001020000000000052000000021020000/, 'users may read');
        });
      });
    },
  },
  {
    name: 'sets extended attributes and reads them back',
    wineLacks: { error: 'ERROR_ACCESS_DENIED', because: 'NtSetEaFile is a stub' },
    run({ folder }) {
      const { facts } = windows();
      inFolder(folder, (handle) => {
        withFile(handle, 'file', (file) => {
          assert.equal(facts.extendedAttributes(file), undefined);
          const list = Buffer.from('0000000000040300', 'hex').toString('latin1') + 'NAME\0val';
          facts.setExtendedAttributes(file, Buffer.from(list, 'latin1'));
          assert.deepEqual(Buffer.from(facts.extendedAttributes(file) ?? []).toString('latin1'), list);
        });
      });
    },
  },
  {
    name: 'sets object ids and reads them back',
    wineLacks: { error: 'ERROR_NOT_SUPPORTED', because: 'FSCTL_SET_OBJECT_ID is a stub' },
    run({ folder }) {
      const { facts } = windows();
      inFolder(folder, (handle) => {
        withFile(handle, 'file', (file) => {
          const id = Uint8Array.from({ length: 64 }, (_, i) => (i < 16 ? 0xa0 + i : 0));
          facts.setObjectId(file, id);
          assert.deepEqual(facts.objectId(file)?.slice(0, 16), id.slice(0, 16));
        });
      });
    },
  },
  {
    name: 'sets reparse points and reads them back',
    wineLacks: { error: 'ERROR_NOT_SUPPORTED', because: 'FSCTL_SET_REPARSE_POINT is a stub' },
    run({ folder }) {
      const { facts, files } = windows();
      inFolder(folder, (handle) => {
        withFile(handle, 'file', (file) => {
          const data = Buffer.from('240000800000000000000000', 'hex').subarray(0, 8); // LX_FIFO
          facts.setReparseData(file, data);
          assert.deepEqual(Buffer.from(facts.reparseData(file)), data);
          assert.equal(files.attributeTag(file).reparseTag, 0x8000_0024);
        });
      });
    },
  },
  {
    name: 'sets short names and reads them back',
    wineLacks: { error: 'ERROR_PROC_NOT_FOUND', because: 'SetFileShortNameW is missing' },
    run({ folder }) {
      const { facts, files } = windows();
      inFolder(folder, (handle) => {
        withFile(handle, 'A long name.text', (file) => {
          facts.setShortName(file, 'SHORT.TXT');
          assert.equal(files.shortName(file), 'SHORT.TXT');
        });
      });
    },
  },
  {
    name: 'marks files as compressed',
    wineLacks: { error: 'ERROR_NOT_SUPPORTED', because: 'FSCTL_SET_COMPRESSION is a stub' },
    run({ folder }) {
      const { facts, files } = windows();
      inFolder(folder, (handle) => {
        withFile(handle, 'file', (file) => {
          facts.compress(file);
          assert.ok(files.information(file).attributes & 0x800);
        });
      });
      writeFileSync(join(folder, 'plain'), '');
    },
  },
];

/** The calls of Windows, one by one. */
export const callCases: readonly WindowsCase[] = [...errorCases, ...fileCases, ...factCases];
