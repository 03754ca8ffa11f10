import type { AnyStruct } from '@winback/core';
import { BtrfsInoLookupUser, BtrfsRootref, BtrfsSubvolRootref, BtrfsVolArgs, BtrfsVolArgsV2 } from './btrfs/btrfs.layout.js';

/** Every structure table of this package. */
export const layouts: readonly AnyStruct[] = [BtrfsVolArgs, BtrfsVolArgsV2, BtrfsRootref, BtrfsSubvolRootref, BtrfsInoLookupUser];
