import {
  EfsError,
  FileAttribute,
  isEfsMetadata,
  isFactStream,
  isRawEncrypted,
  isWinbackError,
  RecoveryError,
  StreamId,
  type BackupStreamHeader,
  type ConvertedFile,
  type FileEntry,
  type FileProblem,
  type HandledRecovery,
  type MaybePromise,
  type StoredStreams,
  type VolumeCapability,
  type WinbackError,
} from '@winback/core';
import { itemsOfRaw, itemsOfVolume } from '../content/forms.js';
import { decryptItems } from '../content/decrypt.js';
import type { Item, Items } from '../content/item.js';
import { plainStreams } from '../content/plain-streams.js';
import { ProducedStreams } from '../content/produced-streams.js';
import { volumeStreams, type StreamPart } from '../content/volume-writer.js';
import { Produced, settle, wait, type Steps } from '../flow/steps.js';
import type { EfsKey } from '../keys/efs-key.js';
import { unlock, type Unlocked } from '../keys/unlock.js';
import { decodeEfsMetadata } from '../metadata/efs-metadata.js';
import { RAW_SUFFIX } from './raw-suffix.js';
import { ReplayedStreams } from './replayed-streams.js';

/** st_mode of an ordinary file that its owner alone may read and write. */
const PRIVATE_FILE = 0o100600;
/** Facts that are held while it is not yet known what becomes of a file. */
const SMALL = 1 << 20;

/** Gives encrypted files back: decrypted where a key is given, as they were where the volume can, else in the raw format. */
export class EfsRecovery implements HandledRecovery {
  /** Certificates that were warned of. */
  readonly #warned = new Set<string>();

  constructor(
    private readonly keys: readonly EfsKey[],
    /** Milliseconds since 1970. */
    private readonly now: () => number,
  ) {}

  convert(entry: FileEntry, streams: StoredStreams, capabilities: ReadonlySet<VolumeCapability>): MaybePromise<ConvertedFile | undefined> {
    if (entry.kind !== 'file' || entry.linkTo !== undefined) return undefined;
    return settle(this.#convert(entry, streams, capabilities));
  }

  *#convert(entry: FileEntry, streams: StoredStreams, capabilities: ReadonlySet<VolumeCapability>): Steps<never, ConvertedFile> {
    const replayed = new ReplayedStreams(streams);
    const isWanted = (header: BackupStreamHeader): boolean => isRawEncrypted(header) || isEfsMetadata(header);
    const found = yield* replayed.find(isWanted, (header) => isFactStream(header) && header.length <= SMALL);
    if (!found) return { entry, streams: replayed, problems: [] };
    const problems: FileProblem[] = [];
    if (isRawEncrypted(found)) return yield* this.#fromRaw(entry, replayed, found, capabilities, problems);
    if (this.keys.length === 0) return { entry, streams: replayed, problems };
    return yield* this.#fromVolumeForm(entry, replayed, capabilities, problems);
  }

  *#fromRaw(
    entry: FileEntry,
    replayed: ReplayedStreams,
    found: BackupStreamHeader,
    capabilities: ReadonlySet<VolumeCapability>,
    problems: FileProblem[],
  ): Steps<never, ConvertedFile> {
    const items = itemsOfRaw((into) => replayed.read(into));
    let metadata: Item | undefined;
    try {
      metadata = yield* wait(items.next());
    } catch (error) {
      if (!isWinbackError(error) || !error.code.startsWith('FORMAT_')) throw error;
      const message = `${entry.path}: its raw form is damaged: ${error.message}`;
      problems.push(problem(entry, new RecoveryError('RECOVERY_DAMAGED', message, { path: entry.path }, { cause: error })));
      return verbatim(entry, replayed, found, problems);
    }
    const all = new Produced(startingWith(metadata, items));
    const unlocked = this.#unlock(entry, metadata, problems);
    if (!unlocked && capabilities.has('raw-encrypted-files')) return { entry, streams: replayed, problems };
    if (!unlocked && !capabilities.has('encrypted-files')) {
      problems.push(problem(entry, keptRaw(entry)));
      return verbatim(entry, replayed, found, problems);
    }
    const held = replayed.takeHeld();
    replayed.keepNothing();
    const content = unlocked ? decryptedParts(all, unlocked, missingIn(entry, problems)) : volumeStreams(all, missingIn(entry, problems));
    return {
      entry: unlocked ? plainEntry(entry, capabilities) : entry,
      streams: new ProducedStreams(inOrder(heldParts(held), content, passOn(replayed))),
      problems,
    };
  }

  *#fromVolumeForm(
    entry: FileEntry,
    replayed: ReplayedStreams,
    capabilities: ReadonlySet<VolumeCapability>,
    problems: FileProblem[],
  ): Steps<never, ConvertedFile> {
    const held = replayed.takeHeld();
    const others: StreamPart[] = [];
    const items = itemsOfVolume(replayed, { other: (header, bytes) => others.push({ header }, { bytes }) });
    const metadata = yield* wait(items.next());
    const all = new Produced(startingWith(metadata, items));
    const unlocked = this.#unlock(entry, metadata, problems);
    const content = unlocked ? decryptedParts(all, unlocked, missingIn(entry, problems)) : volumeStreams(all, missingIn(entry, problems));
    return {
      entry: unlocked ? plainEntry(entry, capabilities) : entry,
      streams: new ProducedStreams(inOrder(heldParts(held), content, others)),
      problems,
    };
  }

  /** Undefined without keys, or where none fits, which is a problem. */
  #unlock(entry: FileEntry, metadata: Item | undefined, problems: FileProblem[]): Unlocked | undefined {
    if (this.keys.length === 0 || metadata?.type !== 'metadata') return undefined;
    try {
      const unlocked = unlock(decodeEfsMetadata(metadata.bytes), this.keys, this.now());
      for (const warning of unlocked.warnings) {
        if (this.#warned.has(warning)) continue;
        this.#warned.add(warning);
        problems.push({ ...problem(entry, new RecoveryError('RECOVERY_FACT', `${entry.path}: ${warning}`)), effect: 'note' });
      }
      return unlocked;
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      const message = `${entry.path}: not decrypted: ${error.message}`;
      const code = error instanceof EfsError ? error.code : 'EFS_UNSUPPORTED';
      problems.push(
        problem(entry, new EfsError(code, message, { path: entry.path, ...error.details }, { hint: error.hint, cause: error })),
      );
      return undefined;
    }
  }
}

const problem = (entry: FileEntry, error: WinbackError): FileProblem => ({ path: entry.path, error, effect: 'incomplete' });

const keptRaw = ({ path }: FileEntry): RecoveryError =>
  new RecoveryError(
    'RECOVERY_FACT',
    `${path}: is encrypted (EFS), which this place has no room for: it was recovered in the raw format, as ${path}${RAW_SUFFIX}`,
    { path, recoveredAs: `${path}${RAW_SUFFIX}` },
    { hint: 'Give a key with --efs-key to recover it decrypted, or bring it to NTFS with winback efs import.' },
  );

const missingIn =
  ({ path }: FileEntry, problems: FileProblem[]) =>
  (stream: string, begin: number, end: number, reason: Error): void => {
    const what = stream === '::$DATA' ? '' : ` of the stream ${stream}`;
    const where = end > begin ? `bytes ${begin} to ${end - 1}${what} are missing` : `what follows byte ${begin}${what} may not be whole`;
    const error = new RecoveryError(
      'RECOVERY_DAMAGED',
      `${path}: ${where}: ${reason.message}`,
      { path, stream, begin, end },
      { cause: reason },
    );
    problems.push({ path, error, effect: 'incomplete' });
  };

const withoutEncryption = (attributes: number, more = 0): number => {
  const left = attributes & ~(FileAttribute.ENCRYPTED | more);
  return left === 0 ? FileAttribute.NORMAL : left;
};

/** The file as one that is not encrypted. */
function plainEntry(entry: FileEntry, capabilities: ReadonlySet<VolumeCapability>): FileEntry {
  const plain = { ...entry, attributes: withoutEncryption(entry.attributes), efsMetadata: undefined };
  // What only few could read is not laid open to everybody where its security descriptor means nothing.
  const isLaidOpen = capabilities.has('posix') && !capabilities.has('security-descriptors') && !entry.posix;
  return isLaidOpen
    ? { ...plain, posix: { userId: process.geteuid?.() ?? 0, groupId: process.getegid?.() ?? 0, mode: PRIVATE_FILE } }
    : plain;
}

/** The file as it is in the backup, in a file of its own. */
function verbatim(entry: FileEntry, replayed: ReplayedStreams, { length }: BackupStreamHeader, problems: FileProblem[]): ConvertedFile {
  const attributes = withoutEncryption(entry.attributes, FileAttribute.SPARSE_FILE);
  return {
    entry: { ...entry, path: `${entry.path}${RAW_SUFFIX}`, shortName: undefined, efsMetadata: undefined, attributes, size: length },
    streams: {
      next: () => settle(renamed(replayed)),
      readInto: (buffer) => replayed.readInto(buffer),
    },
    problems,
  };
}

function* renamed(replayed: ReplayedStreams): Steps<never, BackupStreamHeader | undefined> {
  const header = yield* wait(replayed.next());
  return header && isRawEncrypted(header) ? { id: StreamId.DATA, attributes: 0, length: header.length } : header;
}

function* startingWith(first: Item | undefined, items: Items): Steps<Item> {
  if (first) yield first;
  for (let item = yield* wait(items.next()); item; item = yield* wait(items.next())) yield item;
}

/** The metadata was looked at already, and its key is known. */
const decryptedParts = (items: Items, { fileKey }: Unlocked, onMissing: ReturnType<typeof missingIn>): Steps<StreamPart> =>
  plainStreams(new Produced(decryptItems(items, () => fileKey)), onMissing);

function* heldParts(held: ReturnType<ReplayedStreams['takeHeld']>): Steps<StreamPart> {
  for (const { header, data } of held) {
    yield { header };
    yield { bytes: data };
  }
}

/** Streams that come behind, as they are. */
function* passOn(streams: StoredStreams): Steps<StreamPart> {
  const buffer = new Uint8Array(256 * 1024);
  for (let header = yield* wait(streams.next()); header; header = yield* wait(streams.next())) {
    yield { header };
    for (let n = yield* wait(streams.readInto(buffer)); n > 0; n = yield* wait(streams.readInto(buffer)))
      yield { bytes: buffer.subarray(0, n) };
  }
}

function* inOrder(...parts: readonly (Steps<StreamPart> | Iterable<StreamPart>)[]): Steps<StreamPart> {
  for (const part of parts) yield* part;
}
