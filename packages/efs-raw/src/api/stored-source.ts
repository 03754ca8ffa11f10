import { EfsError, FileAttribute, isEfsMetadata, isFactStream, isRawEncrypted, type StoredFile } from '@winback/core';
import { itemsOfRaw, itemsOfVolume } from '../content/forms.js';
import type { Item, Items } from '../content/item.js';
import { Produced, settle, wait, type Steps } from '../flow/steps.js';
import { ReplayedStreams } from '../handler/replayed-streams.js';
import type { EncryptedSource } from './encrypted-source.js';

/** Facts that come before what is looked for are no longer than this. */
const SMALL = 1 << 20;

/**
 * An encrypted file as a backup set holds it, in the raw format or as earlier versions of Winback kept it. Read while the set is open.
 * @param path as the user knows it
 * @throws EFS_UNSUPPORTED when it is not encrypted, or its content was not kept; FORMAT_*, TARGET_*
 */
export async function openStored(
  path: string,
  { entry, streams, faults }: Pick<StoredFile, 'entry' | 'streams' | 'faults'>,
): Promise<EncryptedSource> {
  const replayed = new ReplayedStreams(streams);
  const found = await settle(
    replayed.find(
      (header) => isRawEncrypted(header) || isEfsMetadata(header),
      (header) => isFactStream(header) && header.length <= SMALL,
    ),
  );
  if (!found) throw notEncrypted(path, entry);
  const isRaw = isRawEncrypted(found);
  if (isRaw) replayed.keepNothing();
  const items = isRaw
    ? new Produced(
        toTheEnd(
          itemsOfRaw((into) => replayed.read(into)),
          replayed,
        ),
      )
    : itemsOfVolume(replayed);
  return {
    path,
    form: 'backup',
    items,
    get faults() {
      return faults.map((message) => ({ kind: 'unreadable' as const, streamNumber: 0, offset: 0, message }));
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** What the backup noted of a file is known after its last stream. */
function* toTheEnd(items: Items, streams: ReplayedStreams): Steps<Item> {
  for (let item = yield* wait(items.next()); item; item = yield* wait(items.next())) yield item;
  while (yield* wait(streams.next())) continue;
}

function notEncrypted(path: string, { attributes, kind }: StoredFile['entry']): EfsError {
  if (kind === 'file' && attributes & FileAttribute.ENCRYPTED) {
    const message = `${path}: is encrypted, but the backup holds nothing of its content`;
    return new EfsError(
      'EFS_UNSUPPORTED',
      message,
      { path },
      { hint: 'winback verify and what the backup said when it was made tell more' },
    );
  }
  const hint = 'winback start recovery recovers it';
  return new EfsError('EFS_UNSUPPORTED', `${path}: is not encrypted in this backup`, { path }, { hint });
}
