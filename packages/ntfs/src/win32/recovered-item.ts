import {
  ArrivingFacts,
  describeStream,
  encodeSpecialFile,
  FileAttribute,
  isRawEncrypted,
  RecoveryError,
  StreamId,
  type BackupStreamHeader,
  type FileEntry,
  type FileKind,
  type FileProblem,
  type FileRecovery,
} from '@winback/core';
import { FactApplier } from './apply-facts.js';
import { BackupWriter } from './backup-writer.js';
import { EncryptedItem } from './encrypted-item.js';
import { Access, CreateOption, Disposition } from './ffi/constants.js';
import type { Handle } from './ffi/declarations.js';
import { Placing, type Place } from './placing.js';
import { failureOf, factError, isThere, recoveryError } from './problems.js';
import type { RecoveryContext } from './recovery-context.js';
import { VolumeCalls } from './volume-calls.js';
import { Win32Error } from './win32-error.js';

/** Streams that mean nothing on another volume, and nothing later. */
const OF_THE_MOMENT = new Set<number>([StreamId.TXFS_DATA]);
const CONTENT = new Set<number>([StreamId.DATA, StreamId.ALTERNATE_DATA, StreamId.SPARSE_BLOCK]);
const HAS_CONTENT = new Set<FileKind>(['file', 'reparse-point']);
/** Others may read and move it, and nobody writes. */
const SHARE_READ_DELETE = 5;

/** One file or folder being recovered. Nothing is made before it is known what it is. */
export class RecoveredItem implements FileRecovery {
  readonly #facts: ArrivingFacts;
  readonly #placing: Placing;
  readonly #problems: FileProblem[] = [];
  #handle: Handle | undefined;
  /** Whether the handle is the folder's own, which closes it. */
  #borrowed = false;
  #writer: BackupWriter | undefined;
  #encrypted: EncryptedItem | undefined;
  #made = false;
  /** What sparse blocks belong to is written. */
  #writing = false;
  /** What comes belongs to the raw form of an encrypted file. */
  #spooling = false;

  constructor(
    entry: FileEntry,
    private readonly context: RecoveryContext,
    private readonly place: Place,
  ) {
    this.#facts = new ArrivingFacts(entry);
    this.#placing = new Placing(context.files, place);
  }

  begin(stream: BackupStreamHeader): 'wanted' | 'unsupported' {
    const fact = this.#facts.begin(stream);
    if (fact !== undefined) return fact;
    this.#writing = false;
    this.#spooling = false;
    if (OF_THE_MOMENT.has(stream.id)) return 'unsupported';
    if (isRawEncrypted(stream) && this.#beginEncrypted()) return 'wanted';
    if (!this.#canHold(stream)) {
      if (stream.id !== StreamId.SPARSE_BLOCK) this.#facts.left.push(describeStream(stream));
      return 'unsupported';
    }
    const isData = stream.id === StreamId.DATA;
    if (isData && stream.length === 0 && !HAS_CONTENT.has(this.#facts.entry.kind)) return 'wanted';
    this.#guard('writing', () => {
      this.#openWriter().begin(stream);
    });
    this.#writing = true;
    return 'wanted';
  }

  write(data: Uint8Array): void {
    if (this.#facts.write(data)) return;
    if (this.#spooling) this.#encrypted?.write(data);
    if (this.#writing) this.#guard('writing', () => this.#writer?.write(data));
  }

  commit(): { readonly problems: readonly FileProblem[]; readonly recoveredAs: string } {
    try {
      this.#facts.end();
      const { entry, linkTo, broken } = this.#facts;
      this.#problems.push(...broken.map((error) => ({ path: this.place.recoveredAs, error, effect: 'incomplete' }) as const));
      const { kind } = entry;
      if (entry.efsMetadata && !(kind === 'directory' && this.context.encryption))
        this.#skip('it is encrypted (EFS), which only a plugin for encrypted files puts back');
      else if (linkTo !== undefined) this.#makeLink(linkTo, entry);
      else if (this.#encrypted) this.#finishEncrypted(this.#encrypted, entry);
      else if (HAS_CONTENT.has(kind)) this.#finishFile(entry);
      else if (kind === 'directory' && !isJunction(entry)) this.#finishFolder(entry);
      else this.#finishSpecial(entry);
      this.#problems.push(...this.#unheldProblem(entry));
    } catch (error) {
      this.abort();
      throw error;
    }
    return { problems: this.#problems, recoveredAs: this.place.recoveredAs };
  }

  abort(): void {
    this.#writer?.abort();
    this.#writer = undefined;
    this.#encrypted?.close();
    this.#encrypted = undefined;
    this.#close();
    if (this.#made) this.#placing.remove();
    this.#made = false;
  }

  #canHold(stream: BackupStreamHeader): boolean {
    if (!CONTENT.has(stream.id) || stream.foreign || this.#facts.entry.efsMetadata || this.#encrypted) return false;
    if (stream.id === StreamId.SPARSE_BLOCK) return this.#writer !== undefined;
    if (stream.id === StreamId.ALTERNATE_DATA) return this.context.capabilities.has('alternate-streams');
    return stream.length === 0 || HAS_CONTENT.has(this.#facts.entry.kind);
  }

  #openWriter(): BackupWriter {
    if (this.#writer) return this.#writer;
    const { entry } = this.#facts;
    if (entry.kind === 'directory') {
      this.#handle = this.place.enter(entry);
      this.#borrowed = true;
    } else this.#openFile(entry);
    this.#writer = new BackupWriter(this.context.files, this.#handle!);
    return this.#writer;
  }

  /** Makes the file; what protects it and how it is stored come first, as far as they are known. */
  #openFile(entry: FileEntry): Handle {
    if (this.#handle !== undefined) return this.#handle;
    const { context, place } = this;
    const isDirectory = (entry.attributes & FileAttribute.DIRECTORY) !== 0;
    const handle = this.#guard('creating it', () =>
      context.files.openIn(place.folder, place.writtenAs, {
        access: context.writeAccess,
        disposition: Disposition.CREATE,
        options: isDirectory ? CreateOption.DIRECTORY_FILE : CreateOption.NON_DIRECTORY_FILE | CreateOption.SEQUENTIAL_ONLY,
        share: SHARE_READ_DELETE,
      }),
    );
    this.#handle = handle;
    this.#made = true;
    const { securityDescriptor, attributes } = entry;
    if (securityDescriptor) failureOf(() => context.facts.setSecurityDescriptor(handle, securityDescriptor, DACL)); // told at the end
    if (attributes & FileAttribute.COMPRESSED && !isDirectory) {
      const applier = this.#applier();
      applier.try('that it is compressed', () => context.facts.compress(handle));
      this.#problems.push(...applier.problems);
    }
    return handle;
  }

  #finishFile(entry: FileEntry): void {
    const handle = this.#openFile(entry);
    this.#guard('writing', () => this.#writer?.finish());
    this.#writer = undefined;
    const applier = this.#applier();
    const { reparseData } = entry;
    if (reparseData) applier.try('its reparse point', () => this.context.facts.setReparseData(handle, reparseData));
    this.#finishMade(handle, entry, applier);
  }

  /** Links, junctions, FIFOs…: a reparse point and no content. */
  #finishSpecial(entry: FileEntry): void {
    const { kind } = entry;
    const special = kind === 'directory' || kind === 'file' || kind === 'reparse-point' ? undefined : kind;
    const data = entry.reparseData ?? (special ? encodeSpecialFile(special, entry.linkTarget) : undefined);
    if (!data || !this.context.capabilities.has('reparse-points')) {
      this.#skip(`this volume has no place for a ${isJunction(entry) ? 'junction' : kind.replace('-', ' ')}`);
      return;
    }
    const handle = this.#openFile(entry);
    const failure = failureOf(() => {
      this.context.facts.setReparseData(handle, data);
    });
    if (failure !== undefined) {
      const { recoveredAs } = this.place;
      const error = factError(failure, `the ${isJunction(entry) ? 'junction' : kind.replace('-', ' ')}`, recoveredAs);
      this.#problems.push({ path: recoveredAs, error, effect: 'skipped' });
      this.abort();
      return;
    }
    this.#finishMade(handle, entry, this.#applier());
  }

  /** Windows can take an encrypted file as it is, unless a part of it was written already. */
  #beginEncrypted(): boolean {
    const { encryption } = this.context;
    if (!encryption || this.#writer || this.#encrypted || this.#facts.entry.kind !== 'file') return false;
    this.#encrypted = new EncryptedItem(encryption, this.place.recoveredAs);
    this.#spooling = true;
    return true;
  }

  /** Windows finds the file by its path: it is made empty first, so that nobody else's is replaced, and opened anew for its facts. */
  #finishEncrypted(encrypted: EncryptedItem, entry: FileEntry): void {
    const { context, place } = this;
    const { files } = context;
    const options = CreateOption.NON_DIRECTORY_FILE;
    const made = this.#guard('creating it', () =>
      files.openIn(place.folder, place.writtenAs, { access: Access.READ_ATTRIBUTES, disposition: Disposition.CREATE, options }),
    );
    this.#made = true;
    let path: string;
    try {
      path = this.#guard('finding it', () => new VolumeCalls(files).finalPath(made));
    } finally {
      files.close(made);
    }
    this.#guard('writing what is encrypted of it', () => {
      encrypted.makeAt(path);
    });
    encrypted.close();
    const handle = this.#guard('opening it for its facts', () =>
      files.openIn(place.folder, place.writtenAs, { access: context.factAccess, options, share: SHARE_READ_DELETE }),
    );
    this.#handle = handle;
    if ((files.information(handle).attributes & FileAttribute.ENCRYPTED) === 0) {
      const message = `${place.recoveredAs}: Windows took what is encrypted of it, but made no encrypted file here`;
      throw new RecoveryError('RECOVERY_IO', message, { path: place.recoveredAs });
    }
    this.#finishMade(handle, entry, this.#applier());
  }

  #finishFolder(entry: FileEntry): void {
    this.place.enter(entry);
    this.#guard('writing', () => this.#writer?.finish());
    this.#writer = undefined;
  }

  /** Sets the facts, puts the file in its place, and then sets what all that changed. */
  #finishMade(handle: Handle, entry: FileEntry, applier: FactApplier): void {
    const { context, place } = this;
    const { files } = context;
    const { shortName } = entry;
    // Opened while we surely may: the file's own security descriptor may forbid it later.
    const isMoved = place.writtenAs !== place.name;
    const mover = isMoved || shortName !== undefined ? this.#guard(PLACING, () => this.#placing.openMover()) : undefined;
    try {
      applier.setFacts(handle, entry, context.withSacl);
      if (mover !== undefined) {
        if (isMoved) this.#guard(PLACING, () => this.#placing.putInPlace(mover));
        if (shortName !== undefined) applier.try(`its short name ${shortName}`, () => context.facts.setShortName(mover, shortName));
      }
      applier.setBasics(handle, entry);
    } finally {
      if (mover !== undefined) files.close(mover);
    }
    this.#close();
    this.#made = false;
    this.#problems.push(...applier.problems);
  }

  #makeLink(linkTo: string, entry: FileEntry): void {
    const { place, context } = this;
    const { handle, kind } = place.source(linkTo);
    try {
      const reparse = (entry.attributes & FileAttribute.REPARSE_POINT) !== 0 || entry.kind !== 'file';
      if (kind === 'directory' || (kind !== 'file' && !reparse)) {
        const message = `${place.recoveredAs}: is a hard link to ${linkTo}, where now a ${kind} stands`;
        throw new RecoveryError('RECOVERY_EXISTS', message, { path: place.recoveredAs });
      }
      this.#guard(`linking it to ${linkTo}`, () => {
        context.files.link(handle, place.folder, place.writtenAs);
      });
    } finally {
      context.files.close(handle);
    }
    this.#made = true;
    if (place.writtenAs !== place.name) {
      this.#guard(PLACING, () => {
        const mover = this.#placing.openMover();
        try {
          this.#placing.putInPlace(mover);
        } finally {
          context.files.close(mover);
        }
      });
      this.#placing.remove(); // still there when both were names of the same file
    }
    this.#made = false;
  }

  #close(): void {
    if (this.#handle !== undefined && !this.#borrowed) this.context.files.close(this.#handle);
    this.#handle = undefined;
  }

  #applier(): FactApplier {
    return new FactApplier(this.context.files, this.context.facts, this.place.recoveredAs);
  }

  #skip(reason: string): void {
    const { recoveredAs: path } = this.place;
    this.abort();
    this.#problems.push({ path, error: new RecoveryError('RECOVERY_FACT', `${path}: ${reason}`, { path }), effect: 'skipped' });
  }

  /** All that a file had and could not be given, as one problem; none when it was given everything. */
  #unheldProblem(entry: FileEntry): FileProblem[] {
    const facts = [...this.#facts.left];
    if (facts.length === 0) return [];
    const path = this.place.recoveredAs;
    const message = `${path}: this volume has no place for ${facts.join(', ')}`;
    const hint = 'Recover to a volume with NTFS to keep them.';
    return [{ path, error: new RecoveryError('RECOVERY_FACT', message, { path: entry.path, facts }, { hint }), effect: 'incomplete' }];
  }

  #guard<T>(doing: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      const { recoveredAs: path } = this.place;
      if (error instanceof Win32Error && isThere(error)) {
        throw new RecoveryError(
          'RECOVERY_EXISTS',
          `${path}: something was put there while it was being recovered`,
          { path },
          { cause: error },
        );
      }
      throw recoveryError(error, doing, path);
    }
  }
}

const DACL = 4;
const PLACING = 'putting it in place';
const NAME_SURROGATE = 0x2000_0000;

/** A folder that stands for another place. */
export function isJunction({ kind, reparseData }: FileEntry): boolean {
  if (kind !== 'directory' || !reparseData || reparseData.length < 4) return false;
  return (new DataView(reparseData.buffer, reparseData.byteOffset).getUint32(0, true) & NAME_SURROGATE) !== 0;
}
