import { basename, dirname } from 'node:path';
import { FileAttribute, type Clock, type VolumeDriver } from '@winback/core';
import { encryptItems, newFileKey, newMetadata, type NewEncryption } from '../content/encrypt.js';
import { rawOf, volumeStreamsOf } from '../content/forms.js';
import { MAIN_STREAM } from '../content/item.js';
import { Produced } from '../flow/steps.js';
import { RAW_SUFFIX } from '../handler/raw-suffix.js';
import { InputFile } from './input-file.js';
import { OutputFile } from './output-file.js';
import { recoverStreams } from './recover-streams.js';
import { locateOn, openRecovery } from './volume-backend.js';

export interface EncryptOptions extends Omit<NewEncryption, 'fileKey'> {
  /** ALG_ID; default AES-256. */
  readonly algorithm?: number | undefined;
}

/**
 * Encrypts a file for users and recovery agents: into the raw format where `output` ends in `.efsraw`, else onto a volume that takes
 * encrypted files.
 * @throws SOURCE_*, EFS_USER, EFS_KEY_FILE, EFS_UNSUPPORTED, EFS_IO, RECOVERY_*
 */
export async function encryptFile(
  input: string,
  output: string,
  options: EncryptOptions,
  world: { readonly drivers: readonly VolumeDriver[]; readonly clock: Clock },
): Promise<void> {
  const fileKey = newFileKey(options.algorithm);
  const metadata = newMetadata({ ...options, fileKey });
  const plain = new InputFile(input);
  try {
    const items = new Produced(encryptItems(metadata, fileKey, [{ name: MAIN_STREAM, read: (into) => plain.read(into) }]));
    if (output.toLowerCase().endsWith(RAW_SUFFIX)) await writeRaw(items, output);
    else await putOnVolume(items, output, world);
  } finally {
    plain.close();
  }
}

async function writeRaw(items: Parameters<typeof rawOf>[0], path: string): Promise<void> {
  const output = new OutputFile(path);
  let at = 0;
  try {
    const raw = rawOf(items);
    for (let piece = await raw.next(); piece; piece = await raw.next()) {
      if (piece.bytes) output.write(piece.bytes, at);
      at += piece.length;
    }
    output.finish(at);
  } catch (error) {
    output.abort();
    throw error;
  }
}

async function putOnVolume(
  items: Parameters<typeof rawOf>[0],
  path: string,
  { drivers, clock }: { readonly drivers: readonly VolumeDriver[]; readonly clock: Clock },
): Promise<void> {
  const { driver } = locateOn(drivers, dirname(path));
  const now = clock.now();
  const entry = {
    path: basename(path),
    kind: 'file',
    attributes: FileAttribute.ENCRYPTED | FileAttribute.ARCHIVE,
    size: 0,
    times: { lastWrite: now, lastAccess: now, creation: now },
    linkCount: 1,
  } as const;
  using recovery = openRecovery(driver, dirname(path), 'skip');
  await recoverStreams(
    recovery,
    entry,
    volumeStreamsOf(items, () => undefined),
    path,
  );
}
