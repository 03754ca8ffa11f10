import type { StoredStreams } from '@winback/core';
import { ByteFeed, type ReadBytes } from '../flow/byte-feed.js';
import { Produced } from '../flow/steps.js';
import { RawReader } from '../raw/raw-reader.js';
import { RawWriter, type RawPiece } from '../raw/raw-writer.js';
import { decryptItems, type Unlock } from './decrypt.js';
import type { Item, Items } from './item.js';
import { plainStreams } from './plain-streams.js';
import { ProducedStreams } from './produced-streams.js';
import { VolumeReader, type VolumeReaderOptions } from './volume-reader.js';
import { volumeStreams, type OnMissing } from './volume-writer.js';

/** An encrypted file in the raw transfer format, in pieces. */
export const itemsOfRaw = (read: ReadBytes): Produced<Item> => new Produced(new RawReader(new ByteFeed(read)).items());

/** An encrypted file in the form that volumes give, in pieces. */
export const itemsOfVolume = (streams: StoredStreams, options?: VolumeReaderOptions): Produced<Item> =>
  new Produced(new VolumeReader(streams, options).items());

/** The raw transfer format of an encrypted file, in pieces. */
export const rawOf = (items: Items): Produced<RawPiece> => new Produced(new RawWriter(items).pieces());

/** An encrypted file in the form that volumes take. */
export const volumeStreamsOf = (items: Items, onMissing: OnMissing): StoredStreams => new ProducedStreams(volumeStreams(items, onMissing));

/** An encrypted file in plain text, in pieces. */
export const decrypted = (items: Items, unlock: Unlock): Produced<Item> => new Produced(decryptItems(items, unlock));

/** The streams of a decrypted file as volumes take them. */
export const plainStreamsOf = (items: Items, onMissing: OnMissing): StoredStreams => new ProducedStreams(plainStreams(items, onMissing));
