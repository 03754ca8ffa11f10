import type { Handle } from '../ffi/declarations.js';
import { addressOf } from '../ffi/load.js';
import { KeyAccess, KeyInformationClass, type RegistryApi } from '../ffi/registry.js';
import { KeyBasicInformation, SecurityAttributes } from '../layouts/registry.layout.js';
import { narrow, wide } from '../wide-text.js';
import { errorNumber, Win32Error } from '../win32-error.js';

const NOT_FOUND = errorNumber('ERROR_FILE_NOT_FOUND');
const NO_MORE_ITEMS = 259;
const TOO_SMALL: ReadonlySet<number> = new Set([errorNumber('ERROR_MORE_DATA'), errorNumber('ERROR_INSUFFICIENT_BUFFER')]);
/** Bytes: names of values have 16,383 characters at most, those of keys 255. */
const NAME_BYTES = 0x8000;
const FIRST_BYTES = 0x1000;
/** More than any value, class or security descriptor has. */
const MOST_BYTES = 0x7fff_ffff;
/** What stands before and after the data of a value that is set. */
const PAD = 4;

// Where in the scratch memory the small answers stand.
const [AT_LENGTH, AT_TYPE, AT_TIME, AT_SIZE] = [0, 4, 8, 16];

export interface NewKey {
  readonly className?: string | undefined;
  readonly securityDescriptor?: Uint8Array | undefined;
}

/** Data of a value; `size` bytes of a buffer that is nobody else's. */
export interface ValueData {
  readonly type: number;
  readonly data: Uint8Array;
}

/** A SECURITY_ATTRIBUTES with the descriptor behind it, in memory that stays where it is while it is referred to. */
export function securityAttributes(descriptor: Uint8Array): Uint8Array {
  const all = new Uint8Array(Math.max(SecurityAttributes.size + descriptor.length, FIRST_BYTES));
  const address = addressOf(all) + BigInt(SecurityAttributes.size);
  SecurityAttributes.encodeInto(all, 0, SecurityAttributes.create({ length: SecurityAttributes.size, securityDescriptor: address }));
  all.set(descriptor, SecurityAttributes.size);
  return all;
}

type Ask = (into: Uint8Array, size: Uint8Array) => number;

/**
 * Windows' calls for keys and values, one by one, with buffers that grow while an answer does not fit: what is asked for may grow
 * meanwhile. Every call throws a {@link Win32Error} when Windows answers with an error.
 */
export class RegistryCalls {
  readonly #names = new Uint8Array(NAME_BYTES);
  readonly #buffer = new Uint8Array(FIRST_BYTES);
  readonly #small = new Uint8Array(0x100);
  readonly #view = new DataView(this.#small.buffer);

  constructor(private readonly api: RegistryApi) {}

  /** `path`: from the open key `parent`, of few enough names for one call. */
  open(parent: Handle, path: string, options: number, access: number): Handle {
    const { api } = this;
    this.#check('RegOpenKeyExW', api.RegOpenKeyExW(parent, wide(path), options, access | KeyAccess.WOW64_64KEY, this.#small));
    return this.#handle();
  }

  /** Opens or makes a key, and those on the way to it; `facts` and `options` are for one that is made. */
  create(parent: Handle, path: string, access: number, { className, securityDescriptor }: NewKey = {}, options = 0): Handle {
    const name = className === undefined ? null : wide(className);
    const security = securityDescriptor === undefined ? null : securityAttributes(securityDescriptor);
    const rights = access | KeyAccess.WOW64_64KEY;
    const error = this.api.RegCreateKeyExW(parent, wide(path), 0, name, options, rights, security, this.#small, null);
    this.#check('RegCreateKeyExW', error);
    return this.#handle();
  }

  close(key: Handle): void {
    this.api.RegCloseKey(key);
  }

  /** `lastWrite` is a FILETIME. */
  information(key: Handle): { readonly className: string; readonly lastWrite: bigint } {
    const none = null;
    const time = this.#small.subarray(AT_TIME);
    const ask = (into: Uint8Array, length: Uint8Array): number =>
      this.api.RegQueryInfoKeyW(key, into, length, none, none, none, none, none, none, none, none, time);
    const characters = this.#whole('RegQueryInfoKeyW', ask, { unit: 2 });
    return { className: narrow(characters, 0, characters.length), lastWrite: this.#view.getBigUint64(AT_TIME, true) };
  }

  /** As the key itself spells its name. */
  name(key: Handle): string {
    const needed = this.#small.subarray(AT_LENGTH);
    const status = this.api.NtQueryKey(key, KeyInformationClass.BASIC, this.#names, NAME_BYTES, needed);
    this.#checkStatus('NtQueryKey', status);
    const { nameLength } = KeyBasicInformation.decode(this.#names);
    return narrow(this.#names, KeyBasicInformation.size, Math.min(nameLength, NAME_BYTES - KeyBasicInformation.size));
  }

  /** Undefined: there are no more. */
  subkeyAt(key: Handle, index: number): string | undefined {
    this.#view.setUint32(AT_LENGTH, NAME_BYTES / 2, true);
    const error = this.api.RegEnumKeyExW(key, index, this.#names, this.#small, null, null, null, null);
    if (error === NO_MORE_ITEMS) return undefined;
    this.#check('RegEnumKeyExW', error);
    return this.#foundName();
  }

  /** Undefined: there are no more. */
  valueNameAt(key: Handle, index: number): string | undefined {
    this.#view.setUint32(AT_LENGTH, NAME_BYTES / 2, true);
    const error = this.api.RegEnumValueW(key, index, this.#names, this.#small, null, null, null, null);
    if (error === NO_MORE_ITEMS) return undefined;
    this.#check('RegEnumValueW', error);
    return this.#foundName();
  }

  /** Undefined: there are no more. */
  valueAt(key: Handle, index: number): (ValueData & { readonly name: string }) | undefined {
    const [nameLength, type] = [this.#small.subarray(AT_LENGTH), this.#small.subarray(AT_TYPE)];
    const ask = (into: Uint8Array, size: Uint8Array): number => {
      this.#view.setUint32(AT_LENGTH, NAME_BYTES / 2, true);
      return this.api.RegEnumValueW(key, index, this.#names, nameLength, null, type, into, size);
    };
    const data = this.#whole('RegEnumValueW', ask, { none: NO_MORE_ITEMS });
    return data && { name: this.#foundName(), type: this.#view.getUint32(AT_TYPE, true), data };
  }

  /** Undefined: there is none of that name. */
  value(key: Handle, name: string): ValueData | undefined {
    const type = this.#small.subarray(AT_TYPE);
    const ask = (into: Uint8Array, size: Uint8Array): number => this.api.RegQueryValueExW(key, wide(name), null, type, into, size);
    const data = this.#whole('RegQueryValueExW', ask, { none: NOT_FOUND });
    return data && { type: this.#view.getUint32(AT_TYPE, true), data };
  }

  /**
   * RegSetValueExW looks at the characters round the end of strings, and takes a NUL that stands behind them for theirs: the data stands
   * between bytes that are none.
   */
  setValue(key: Handle, name: string, type: number, data: Uint8Array): void {
    const padded = new Uint8Array(data.length + 2 * PAD).fill(0xff, PAD + data.length);
    padded.set(data, PAD);
    this.#check('RegSetValueExW', this.api.RegSetValueExW(key, wide(name), 0, type, padded.subarray(PAD), data.length));
  }

  /** False: there was none. */
  deleteValue(key: Handle, name: string): boolean {
    const error = this.api.RegDeleteValueW(key, wide(name));
    if (error === NOT_FOUND) return false;
    this.#check('RegDeleteValueW', error);
    return true;
  }

  /** Deletes an open key that has none below it, a link itself. */
  deleteKey(key: Handle): void {
    this.#checkStatus('NtDeleteKey', this.api.NtDeleteKey(key));
  }

  /** Self-relative; `parts` are SecurityInformation flags. */
  securityDescriptor(key: Handle, parts: number): Uint8Array {
    return this.#whole('RegGetKeySecurity', (into, size) => this.api.RegGetKeySecurity(key, parts, into, size));
  }

  flush(key: Handle): void {
    this.#check('RegFlushKey', this.api.RegFlushKey(key));
  }

  /**
   * A copy of the whole answer of a call that is told the size of its buffer, and answers how much there is, in units of `unit` bytes.
   * `none`: the error that says that there is nothing.
   */
  #whole(call: string, ask: Ask, options?: { readonly unit: 2 }): Uint8Array;
  #whole(call: string, ask: Ask, options: { readonly none: number }): Uint8Array | undefined;
  #whole(call: string, ask: Ask, { unit = 1, none }: { readonly unit?: number; readonly none?: number } = {}): Uint8Array | undefined {
    const size = this.#small.subarray(AT_SIZE);
    for (let into = this.#buffer; ;) {
      this.#view.setUint32(AT_SIZE, into.length / unit, true);
      const error = ask(into, size);
      if (error === none) return undefined;
      const there = this.#view.getUint32(AT_SIZE, true) * unit;
      if (error === 0) return into.slice(0, Math.min(there, into.length));
      const next = Math.max(there, into.length * 2);
      if (!TOO_SMALL.has(error) || next > MOST_BYTES) throw new Win32Error(call, error);
      into = new Uint8Array(next);
    }
  }

  #foundName(): string {
    return narrow(this.#names, 0, Math.min(this.#view.getUint32(AT_LENGTH, true) * 2, NAME_BYTES));
  }

  #handle(): Handle {
    return Number(this.#view.getBigInt64(0, true));
  }

  #check(call: string, error: number): void {
    if (error !== 0) throw new Win32Error(call, error);
  }

  #checkStatus(call: string, status: number): void {
    if (status >= 0x8000_0000) throw new Win32Error(call, this.api.RtlNtStatusToDosError(status));
  }
}
