import {
  factStreams,
  isWinbackError,
  linkStream,
  MemoryStreams,
  SourceError,
  textToBytes,
  type FileEntry,
  type FileKind,
  type FileProblem,
  type OpenedFile,
  type VolumeNode,
} from '@winback/core';
import type { Attribute } from './attribute.js';
import { FileAttributes } from './file-attributes.js';
import { AttributeType } from './layouts/index.js';
import { incomplete, shown, unreadable } from './problems.js';
import { changeTime, readFacts, readNumbers, type NameInFolder } from './raw-facts.js';
import { RawStreams } from './raw-streams.js';
import { recordsChanged } from './record-change.js';
import { EMPTY_STREAM, storedStream, type StoredStream } from './stored-stream.js';
import type { VolumeMetadata } from './volume-metadata.js';

/** A file of a volume that is read from its bytes: one of its names, and where its FILE record is. */
export class RawNode implements VolumeNode, NameInFolder {
  constructor(
    private readonly metadata: VolumeMetadata,
    readonly path: string,
    readonly leaf: string,
    readonly kind: FileKind,
    readonly parent: number,
    private readonly record: number,
    private readonly sequence: number,
  ) {}

  facts(): FileEntry {
    return this.#guard(() => readNumbers(this.#attributes(), this, this.metadata));
  }

  /** Its record is read anew when it is opened next. */
  forget(): void {
    this.metadata.mft.forget(this.record);
  }

  /** Whether its record, as it is now, was written since then, in nanoseconds since 1970; when in doubt, it was. */
  changedSince(time: bigint): boolean {
    try {
      const change = changeTime(new FileAttributes(this.metadata.mft.freshRecord(this.record), this.metadata.mft));
      return change >= time;
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      return true;
    }
  }

  open(linkTo?: string): OpenedFile {
    return this.#guard(() => {
      const attributes = this.#attributes();
      const changed = (): boolean => recordsChanged(attributes, this.metadata.mft);
      if (linkTo !== undefined) {
        const entry = { ...readNumbers(attributes, this, this.metadata), linkTo };
        return { entry, streams: new MemoryStreams([linkStream(linkTo)]), problems: [], changed };
      }
      const problems: FileProblem[] = [];
      const entry = readFacts(attributes, this, this.metadata, problems);
      const streams = new RawStreams(factStreams(entry), this.#streams(attributes, entry, problems));
      return { entry, streams, problems, changed };
    });
  }

  #attributes(): FileAttributes {
    const { mft } = this.metadata;
    const attributes = mft.attributes(this.record);
    const base = attributes.base;
    if (!base.inUse || base.sequence !== this.sequence || !base.isBase) {
      throw new SourceError('SOURCE_VANISHED', `${shown(this.path)}: was removed between being listed and being read`, { path: this.path });
    }
    return attributes;
  }

  /** The data streams: the unnamed one, then the others by the bytes of their names. */
  #streams(attributes: FileAttributes, entry: FileEntry, problems: FileProblem[]): StoredStream[] {
    for (const { type, name, error } of attributes.broken) {
      if (type !== AttributeType.DATA) continue;
      if (name === '') throw error;
      problems.push(incomplete(this.path, `its stream ${name}`, error));
    }
    let unnamed: StoredStream | undefined;
    const named: Attribute[] = [];
    const { source, geometry } = this.metadata.mft;
    for (const attribute of attributes.all) {
      if (attribute.type !== AttributeType.DATA) continue;
      if (attribute.name !== '') named.push(attribute);
      else unnamed ??= storedStream(attribute, source, geometry);
    }
    const streams: StoredStream[] = [];
    if (entry.kind === 'file') streams.push(unnamed ?? EMPTY_STREAM);
    else if (unnamed && unnamed.content.size > 0) streams.push(unnamed);
    if (named.length === 0) return streams;
    named.sort((a, b) => Buffer.compare(textToBytes(a.name), textToBytes(b.name)));
    for (const attribute of named) {
      try {
        streams.push(storedStream(attribute, source, geometry));
      } catch (error) {
        if (!isWinbackError(error)) throw error;
        problems.push(incomplete(this.path, `its stream ${attribute.name}`, error));
      }
    }
    return streams;
  }

  /** Damage of the volume is a problem of this one file. */
  #guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!isWinbackError(error) || (error instanceof SourceError && error.code !== 'SOURCE_UNREADABLE')) throw error;
      throw unreadable(this.path, 'it', error);
    }
  }
}
