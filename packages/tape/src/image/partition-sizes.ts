import { TapePartitionMethod, TapeStatus } from '../api/index.js';
import { MAXIMUM_PARTITIONS } from './medium.js';

const MEGABYTE = 1 << 20;
/** Partitions begin at multiples of it. */
const STEP = 4096;
const SMALLEST = 1 << 16;

/** Bytes of each partition, or what is wrong with the request. */
export function partitionSizes(
  capacity: number,
  method: number,
  count: number,
  sizeMegabytes: number,
): number[] | typeof TapeStatus.ERROR_INVALID_PARAMETER | typeof TapeStatus.ERROR_PARTITION_FAILURE {
  // The device's own choice is one partition.
  if (method === TapePartitionMethod.FIXED) return [capacity];
  if (!Number.isSafeInteger(count) || count < 1 || count > MAXIMUM_PARTITIONS) return TapeStatus.ERROR_INVALID_PARAMETER;
  if (count === 1) return [capacity];
  const second = method === TapePartitionMethod.INITIATOR ? sizeMegabytes * MEGABYTE : 0;
  if (!Number.isSafeInteger(second) || second < 0) return TapeStatus.ERROR_INVALID_PARAMETER;
  const others = second === 0 ? count : count - 1;
  const each = Math.floor((capacity - second) / others / STEP) * STEP;
  if (each < SMALLEST) return TapeStatus.ERROR_PARTITION_FAILURE;
  return Array.from({ length: count }, (_, i) => (i === 1 && second !== 0 ? second : each));
}
