import { BlockType, OsId, StringType } from './constants.js';
import {
  BlockHeader,
  CorruptObjectBlock,
  DirectoryBlock,
  EndOfMediumBlock,
  EndOfSetBlock,
  FileBlock,
  NtDirectoryData,
  NtFileData,
  SetBlock,
  SoftFilemark,
  TapeBlock,
  VolumeBlock,
  WinbackFacts,
} from './layout/index.js';

const header = (type: string, stringType: number = StringType.UNICODE): ReturnType<typeof BlockHeader.create> =>
  BlockHeader.create({ type, osId: OsId.NT, osVersion: 1, stringType });

/** Blocks as the tables encode them, with everything filled in that never changes; the rest is patched in at the tables' offsets. */
export const templates = {
  tape: TapeBlock.create({ header: header(BlockType.TAPE) }),
  filemark: SoftFilemark.create({ header: header(BlockType.SFMB, StringType.NONE) }),
  set: SetBlock.create({ header: header(BlockType.SSET) }),
  volume: VolumeBlock.create({ header: header(BlockType.VOLB) }),
  endOfSet: EndOfSetBlock.create({ header: header(BlockType.ESET, StringType.NONE) }),
  pad: BlockHeader.encode(header(BlockType.ESPB, StringType.NONE)),
  endOfMedium: EndOfMediumBlock.create({ header: header(BlockType.EOTM, StringType.NONE) }),
  corrupt: CorruptObjectBlock.encode(CorruptObjectBlock.create({ header: header(BlockType.CFIL, StringType.NONE) })),
  directory: DirectoryBlock.encode(DirectoryBlock.create({ header: header(BlockType.DIRB) })),
  file: FileBlock.encode(FileBlock.create({ header: header(BlockType.FILE) })),
  directoryData: NtDirectoryData.encode(NtDirectoryData.create()),
  fileData: NtFileData.encode(NtFileData.create()),
  facts: WinbackFacts.encode(WinbackFacts.create({ version: 1 })),
} as const;
