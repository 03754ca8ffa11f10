import assert from 'node:assert/strict';
import {
  buildSecurityDescriptor,
  isWinbackError,
  securityDescriptorFromSddl,
  securityDescriptorToSddl,
  stringValue,
  type ErrorCode,
} from '@winback/core';
import { bindRegistry, KeyOption, PREDEFINED_KEYS } from '../../../src/win32/ffi/registry.js';
import { SecurityInformation } from '../../../src/win32/ffi/constants.js';
import { addressOf, bind } from '../../../src/win32/ffi/load.js';
import { UnicodeString } from '../../../src/win32/layouts/nt.layout.js';
import { RegistryCalls, securityAttributes } from '../../../src/win32/registry/registry-calls.js';
import { narrow } from '../../../src/win32/wide-text.js';
import type { WindowsCase } from '../case.js';
import { windows } from '../windows.js';
import { scratchCase } from './registry-scratch.js';

const HKCU = PREDEFINED_KEYS['HKEY_CURRENT_USER']!;
const KEY_ALL = 0xf_003f;
const LINK_TYPE = 6;
const WRITE_DAC = 0x4_0000;

const refused =
  (code: ErrorCode, name: string) =>
  (error: unknown): boolean => {
    assert.ok(isWinbackError(error, code), String(error));
    assert.equal(error.details['name'], name, error.message);
    return true;
  };

const descriptor = (sddl: string): Uint8Array => buildSecurityDescriptor(securityDescriptorFromSddl(sddl));

/** Calls of our own, past the store, on a key under HKEY_CURRENT_USER. */
function withKey<T>(path: string, options: number, body: (key: number, calls: RegistryCalls) => T, make = false): T {
  const calls = new RegistryCalls(bindRegistry());
  const below = path.replace('HKEY_CURRENT_USER\\', '');
  const key = make ? calls.create(HKCU, below, KEY_ALL, {}, options) : calls.open(HKCU, below, options, KEY_ALL);
  try {
    return body(key, calls);
  } finally {
    calls.close(key);
  }
}

/** What the kernel calls a key: `\REGISTRY\USER\S-1-5-21-…\Software\…`. */
function kernelPath(path: string): string {
  const into = new Uint8Array(0x1000);
  const needed = new Uint8Array(0x100);
  return withKey(path, 0, (key) => {
    assert.equal(bindRegistry().NtQueryKey(key, 3, into, into.length, needed), 0); // KeyNameInformation
    return narrow(into, 4, new DataView(into.buffer).getUint32(0, true));
  });
}

function makeLink(path: string, target: string): void {
  withKey(
    path,
    KeyOption.CREATE_LINK,
    (key, calls) => calls.setValue(key, 'SymbolicLinkValue', LINK_TYPE, Buffer.from(target, 'utf16le')),
    true,
  );
}

const SDDL = 'O:BAG:BAD:P(A;CI;KA;;;BA)(A;;KR;;;BU)(A;CIIO;KA;;;CO)';
const ENTRIES = /D:P?(AI)?\(A;CI;KA;;;BA\)\(A;;KR;;;BU\)\(A;CIIO;KA;;;CO\)$/;
const shown = (bytes: Uint8Array | undefined): string => securityDescriptorToSddl(bytes ?? new Uint8Array(0));

interface MutexCalls {
  readonly CreateMutexW: (attributes: Uint8Array, own: number, name: null) => number;
}
const MUTEX_CALLS = { CreateMutexW: 'intptr_t __stdcall CreateMutexW(const uint8_t *, int, void *)' };

interface RightsCalls {
  readonly RegSetKeySecurity: (key: number, information: number, descriptor: Uint8Array) => number;
}
const RIGHTS_CALLS = { RegSetKeySecurity: 'int32_t __stdcall RegSetKeySecurity(intptr_t, uint32_t, uint8_t *)' };

/** Gives a key of ours another DACL, by default one that forbids nothing. */
function permit(path: string, sddl = 'D:P(A;;KA;;;WD)'): void {
  const calls = new RegistryCalls(bindRegistry());
  const key = calls.open(HKCU, path.replace('HKEY_CURRENT_USER\\', ''), 0, WRITE_DAC);
  try {
    assert.equal(bind<RightsCalls>('advapi32.dll', RIGHTS_CALLS).RegSetKeySecurity(key, SecurityInformation.DACL, descriptor(sddl)), 0);
  } finally {
    calls.close(key);
  }
}

interface NativeValues {
  readonly NtSetValueKey: (key: number, name: Uint8Array, title: number, type: number, data: Uint8Array, size: number) => number;
}
const NATIVE_VALUES = { NtSetValueKey: 'uint32_t __stdcall NtSetValueKey(intptr_t, uint8_t *, uint32_t, uint32_t, uint8_t *, uint32_t)' };

/** Who may do what, links, and what only the kernel's own calls can make. */
export const registryRightsCases: readonly WindowsCase[] = [
  scratchCase(
    'gives keys security descriptors when it makes them',
    (store, root) => {
      const made = store.createKey(`${root}\\k`, { securityDescriptor: descriptor(SDDL) }).securityDescriptor;
      assert.match(shown(made), ENTRIES);
    },
    { error: 'ERR_ASSERTION', because: 'RegCreateKeyExW takes no notice of its SECURITY_ATTRIBUTES' },
  ),
  {
    name: 'registry: passes security attributes in which Windows finds the descriptor',
    run() {
      const { CreateMutexW } = bind<MutexCalls>('kernel32.dll', MUTEX_CALLS);
      const { api, facts } = windows();
      const handle = CreateMutexW(securityAttributes(descriptor(SDDL)), 0, null);
      assert.notEqual(handle, 0);
      try {
        assert.match(shown(facts.securityDescriptor(handle, false)), ENTRIES);
      } finally {
        api.CloseHandle(handle);
      }
    },
  },
  scratchCase('reads security descriptors of any size', (store, root) => {
    assert.ok(store.key('HKLM')?.securityDescriptor);
    store.createKey(`${root}\\k`);
    permit(`${root}\\k`, SDDL);
    assert.match(shown(store.key(`${root}\\k`)?.securityDescriptor), ENTRIES);
    store.createKey(`${root}\\k`, { securityDescriptor: descriptor('O:BAG:BAD:P(A;;KR;;;WD)') });
    assert.match(shown(store.key(`${root}\\k`)?.securityDescriptor), ENTRIES, 'a key that is there keeps its own');
    permit(`${root}\\k`, `D:P${'(A;;KA;;;BA)'.repeat(500)}`);
    const large = shown(store.key(`${root}\\k`)?.securityDescriptor);
    assert.equal(large.split('(A;;KA;;;BA)').length, 501);
  }),
  scratchCase('says that a key may not be changed', (store, root, { underWine }) => {
    const path = `${root}\\read only`;
    store.createKey(path);
    permit(path, 'D:P(A;;KRSD;;;WD)');
    const denied = refused('REGISTRY_READ_ONLY', 'ERROR_ACCESS_DENIED');
    assert.throws(() => store.setValue(path, stringValue('v', 'x')), denied);
    assert.throws(() => store.deleteValue(path, 'v'), denied);
    if (!underWine) assert.throws(() => store.createKey(`${path}\\sub`), denied); // Wine lets everybody make keys
    assert.equal(store.createKey(path).path, path);
    assert.deepEqual([...(store.key(path)?.values() ?? [])], []);
    store.flush();
  }),
  scratchCase('says that a key may not be deleted, and leaves it', (store, root) => {
    const path = `${root}\\kept`;
    store.createKey(path);
    permit(path, 'D:P(A;;WD;;;WD)'); // Wine always lets an owner delete, but not see what is below
    assert.throws(() => store.deleteKey(path), refused('REGISTRY_READ_ONLY', 'ERROR_ACCESS_DENIED'));
    assert.throws(() => store.deleteKey(root), refused('REGISTRY_READ_ONLY', 'ERROR_ACCESS_DENIED'));
    permit(path);
    assert.ok(store.key(path));
    assert.equal(store.deleteKey(path), true);
  }),
  scratchCase(
    'reads a key that nobody may read with the rights of backup programs, or says that it may not',
    (store, root, { underWine }) => {
      const path = `${root}\\secret`;
      store.setValue(path, stringValue('v', 'x'));
      permit(path, 'D:P(A;;SDWD;;;WD)');
      // Wine knows nothing of REG_OPTION_BACKUP_RESTORE.
      if (underWine) assert.throws(() => store.key(path), refused('REGISTRY_IO', 'ERROR_ACCESS_DENIED'));
      else assert.equal(store.key(path)?.value('v')?.name, 'v');
      assert.throws(() => store.setValue(path, stringValue('v', 'y')), refused('REGISTRY_READ_ONLY', 'ERROR_ACCESS_DENIED'));
      permit(path);
    },
  ),
  scratchCase('follows links, and deletes them without what they lead to', (store, root) => {
    store.setValue(`${root}\\target\\sub`, stringValue('v', 'x'));
    const target = kernelPath(`${root}\\target`);
    makeLink(`${root}\\link`, target);
    store.createKey(`${root}\\holder`);
    makeLink(`${root}\\holder\\link`, target);
    makeLink(`${root}\\nowhere`, `${target} that is not there`);
    const link = store.key(`${root}\\link`);
    assert.deepEqual([link?.path, link?.name, [...(link?.subkeys() ?? [])]], [`${root}\\link`, 'link', ['sub']]);
    assert.equal(store.key(`${root}\\link\\sub`)?.value('v')?.name, 'v');
    store.setValue(`${root}\\holder\\link\\sub`, stringValue('through', 'the link'));
    assert.equal(store.key(`${root}\\target\\sub`)?.value('through')?.name, 'through');
    assert.equal(store.key(`${root}\\nowhere`), undefined);
    for (const name of ['link', 'holder', 'nowhere']) assert.equal(store.deleteKey(`${root}\\${name}`), true, name);
    assert.deepEqual([...(store.key(root)?.subkeys() ?? [])], ['target']);
    assert.equal([...(store.key(`${root}\\target\\sub`)?.values() ?? [])].length, 2);
  }),
  scratchCase('reads values with a NUL in their names', (store, root) => {
    const { NtSetValueKey } = bind<NativeValues>('ntdll.dll', NATIVE_VALUES);
    store.setValue(root, stringValue('a', 'plain'));
    const memory = new Uint8Array(0x1000);
    const name = Buffer.from('a\0b', 'utf16le');
    memory.set(name, UnicodeString.size);
    const buffer = addressOf(memory) + BigInt(UnicodeString.size);
    UnicodeString.encodeInto(memory, 0, UnicodeString.create({ length: name.length, maximumLength: name.length, buffer }));
    withKey(root, 0, (key) => {
      assert.equal(NtSetValueKey(key, memory, 0, 1, Uint8Array.of(0x58, 0, 0, 0), 4), 0);
    });
    const found = store.key(root);
    assert.deepEqual([...(found?.values() ?? [])].map((value) => value.name).sort(), ['a', 'a\0b']);
    assert.deepEqual(Buffer.from(found?.value('A\0b')?.data ?? []).toString('hex'), '58000000');
    assert.equal(found?.value('a')?.data.length, 12);
    for (const change of [() => store.setValue(root, stringValue('a\0b', 'x')), () => store.deleteValue(root, 'a\0b')]) {
      assert.throws(change, (error) => isWinbackError(error, 'REGISTRY_NAME'));
    }
    assert.equal([...(store.key(root)?.values() ?? [])].length, 2);
  }),
];
