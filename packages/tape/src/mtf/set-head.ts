import type { VolumeIdentity } from '@winback/core';
import { addressed, blockBody, peekBlock, textOf } from './block-head.js';
import { BlockAttribute, BlockType } from './constants.js';
import { toNanoseconds, ZONE_UNKNOWN } from './date-time.js';
import type { FileWindow } from './file-window.js';
import { EndOfSetBlock, SetBlock, VolumeBlock } from './layout/index.js';
import type { StoredPassword } from './password.js';
import type { SetPlace } from './set-place.js';
import { blockEnd } from './skip-block.js';

/** What the blocks at a set's start and end say about it. */
export interface SetHead {
  readonly name: string;
  readonly description: string;
  readonly user: string;
  /** Quarter hours east of UTC. */
  readonly zone: number;
  readonly time: bigint;
  readonly vendorId: number;
  /** From 1, counted through all cartridges; 0: not known. */
  readonly setNumber: number;
  readonly continuation: boolean;
  /** Asked for before the set is read. */
  readonly password?: StoredPassword | undefined;
}

export function readSetHead(window: FileWindow, place: SetPlace): SetHead {
  const head = peekBlock(window, place.at);
  const body = head?.type === BlockType.SSET ? blockBody(window, head, SetBlock.size) : undefined;
  if (!head || !body) return withoutStart(window, place);
  const set = SetBlock.decode(body.bytes);
  const text = (field: number): string => textOf(addressed(body.bytes, body.view, field), head.stringType);
  return {
    name: text(SetBlock.offsetOf('setName')),
    description: text(SetBlock.offsetOf('setDescription')),
    user: text(SetBlock.offsetOf('userName')),
    zone: set.timeZone,
    time: toNanoseconds(set.date, set.timeZone) ?? 0n,
    vendorId: set.vendorId,
    setNumber: set.setNumber,
    continuation: (head.attributes & BlockAttribute.CONTINUATION) !== 0,
    password: {
      algorithm: set.passwordAlgorithm,
      bytes: Buffer.from(addressed(body.bytes, body.view, SetBlock.offsetOf('setPassword'))),
      stringType: head.stringType,
    },
  };
}

function withoutStart(window: FileWindow, place: SetPlace): SetHead {
  const eset = place.esetAt === undefined ? undefined : peekBlock(window, place.esetAt);
  const body = eset ? blockBody(window, eset, EndOfSetBlock.size) : undefined;
  const time = body ? toNanoseconds(EndOfSetBlock.decode(body.bytes).date, ZONE_UNKNOWN) : undefined;
  return { name: '', description: '', user: '', zone: 0, time: time ?? 0n, vendorId: 0, setNumber: 0, continuation: false };
}

export interface VolumeHead {
  readonly device: string;
  readonly label: string;
  readonly machine: string;
}

/** A volume as its block alone tells of it. */
export function volumeOf(volume: VolumeHead | undefined, isNtfs: boolean): VolumeIdentity {
  const root = volume?.device ?? '';
  return { root, fileSystem: isNtfs ? 'NTFS' : '', device: root, ...(volume?.label ? { label: volume.label } : {}) };
}

/** The first volume of a set, for sets without a catalog. */
export function firstVolume(window: FileWindow, place: SetPlace): VolumeHead | undefined {
  const start = peekBlock(window, place.at);
  const next = start ? blockEnd(window, start) : undefined;
  if (typeof next !== 'number') return undefined;
  return readVolumeHead(window, next);
}

export function readVolumeHead(window: FileWindow, at: number): VolumeHead | undefined {
  const head = peekBlock(window, at);
  const body = head?.type === BlockType.VOLB ? blockBody(window, head, VolumeBlock.size) : undefined;
  if (!head || !body) return undefined;
  const text = (field: number): string => textOf(addressed(body.bytes, body.view, field), head.stringType);
  return {
    device: text(VolumeBlock.offsetOf('deviceName')),
    label: text(VolumeBlock.offsetOf('volumeName')),
    machine: text(VolumeBlock.offsetOf('machineName')),
  };
}
