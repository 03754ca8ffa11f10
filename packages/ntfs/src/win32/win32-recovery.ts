import {
  FileAttribute,
  isWinbackError,
  RecoveryError,
  type FileEntry,
  type FileKind,
  type FileProblem,
  type FileRecovery,
  type OverwriteMode,
  type Random,
  type VolumeCapability,
  type VolumeRecovery,
} from '@winback/core';
import { FactApplier } from './apply-facts.js';
import { capabilitiesOf, type VolumeTools } from './capabilities.js';
import { Access, CreateOption, Disposition } from './ffi/constants.js';
import type { Handle } from './ffi/declarations.js';
import { inTheWay, NameHashes, type Level } from './folder-levels.js';
import { failureOf, isGone, isThere, recoveryError, win32Of } from './problems.js';
import type { Place } from './placing.js';
import { isJunction, RecoveredItem } from './recovered-item.js';
import { checkedParts, OpenFolders } from './open-folders.js';
import { RecoveryContext } from './recovery-context.js';
import { VolumeCalls } from './volume-calls.js';
import { Win32Error } from './win32-error.js';
import { nativePath, nativeRoot } from './windows-path.js';

const COPIES = 10_000;
const LEFT_BITS = 1 << 20;

/** Recovers files below one folder, through handles of folders: no path is resolved twice, no reparse point on the way ever followed. */
export class Win32Recovery implements VolumeRecovery {
  readonly converted = 0;
  readonly #context: RecoveryContext;
  readonly #folders: OpenFolders;
  readonly #levels: Level[] = [];
  readonly #problems: FileProblem[] = [];
  /** Folders that were made or left with their recorded facts, a bit for each hash of a file number. */
  readonly #left = new Uint8Array(LEFT_BITS / 8);

  constructor(
    tools: VolumeTools,
    folder: string,
    private readonly mode: OverwriteMode,
    private readonly random: Random,
  ) {
    this.#context = new RecoveryContext(tools);
    this.#folders = new OpenFolders(this.#context.files);
    const native = nativePath(folder)?.native ?? folder;
    const { files } = this.#context;
    try {
      const handle = this.#context.openFolder((access) => files.openPath(native, access, true));
      this.#push('', handle, false);
      const volumes = new VolumeCalls(files);
      const root = volumes.rootOf(volumes.finalPath(handle));
      this.#context.capabilities = capabilitiesOf(volumes, nativeRoot(root), 'recover', tools);
    } catch (error) {
      this[Symbol.dispose]();
      throw recoveryError(error, 'opening the recovery target', folder);
    }
  }

  get capabilities(): ReadonlySet<VolumeCapability> {
    return this.#context.capabilities;
  }

  create(entry: FileEntry): FileRecovery | undefined {
    const parts = checkedParts(entry.path);
    return entry.kind === 'directory' && !isJunction(entry) ? this.#createFolder(entry, parts) : this.#createFile(entry, parts);
  }

  has(path: string): boolean {
    const { files } = this.#context;
    try {
      const { handle, kind } = this.#folders.find(this.#levels[0]!.handle, path);
      files.close(handle);
      return kind !== 'directory';
    } catch (error) {
      if (isWinbackError(error) && error instanceof RecoveryError) return false;
      throw error;
    }
  }

  finish(): readonly FileProblem[] {
    while (this.#levels.length > 1) this.#leave();
    const root = this.#levels[0];
    if (root) this.#applyTo(root, '');
    return this.#problems;
  }

  [Symbol.dispose](): void {
    for (const { handle } of this.#levels) this.#context.files.close(handle);
    this.#levels.length = 0;
  }

  get #current(): Level {
    return this.#levels[this.#levels.length - 1]!;
  }

  #createFolder(entry: FileEntry, parts: readonly string[]): FileRecovery | undefined {
    const item = (): FileRecovery => new RecoveredItem(entry, this.#context, this.#folderPlace(entry.path, parts));
    const name = parts.at(-1);
    if (name === undefined) {
      if (entry.implied || this.mode !== 'overwrite') return undefined;
      this.#goTo(parts);
      return item();
    }
    let made = this.#isOnTheWay(parts) && this.#levels[parts.length]?.made === true;
    if (!this.#isOnTheWay(parts)) {
      this.#goTo(parts.slice(0, -1));
      const found = this.#folders.look(this.#current.handle, name, entry.path);
      if (found !== undefined && found !== 'directory') {
        // One link takes the place of another; it is known for a link only once its reparse point comes.
        if (!(entry.attributes & FileAttribute.REPARSE_POINT) || !isLink(found)) throw inTheWay(entry.path, found);
        return this.mode === 'skip' ? undefined : this.#replacement(entry, parts, name);
      }
      made = found === undefined;
    }
    if (!made && !entry.implied && this.mode !== 'overwrite') return undefined;
    return item();
  }

  #folderPlace(path: string, parts: readonly string[]): Place {
    const enter = (entry: FileEntry): Handle => {
      this.#goTo(parts);
      const level = this.#current;
      if (!entry.implied && (level.made || this.mode === 'overwrite')) level.facts = entry;
      return level.handle;
    };
    // Used only when the item turns out to be no folder, for example a folder that was a link.
    const place = (): Place => {
      this.#goTo(parts.slice(0, -1));
      return this.#filePlace(path, parts, parts.at(-1) ?? '');
    };
    return {
      get folder() {
        return place().folder;
      },
      get name() {
        return place().name;
      },
      get writtenAs() {
        return place().writtenAs;
      },
      recoveredAs: path,
      source: (earlier) => this.#folders.find(this.#levels[0]!.handle, earlier),
      enter,
    };
  }

  #createFile(entry: FileEntry, parts: readonly string[]): FileRecovery | undefined {
    const name = parts.at(-1);
    if (name === undefined) throw new RecoveryError('RECOVERY_ESCAPE', 'a file without a name cannot be recovered', { path: entry.path });
    this.#goTo(parts.slice(0, -1));
    const item = (place: Place): FileRecovery => new RecoveredItem(entry, this.#context, place);
    if (this.#current.names?.isFirst(name)) return item(this.#filePlace(entry.path, parts, name));
    const found = this.#folders.look(this.#current.handle, name, entry.path);
    if (found === undefined) return item(this.#filePlace(entry.path, parts, name));
    const replaceable = isJunction(entry) ? isLink(found) : found !== 'directory' && found !== 'junction';
    if (!replaceable && this.mode !== 'create-copy') throw inTheWay(entry.path, found);
    return this.mode === 'skip' ? undefined : this.#replacement(entry, parts, name);
  }

  /** What takes the place of something, or is put beside it. */
  #replacement(entry: FileEntry, parts: readonly string[], name: string): FileRecovery {
    const item = (place: Place): FileRecovery => new RecoveredItem(entry, this.#context, place);
    if (this.mode === 'create-copy') return item(this.#copyPlace(entry, parts, name));
    if (this.#current.ours) this.#refuseOtherCase(entry.path, name);
    return item(this.#filePlace(entry.path, parts, name, this.#temporaryName()));
  }

  /**
   * In a folder that is being recovered everything else was recovered too: what has the same name but for its case is another file of the
   * backup, for example of a Linux system, and not an older version of this one.
   */
  #refuseOtherCase(path: string, name: string): void {
    const spelled = this.#folders.spellingOf(this.#current.handle, name);
    if (spelled === name || spelled.toUpperCase() !== name.toUpperCase()) return;
    const message = `${path}: ${spelled}, whose name differs in case only, was recovered to the same folder`;
    const hint = 'Recover one of them to another folder, or make the folder case-sensitive first (fsutil file setCaseSensitiveInfo).';
    throw new RecoveryError('RECOVERY_EXISTS', message, { path, found: spelled }, { hint });
  }

  #copyPlace(entry: FileEntry, parts: readonly string[], leaf: string): Place {
    for (let number = 1; number <= COPIES; number++) {
      const copy = number === 1 ? `Copy of ${leaf}` : `Copy (${number}) of ${leaf}`;
      const path = [...parts.slice(0, -1), copy].join('/');
      if (this.#folders.look(this.#current.handle, copy, path) === undefined) return this.#filePlace(path, parts, copy);
    }
    throw new RecoveryError('RECOVERY_EXISTS', `${entry.path}: has ${COPIES} copies already`, { path: entry.path });
  }

  #filePlace(path: string, parts: readonly string[], name: string, writtenAs = name): Place {
    return {
      folder: this.#current.handle,
      name,
      writtenAs,
      recoveredAs: path,
      source: (earlier) => this.#folders.find(this.#levels[0]!.handle, earlier),
      enter: (entry) => this.#folderPlace(path, parts).enter(entry),
    };
  }

  #temporaryName(): string {
    const bytes = new Uint8Array(8);
    this.random.fill(bytes);
    return `.winback-${Buffer.from(bytes).toString('hex')}`;
  }

  #isOnTheWay(parts: readonly string[]): boolean {
    return this.#levels.length > parts.length && parts.every((part, i) => this.#levels[i + 1]?.part === part);
  }

  /** Makes a folder the current one: leaves those that are not on the way to it, and opens or makes those that are. */
  #goTo(parts: readonly string[]): void {
    let common = 0;
    while (common < parts.length && this.#levels[common + 1]?.part === parts[common]) common++;
    while (this.#levels.length > common + 1) this.#leave();
    for (let i = this.#levels.length - 1; i < parts.length; i++) this.#enter(parts, i);
  }

  #enter(parts: readonly string[], index: number): void {
    const { files } = this.#context;
    const part = parts[index]!;
    const path = parts.slice(0, index + 1).join('/');
    const folder = this.#current.handle;
    const open = (disposition: number): Handle =>
      this.#context.openFolder((access) => files.openIn(folder, part, { access, disposition, options: CreateOption.DIRECTORY_FILE }));
    let made = false;
    let handle: Handle;
    try {
      handle = open(Disposition.OPEN);
    } catch (error) {
      const cause = win32Of(error);
      const found = this.#folders.look(folder, part, path);
      if (found !== undefined && found !== 'directory') throw inTheWay(path, found);
      if (found === 'directory' || !isGone(cause)) throw recoveryError(cause, 'opening the folder', path);
      handle = this.#make(path, () => open(Disposition.CREATE));
      made = true;
    }
    const failure = failureOf(() => {
      const kind = this.#folders.kindOf(handle);
      if (kind !== 'directory') throw inTheWay(path, kind);
      this.#push(part, handle, made);
    });
    if (failure === undefined) return;
    files.close(handle);
    throw recoveryError(failure, 'opening the folder', path);
  }

  #make(path: string, action: () => Handle): Handle {
    try {
      return action();
    } catch (error) {
      const cause = win32Of(error);
      if (isThere(cause)) throw inTheWay(path, 'file');
      throw recoveryError(cause, 'making the folder', path);
    }
  }

  #push(part: string, handle: Handle, made: boolean): void {
    const { files } = this.#context;
    const { index: id } = files.information(handle);
    const ours = made || this.#wasLeft(id);
    const times = ours && !made ? { ...files.basicInformation(handle), fileAttributes: 0 } : undefined;
    this.#levels.push({ part, handle, id, made, ours, names: made ? new NameHashes() : undefined, facts: undefined, times });
  }

  /** Sets the facts of the current folder and goes up. */
  #leave(): void {
    const level = this.#current;
    const path = this.#levels
      .slice(1)
      .map(({ part }) => part)
      .join('/');
    this.#applyTo(level, path);
    this.#levels.pop();
    this.#context.files.close(level.handle);
  }

  #applyTo(level: Level, path: string): void {
    const { files, facts, withSacl } = this.#context;
    const entry = level.facts;
    level.facts = undefined;
    const applier = new FactApplier(files, facts, path);
    if (entry) {
      const { shortName, reparseData } = entry;
      if (reparseData) applier.try('its reparse point', () => facts.setReparseData(level.handle, reparseData));
      if (entry.efsMetadata) this.#setEncryption(level, entry.efsMetadata, applier);
      applier.setFacts(level.handle, entry, withSacl);
      if (shortName !== undefined && path !== '') this.#setShortName(level, shortName, applier);
      applier.setBasics(level.handle, entry);
    } else if (level.times) {
      const { times } = level;
      applier.try('its times', () => files.setBasicInformation(level.handle, times));
    }
    if (entry ?? level.made) this.#markLeft(level.id);
    this.#problems.push(...applier.problems);
  }

  /** Set when all is in the folder: what is put into it afterwards Windows encrypts. */
  #setEncryption({ handle }: Level, metadata: Uint8Array, applier: FactApplier): void {
    const { encryption, files } = this.#context;
    applier.try('that it encrypts what is put into it', () => {
      const failure = encryption?.writeFolder(new VolumeCalls(files).finalPath(handle), metadata);
      if (failure) throw new Win32Error(failure.call, failure.error);
    });
  }

  #setShortName({ handle }: Level, shortName: string, applier: FactApplier): void {
    const { files, facts } = this.#context;
    applier.try(`its short name ${shortName}`, () => {
      const mover = files.openIn(handle, '', { access: Access.DELETE });
      try {
        facts.setShortName(mover, shortName);
      } finally {
        files.close(mover);
      }
    });
  }

  #markLeft(id: bigint): void {
    const bit = bitOf(id);
    this.#left[bit >>> 3]! |= 1 << (bit & 7);
  }

  /** When in doubt yes: then a folder that was there before keeps its times, which does no harm. */
  #wasLeft(id: bigint): boolean {
    const bit = bitOf(id);
    return (this.#left[bit >>> 3]! & (1 << (bit & 7))) !== 0;
  }
}

const isLink = (found: FileKind | 'junction'): boolean => found === 'junction' || found === 'symbolic-link';

const bitOf = (id: bigint): number => Number((id ^ (id >> 20n) ^ (id >> 40n)) & BigInt(LEFT_BITS - 1));
