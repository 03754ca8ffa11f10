/** TAPE_GET_DRIVE_PARAMETERS: what a drive is set to, and what it can. */
export interface TapeDriveParameters {
  readonly ecc: boolean;
  readonly compression: boolean;
  readonly dataPadding: boolean;
  readonly reportSetmarks: boolean;
  /** Bytes. */
  readonly defaultBlockSize: number;
  readonly maximumBlockSize: number;
  readonly minimumBlockSize: number;
  readonly maximumPartitionCount: number;
  /** Bits of {@link FeaturesLow}. */
  readonly featuresLow: number;
  /** Bits of {@link FeaturesHigh}. */
  readonly featuresHigh: number;
  /** Bytes between the early warning and the end of the partition. */
  readonly eotWarningZoneSize: number;
}

/** TAPE_SET_DRIVE_PARAMETERS; what is not given stays. */
export type TapeDriveSettings = Partial<
  Pick<TapeDriveParameters, 'ecc' | 'compression' | 'dataPadding' | 'reportSetmarks' | 'eotWarningZoneSize'>
>;

/** TAPE_GET_MEDIA_PARAMETERS: the cartridge, and the partition that is current. */
export interface TapeMediaParameters {
  /** Bytes of the partition; 0 where FeaturesLow has no TAPE_CAPACITY. */
  readonly capacity: number;
  /** Bytes from here to its end; 0 where FeaturesLow has no TAPE_REMAINING. */
  readonly remaining: number;
  /** Bytes; 0: each block has the size that it is written with. */
  readonly blockSize: number;
  readonly partitionCount: number;
  readonly writeProtected: boolean;
}

/** TAPE_GET_POSITION. */
export interface TapePosition {
  /** From 1; 0 where the device does not tell. */
  readonly partition: number;
  /** Blocks, and marks, from the beginning of the partition, or an address of the device's own. */
  readonly offset: number;
}
