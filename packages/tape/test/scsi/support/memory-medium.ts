/** A block, or the name of a mark. */
export type TapeObject = Uint8Array | 'filemark' | 'setmark';

export const GIB = 1024 * 1024 * 1024;

/** One partition of a cartridge in memory: objects, and where the drive stands among them. */
export interface MemoryPartition {
  objects: TapeObject[];
  /** Bytes. */
  capacity: number;
}

export const sizeOf = (object: TapeObject): number => (typeof object === 'string' ? 0 : object.length);
export const used = (partition: MemoryPartition): number => partition.objects.reduce((sum, object) => sum + sizeOf(object), 0);
