import type { Handle } from '../ffi/declarations.js';
import { KeyAccess, KeyOption } from '../ffi/registry.js';
import type { BackupPrivilege } from '../privileges.js';
import type { NewKey, RegistryCalls } from './registry-calls.js';
import { pathPieces, type KeyPlace } from './key-place.js';
import { isDenied, isGone } from './registry-problems.js';

/** Keys opened for as long as something is done with them, and closed whatever comes of it. */
export class KeyHandles {
  constructor(
    readonly calls: RegistryCalls,
    /** Privileges that are enabled in this process. */
    readonly privileges: ReadonlySet<BackupPrivilege>,
  ) {}

  /**
   * Runs `body` with a key open for reading; undefined where there is none (any more). What its permissions forbid is opened with the
   * rights of backup programs, where the account has them.
   * @throws Win32Error
   */
  reading<T>(place: KeyPlace, body: (key: Handle) => T): T | undefined {
    return this.#withKey(place, (parent, path) => this.#openReading(parent, path, KeyAccess.READ), body);
  }

  /**
   * As {@link reading}, with the right to read the SACL where the account may; `body` is told whether it may.
   * @throws Win32Error
   */
  readingSecurity<T>(place: KeyPlace, body: (key: Handle, withSacl: boolean) => T): T | undefined {
    let withSacl = this.privileges.has('SeSecurityPrivilege');
    const open = (parent: Handle, path: string): Handle => {
      try {
        if (withSacl) return this.calls.open(parent, path, 0, KeyAccess.READ | ACCESS_SYSTEM_SECURITY);
      } catch (error) {
        if (!isDenied(error)) throw error;
        withSacl = false;
      }
      return this.#openReading(parent, path, KeyAccess.READ);
    };
    if (place.names.length === 0) withSacl = false; // it is open already, without that right
    return this.#withKey(place, open, (key) => body(key, withSacl));
  }

  /**
   * Runs `body` with a key open for `access`, by the ordinary rules: permissions hold. `link`: a link itself, instead of where it leads.
   * Undefined where there is no such key.
   * @throws Win32Error
   */
  changing<T>(place: KeyPlace, access: number, body: (key: Handle) => T, link = false): T | undefined {
    return this.#withKey(place, (parent, path) => this.calls.open(parent, path, link ? KeyOption.OPEN_LINK : 0, access), body);
  }

  /**
   * Runs `body` with a key that is made where it is missing, with those above it; `facts` are for that key alone.
   * @throws Win32Error
   */
  making<T>(place: KeyPlace, access: number, facts: NewKey, body: (key: Handle) => T): T {
    const { names } = place;
    const plain = facts.className === undefined && facts.securityDescriptor === undefined;
    const pieces = plain ? [...pathPieces(names)] : [...pathPieces(names.slice(0, -1)), ...names.slice(-1)];
    return this.#along(
      place.root,
      pieces,
      (parent, path, last) => this.#openOrMake(parent, path, last ? access : KeyAccess.QUERY_VALUE, last ? facts : {}),
      body,
    );
  }

  #withKey<T>(place: KeyPlace, open: (parent: Handle, path: string) => Handle, body: (key: Handle) => T): T | undefined {
    try {
      const step = (parent: Handle, path: string, last: boolean): Handle =>
        last ? open(parent, path) : this.#openReading(parent, path, KeyAccess.QUERY_VALUE);
      return this.#along(place.root, [...pathPieces(place.names)], step, body);
    } catch (error) {
      if (!isGone(error)) throw error;
      return undefined;
    }
  }

  /** Opens one piece of a path from the other. Root keys are open, and stay so. */
  #along<T>(
    root: Handle,
    pieces: readonly string[],
    open: (parent: Handle, path: string, last: boolean) => Handle,
    body: (key: Handle) => T,
  ): T {
    let key = root;
    try {
      for (const [i, piece] of pieces.entries()) {
        const next = open(key, piece, i === pieces.length - 1);
        if (key !== root) this.calls.close(key);
        key = next;
      }
      return body(key);
    } finally {
      if (key !== root) this.calls.close(key);
    }
  }

  /** Opened first: making one that is there takes its class name away under Wine. */
  #openOrMake(parent: Handle, path: string, access: number, facts: NewKey): Handle {
    try {
      return this.calls.open(parent, path, 0, access);
    } catch (error) {
      if (!isGone(error)) throw error;
      return this.calls.create(parent, path, access, facts);
    }
  }

  #openReading(parent: Handle, path: string, access: number): Handle {
    try {
      return this.calls.open(parent, path, 0, access);
    } catch (error) {
      if (!isDenied(error) || !this.privileges.has('SeBackupPrivilege')) throw error;
      return this.calls.open(parent, path, KeyOption.BACKUP_RESTORE, access);
    }
  }
}

const ACCESS_SYSTEM_SECURITY = 0x100_0000;
