import { compareNames, splitKey, upcaseName } from '@winback/core';
import type { RegistryApi } from '../../../src/win32/ffi/registry.js';
import type { RegistrySystem } from '../../../src/win32/registry/windows-registry-store.js';

const E = { NOT_FOUND: 2, DENIED: 5, INVALID_HANDLE: 6, MORE_DATA: 234, NO_MORE_ITEMS: 259, KEY_DELETED: 1018 } as const;
const STATUS = { KEY_DELETED: 0xc000_017c, CANNOT_DELETE: 0xc000_0121 } as const;
const [BACKUP_RESTORE, OPEN_LINK] = [4, 8];

interface FakeValue {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
}

export class FakeKey {
  readonly keys = new Map<string, FakeKey>();
  readonly values = new Map<string, FakeValue>();
  className = '';
  deleted = false;
  /** What its permissions forbid everybody. */
  denied = false;
  /** Where a link leads. */
  target: FakeKey | undefined;
  #sorted: { readonly lastWrite: bigint; readonly keys: readonly FakeKey[] } | undefined;
  constructor(
    readonly name: string,
    public lastWrite: bigint,
  ) {}

  sorted(): readonly FakeKey[] {
    if (this.#sorted?.lastWrite !== this.lastWrite) {
      this.#sorted = { lastWrite: this.lastWrite, keys: [...this.keys.values()].sort((a, b) => compareNames(a.name, b.name)) };
    }
    return this.#sorted.keys;
  }
}

const text = (bytes: Uint8Array): string => {
  const all = Buffer.from(bytes).toString('utf16le');
  return all.slice(0, all.indexOf('\0'));
};
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** How much a buffer is said to hold, in units of `unit` bytes. It must: Windows writes so much, whatever is behind it. */
function roomOf(into: Uint8Array, size: Uint8Array, unit = 1): number {
  const room = view(size).getUint32(0, true);
  if (room * unit > into.length) throw new RangeError(`a buffer of ${into.length} bytes was said to hold ${room} times ${unit}`);
  return room;
}

/** As much of Windows' registry as the store uses, in memory, with what cannot be had from a real one: failures, and others at work. */
export class FakeRegistry {
  readonly root = new FakeKey('', 1n);
  readonly calls: string[] = [];
  readonly #open = new Map<number, FakeKey>();
  #next = 4;
  #time = 132_000_000_000_000_000n;
  /** An error for a call, in the place of what it does. */
  failing: (call: string) => number | undefined = () => undefined;
  /** What others do before a call. */
  meanwhile: (call: string) => void = () => undefined;

  get openHandles(): number {
    return this.#open.size;
  }

  system(privileges: RegistrySystem['privileges'] = new Set()): RegistrySystem {
    const functions = Object.entries(this.#functions()) as [string, (...args: unknown[]) => number][];
    const entries = functions.map(([name, body]) => [
      name,
      (...args: unknown[]) => {
        if (name === 'RtlNtStatusToDosError') return body(...args);
        this.meanwhile(name);
        this.calls.push(name);
        const failure = name === 'RegCloseKey' ? undefined : this.failing(name);
        if (failure === undefined) return body(...args);
        return name.startsWith('Nt') ? 0xe000_0000 + failure : failure;
      },
    ]);
    return { api: Object.fromEntries(entries) as RegistryApi, privileges };
  }

  /** Finds or makes a key under HKEY_CURRENT_USER. */
  make(path: string): FakeKey {
    return splitKey(path).reduce((key, name) => key.keys.get(upcaseName(name)) ?? this.#add(key, name), this.root);
  }

  remove(key: FakeKey, name: string): void {
    const gone = key.keys.get(upcaseName(name));
    if (gone) gone.deleted = true;
    key.keys.delete(upcaseName(name));
    key.lastWrite = this.#tick();
  }

  touch(key: FakeKey): void {
    key.lastWrite = this.#tick();
  }

  #add(parent: FakeKey, name: string): FakeKey {
    const key = new FakeKey(name, this.#tick());
    parent.keys.set(upcaseName(name), key);
    this.touch(parent);
    return key;
  }

  #tick(): bigint {
    return (this.#time += 10n);
  }

  /** The key of a handle; HKEY_CURRENT_USER is its root, the other root keys are not there. */
  #keyOf(handle: number): FakeKey | number {
    const key = handle === -0x7fff_ffff ? this.root : this.#open.get(handle);
    if (!key) return handle < 0 ? E.NOT_FOUND : E.INVALID_HANDLE;
    return key.deleted ? E.KEY_DELETED : key;
  }

  #walk(handle: number, path: Uint8Array, options: number, make: boolean): FakeKey | number {
    let key = this.#keyOf(handle);
    const names = splitKey(text(path));
    if (names.length > 32 || names.includes('')) return 161;
    for (const [i, name] of names.entries()) {
      if (typeof key === 'number') return key;
      let next = key.keys.get(upcaseName(name));
      if (!next && make) next = this.#add(key, name);
      if (!next) return E.NOT_FOUND;
      key = next.target && !(i === names.length - 1 && options & OPEN_LINK) ? next.target : next;
    }
    return typeof key !== 'number' && key.deleted ? E.NOT_FOUND : key;
  }

  #give(key: FakeKey | number, options: number, into: Uint8Array): number {
    if (typeof key === 'number') return key;
    if (key.denied && !(options & BACKUP_RESTORE)) return E.DENIED;
    this.#open.set((this.#next += 4), key);
    view(into).setBigInt64(0, BigInt(this.#next), true);
    return 0;
  }

  #with(handle: number, body: (key: FakeKey) => number): number {
    const key = this.#keyOf(handle);
    return typeof key === 'number' ? key : body(key);
  }

  #functions(): RegistryApi {
    return {
      RegOpenKeyExW: (handle, path, options, _access, into) => this.#give(this.#walk(handle, path, options, false), options, into),
      RegCreateKeyExW: (handle, path, _reserved, className, options, _access, _security, into) => {
        const there = this.#walk(handle, path, options, false);
        const key = there === E.NOT_FOUND ? this.#walk(handle, path, options, true) : there;
        if (there === E.NOT_FOUND && typeof key !== 'number' && className) key.className = text(className);
        return this.#give(key, options, into);
      },
      RegQueryInfoKeyW: (handle, into, length, _r, _s, _ls, _lc, _v, _ln, _ld, _sd, time) =>
        this.#with(handle, (key) => {
          view(time).setBigUint64(0, key.lastWrite, true);
          const room = roomOf(into, length, 2);
          view(length).setUint32(0, key.className.length, true);
          if (room <= key.className.length) return E.MORE_DATA;
          into.set(Buffer.from(`${key.className}\0`, 'utf16le'));
          return 0;
        }),
      RegEnumKeyExW: (handle, index, into, length) =>
        this.#with(handle, (key) => {
          const child = key.sorted()[index];
          if (!child) return E.NO_MORE_ITEMS;
          if (roomOf(into, length, 2) <= child.name.length) return E.MORE_DATA;
          into.set(Buffer.from(`${child.name}\0`, 'utf16le'));
          view(length).setUint32(0, child.name.length, true);
          return 0;
        }),
      RegEnumValueW: (handle, index, into, length, _r, type, data, size) =>
        this.#with(handle, (key) => {
          const value = [...key.values.values()][index];
          if (!value) return E.NO_MORE_ITEMS;
          if (roomOf(into, length, 2) <= value.name.length) return E.MORE_DATA;
          into.set(Buffer.from(`${value.name}\0`, 'utf16le'));
          view(length).setUint32(0, value.name.length, true);
          return type && data && size ? put(value, type, data, size) : 0;
        }),
      RegQueryValueExW: (handle, name, _r, type, data, size) =>
        this.#with(handle, (key) => {
          const value = key.values.get(upcaseName(text(name)));
          return value ? put(value, type, data, size) : E.NOT_FOUND;
        }),
      RegSetValueExW: (handle, name, _reserved, type, data, size) =>
        this.#with(handle, (key) => {
          const at = upcaseName(text(name));
          key.values.set(at, { name: key.values.get(at)?.name ?? text(name), type, data: data.slice(0, size) });
          this.touch(key);
          return 0;
        }),
      RegDeleteValueW: (handle, name) =>
        this.#with(handle, (key) => {
          this.touch(key);
          return key.values.delete(upcaseName(text(name))) ? 0 : E.NOT_FOUND;
        }),
      RegGetKeySecurity: (handle, information, into, size) =>
        this.#with(handle, () => {
          const room = roomOf(into, size);
          view(size).setUint32(0, 6000, true);
          if (room < 6000) return 122;
          into.fill(information & 0xff, 0, 6000);
          return 0;
        }),
      RegFlushKey: (handle) => this.#with(handle, () => 0),
      RegCloseKey: (handle) => (this.#open.delete(handle) ? 0 : E.INVALID_HANDLE),
      NtQueryKey: (handle, _class, into, size) => {
        if (size > into.length) throw new RangeError('NtQueryKey: more than the buffer');
        const key = this.#keyOf(handle);
        if (typeof key === 'number') return STATUS.KEY_DELETED;
        view(into).setUint32(12, key.name.length * 2, true);
        into.set(Buffer.from(key.name, 'utf16le'), 16);
        return 0;
      },
      NtDeleteKey: (handle) => {
        const key = this.#keyOf(handle);
        if (typeof key === 'number') return STATUS.KEY_DELETED;
        if (key.keys.size > 0) return STATUS.CANNOT_DELETE;
        const parent = this.#parentOf(key, this.root);
        if (parent) this.remove(parent, key.name);
        return 0;
      },
      RtlNtStatusToDosError: (status) =>
        status === STATUS.KEY_DELETED ? E.KEY_DELETED : status === STATUS.CANNOT_DELETE ? E.DENIED : status & 0xffff,
    };
  }

  #parentOf(key: FakeKey, under: FakeKey): FakeKey | undefined {
    if (under.keys.get(upcaseName(key.name)) === key) return under;
    for (const child of under.keys.values()) {
      const found = this.#parentOf(key, child);
      if (found) return found;
    }
    return undefined;
  }
}

function put({ type, data }: FakeValue, typeInto: Uint8Array, into: Uint8Array, size: Uint8Array): number {
  const room = roomOf(into, size);
  view(typeInto).setUint32(0, type, true);
  view(size).setUint32(0, data.length, true);
  if (room < data.length) return E.MORE_DATA;
  into.set(data);
  return 0;
}
