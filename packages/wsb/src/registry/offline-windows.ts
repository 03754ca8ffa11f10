import { decodeString, HiveFile, isWinbackError, MachineHives, type Environment, type HiveStore } from '@winback/core';
import { findIgnoringCase } from './windows-files.js';

/** Where Windows installs itself on its volume; Windows 2000 and NT call the folder WINNT. */
const WINDOWS_FOLDERS = ['Windows', 'WINNT'];
const HIVES = ['System32', 'config'];

/** A Windows that is not running: its hives, read from the volume that it is installed on. */
export class OfflineWindows implements Disposable {
  readonly system: MachineHives;
  readonly software: MachineHives | undefined;
  /** The letter that it gives its own volume: `C:`. */
  readonly systemDrive: string;
  readonly #systemRoot: string;
  readonly #stores: HiveStore[] = [];

  private constructor(systemHive: string, softwareHive: string | undefined) {
    try {
      this.system = new MachineHives(this.#open(systemHive), 'SYSTEM');
      this.software =
        softwareHive === undefined ? undefined : unlessUnreadable(() => new MachineHives(this.#open(softwareHive), 'SOFTWARE'));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    this.#systemRoot = this.#software(CURRENT_VERSION_NT, 'SystemRoot') ?? 'C:\\Windows';
    this.systemDrive = /^[a-z]:/i.exec(this.#systemRoot)?.[0].toUpperCase() ?? 'C:';
  }

  /**
   * The Windows that is installed on a volume; undefined: there is none.
   * @param root where the volume, or a copy of it, is mounted
   * @throws REGISTRY_*, FORMAT_* when its SYSTEM hive cannot be read
   */
  static on(root: string): OfflineWindows | undefined {
    for (const folder of WINDOWS_FOLDERS) {
      const system = findIgnoringCase(root, [folder, ...HIVES, 'SYSTEM']);
      if (system !== undefined) return new OfflineWindows(system, findIgnoringCase(root, [folder, ...HIVES, 'SOFTWARE']));
    }
    return undefined;
  }

  /** Variables as its services have them. @throws REGISTRY_DAMAGED, REGISTRY_IO */
  environment(): Environment {
    const systemRoot = this.#systemRoot;
    const usual = (folder: string): string | undefined => (this.software ? undefined : `%SystemDrive%\\${folder}`);
    const data = this.#software(PROFILE_LIST, 'ProgramData') ?? usual('ProgramData');
    const folders: Record<string, string | undefined> = {
      SystemDrive: this.systemDrive,
      SystemRoot: systemRoot,
      windir: systemRoot,
      USERPROFILE: `${systemRoot}\\system32\\config\\systemprofile`,
      ProgramFiles: this.#software(CURRENT_VERSION, 'ProgramFilesDir') ?? usual('Program Files'),
      'ProgramFiles(x86)': this.#software(CURRENT_VERSION, 'ProgramFilesDir (x86)'),
      CommonProgramFiles: this.#software(CURRENT_VERSION, 'CommonFilesDir'),
      ProgramData: data,
      ALLUSERSPROFILE: data,
      PUBLIC: this.#software(PROFILE_LIST, 'Public'),
    };
    const path = this.system.path('SYSTEM', ENVIRONMENT);
    const own = path === undefined ? undefined : this.system.store.key(path);
    for (const { name, data } of own?.values() ?? []) folders[name] = decodeString(data);
    const known = new Map(Object.entries(folders).map(([name, value]) => [name.toUpperCase(), value]));
    return Object.fromEntries(Object.entries(folders).map(([name, value]) => [name, value && expanded(value, known)]));
  }

  /** What is wrong with its SYSTEM hive as a whole: its last write was not finished, and no log has the rest. */
  get notes(): readonly string[] {
    return this.#stores[0]?.notes ?? [];
  }

  [Symbol.dispose](): void {
    for (const store of this.#stores) store[Symbol.dispose]();
  }

  #open(path: string): HiveStore {
    const store = HiveFile.open(path);
    this.#stores.push(store);
    return store;
  }

  #software(key: string, name: string): string | undefined {
    const value = unlessUnreadable(() => this.software?.store.key(key)?.value(name));
    const text = value && decodeString(value.data);
    return text === '' ? undefined : text;
  }
}

/** Without its SOFTWARE hive the folders of a Windows are taken for those that most have. */
function unlessUnreadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return undefined;
  }
}

const CURRENT_VERSION = 'Microsoft\\Windows\\CurrentVersion';
const CURRENT_VERSION_NT = 'Microsoft\\Windows NT\\CurrentVersion';
const PROFILE_LIST = `${CURRENT_VERSION_NT}\\ProfileList`;
const ENVIRONMENT = 'CurrentControlSet\\Control\\Session Manager\\Environment';
/** `%TEMP%` is `%SystemRoot%\TEMP`, which is `%SystemDrive%\…` at worst; more is a circle. */
const DEPTH = 4;
/** No path is longer, in UTF-16 units. What would be is as good as not set: variables may repeat one another until no memory holds them. */
const LENGTH_MAX = 32_767;

function expanded(text: string, variables: ReadonlyMap<string, string | undefined>): string | undefined {
  let result = text;
  let length = text.length;
  for (let i = 0; i < DEPTH && result.includes('%') && length <= LENGTH_MAX; i++) {
    result = result.replace(/%([^%\\]+)%/g, (whole, name: string) => {
      const value = variables.get(name.toUpperCase()) ?? whole;
      length += value.length - whole.length;
      return length > LENGTH_MAX ? '' : value;
    });
  }
  return length > LENGTH_MAX ? undefined : result;
}
