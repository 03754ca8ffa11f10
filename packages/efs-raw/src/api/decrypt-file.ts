import { EfsError } from '@winback/core';
import { decrypted } from '../content/forms.js';
import { MAIN_STREAM, type Item } from '../content/item.js';
import type { EfsKey } from '../keys/efs-key.js';
import { unlock, type Unlocked } from '../keys/unlock.js';
import { decodeEfsMetadata } from '../metadata/efs-metadata.js';
import type { EncryptedSource } from './encrypted-source.js';
import { decryptInParallel, stretchOf } from '../parallel/parallel-decrypt.js';
import { SEGMENT } from '../parallel/stretch.js';
import { openRest } from './encrypted-source.js';
import { OutputFile } from './output-file.js';

export interface DecryptOptions {
  /** `::$DATA`, or `:name:$DATA` of an alternate stream. Default the unnamed one. */
  readonly stream?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Asked now and then; throws to stop. */
  readonly check?: (() => Promise<void>) | undefined;
}

export interface Decrypted {
  readonly bytes: number;
  readonly unlocked: Unlocked;
  /** Of the stream that was wanted; they are zeros in the result. */
  readonly missing: readonly { readonly begin: number; readonly end: number; readonly reason: string }[];
  /** Names of streams that were not written. */
  readonly otherStreams: readonly string[];
}

/** Takes the bytes of a plain file. */
export interface PlainSink {
  write(bytes: Uint8Array, position: number): void | Promise<void>;
}

/** How often {@link DecryptOptions.check} is asked: after so many pieces. */
const PATIENCE = 32;

/**
 * Decrypts one stream of a file into a sink.
 * @throws EFS_NO_KEY, EFS_KEY_WRONG, EFS_UNSUPPORTED, EFS_IO, SOURCE_*, FORMAT_*
 */
export async function decryptTo(
  source: EncryptedSource,
  keys: readonly EfsKey[],
  sink: PlainSink,
  options: DecryptOptions,
): Promise<Decrypted> {
  const wanted = options.stream ?? MAIN_STREAM;
  let unlocked: Unlocked | undefined;
  const items = decrypted(source.items, (metadata) => {
    unlocked = unlock(decodeEfsMetadata(metadata), keys, options.now);
    return unlocked.fileKey;
  });
  const missing: { begin: number; end: number; reason: string }[] = [];
  const otherStreams: string[] = [];
  let size: number | undefined;
  let isWanted = false;
  let count = 0;
  for (let next = items.next(), item: Item | undefined; ; next = items.next()) {
    item = next instanceof Promise ? await next : next;
    if (!item) break;
    if (item.type === 'stream') {
      isWanted = item.name === wanted;
      if (!isWanted) otherStreams.push(item.name);
    } else if (!isWanted) continue;
    else if (item.type === 'run' && item.data) {
      const writing = sink.write(item.data, item.offset);
      if (writing) await writing;
    } else if (item.type === 'missing') missing.push({ begin: item.begin, end: item.end, reason: item.reason.message });
    else if (item.type === 'end') size = item.size;
    if (++count % PATIENCE === 0) await options.check?.();
  }
  const { path } = source;
  for (const { offset, message } of source.faults) missing.push({ begin: offset, end: offset, reason: message });
  if (!unlocked || size === undefined) {
    const there = otherStreams.length > 0 ? `It has: ${otherStreams.join(', ')}.` : undefined;
    throw new EfsError('EFS_UNSUPPORTED', `${path}: has no stream ${wanted}`, { path, stream: wanted }, { hint: there });
  }
  return { bytes: size, unlocked, missing, otherStreams };
}

/** The same into a new file, of which nothing stays when it fails. @throws EFS_IO when it is there already */
export async function decryptToFile(
  source: EncryptedSource,
  keys: readonly EfsKey[],
  path: string,
  options: DecryptOptions,
): Promise<Decrypted> {
  const output = new OutputFile(path);
  try {
    const done = (await decryptLarge(source, keys, output, options)) ?? (await decryptTo(source, keys, output, options));
    output.finish(done.bytes);
    return done;
  } catch (error) {
    output.abort();
    throw error;
  }
}

/** Large raw files are decrypted by several threads. Undefined: this one is not, and nothing was taken from the source. */
async function decryptLarge(
  source: EncryptedSource,
  keys: readonly EfsKey[],
  output: OutputFile,
  options: DecryptOptions,
): Promise<Decrypted | undefined> {
  const { path, form } = source;
  const found = form === 'raw' && (options.stream ?? MAIN_STREAM) === MAIN_STREAM ? stretchOf(path) : undefined;
  if (!found) return undefined;
  const { fileKey } = unlock(decodeEfsMetadata(found.metadata), keys, options.now);
  if (!(await decryptInParallel(path, output.writtenAs, found, fileKey, options.check))) return undefined;
  using rest = openRest(path, found);
  const done = await decryptTo(rest, keys, output, options);
  const decrypted = found.segments * SEGMENT;
  // To whoever reads the rest, what the threads did is missing.
  const missing = done.missing.filter(({ begin, end }) => begin !== 0 || end !== decrypted);
  return { ...done, bytes: Math.max(done.bytes, decrypted), missing };
}
