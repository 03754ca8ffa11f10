import type { HiveNode, HiveValue } from './hive-cells.js';

/** A value that was set, or one of the file's in a key whose values were changed. */
export type EditedValue = HiveValue | NewValue;

export interface NewValue {
  readonly offset: undefined;
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
}

/** A key that was made or changed, or that is above one. What is undefined is as it stands in the file. */
export class EditedKey {
  /** By name in upper case: edited ones, and the places of those that are as they were. */
  children: Map<string, EditedKey | number> | undefined;
  values: Map<string, EditedValue> | undefined;
  /** FILETIME. */
  lastWrite: bigint | undefined;
  className: string | undefined;
  securityDescriptor: Uint8Array | undefined;

  constructor(
    readonly name: string,
    /** Undefined: the key is new. */
    readonly node: HiveNode | undefined,
  ) {
    if (!node) {
      this.children = new Map();
      this.values = new Map();
    }
  }
}

/** A key as it is now. */
export interface Located {
  readonly node: HiveNode | undefined;
  readonly edit: EditedKey | undefined;
  /** The root has 0. */
  readonly depth: number;
}
