import { DetailHeader, DetailObject, DetailVolume, SetMapEntry, SetMapHeader } from './catalog.layout.js';
import { BlockHeader, TapeAddress } from './common.layout.js';
import { EndOfSetBlock, EndOfSetPadBlock, SetBlock } from './data-set.layout.js';
import {
  CorruptObjectBlock,
  DirectoryBlock,
  FileBlock,
  NtDirectoryData,
  NtDirectoryData0,
  NtFileData,
  NtFileData0,
  NtVolumeData,
  VolumeBlock,
} from './object.layout.js';
import { AlternateStream, ChecksumStream, FrameHeader, SparseStream, StreamHeader } from './stream.layout.js';
import { EndOfMediumBlock, SoftFilemark, SoftFilemarkEntry, TapeBlock } from './tape.layout.js';
import { WinbackFacts, WinbackStream, WinbackTail } from './winback.layout.js';

export * from './catalog.layout.js';
export * from './common.layout.js';
export * from './data-set.layout.js';
export * from './object.layout.js';
export * from './stream.layout.js';
export * from './tape.layout.js';
export * from './winback.layout.js';

/** Every structure of Microsoft Tape Format, for the documentation and the tests. */
export const layouts = [
  TapeAddress,
  BlockHeader,
  TapeBlock,
  SetBlock,
  VolumeBlock,
  DirectoryBlock,
  FileBlock,
  CorruptObjectBlock,
  EndOfSetPadBlock,
  EndOfSetBlock,
  EndOfMediumBlock,
  SoftFilemark,
  SoftFilemarkEntry,
  NtVolumeData,
  NtDirectoryData0,
  NtDirectoryData,
  NtFileData0,
  NtFileData,
  StreamHeader,
  ChecksumStream,
  SparseStream,
  AlternateStream,
  FrameHeader,
  DetailHeader,
  DetailVolume,
  DetailObject,
  SetMapHeader,
  SetMapEntry,
  WinbackFacts,
  WinbackStream,
  WinbackTail,
] as const;
