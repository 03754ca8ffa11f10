import { AppendBuffer } from '@winback/core/io';
import { fdatasyncSync, fstatSync } from 'node:fs';
import { tapeError, TapeStatus, type OpenTapeOptions } from '../api/index.js';
import { syncFolder } from './folder-sync.js';
import { imageError, openImage, type ImageFile } from './image-file.js';
import { MAXIMUM_BLOCK_SIZE, type Medium, type MediumFeatures, type MediumSettings, usualWarningZone } from './medium.js';
import { SimhIndex } from './simh-index.js';
import { SimhTrack } from './simh-track.js';

export const SIMH_FEATURES: MediumFeatures = { setmarks: false, partitions: false, maximumBlockSize: MAXIMUM_BLOCK_SIZE, settings: false };

/** A cartridge in a file of the SIMH emulators: blocks and filemarks, one partition. */
export class SimhImage implements Medium {
  readonly features = SIMH_FEATURES;
  readonly tracks: readonly [SimhTrack];
  readonly #buffer: AppendBuffer;

  private constructor(
    private readonly file: ImageFile,
    readonly capacity: number,
    private readonly warningZone: number,
  ) {
    this.#buffer = new AppendBuffer(file.fd, { useThread: false });
    const index = new SimhIndex(file.fd, fstatSync(file.fd).size);
    index.scan();
    this.tracks = [new SimhTrack(file, index, this.#buffer, capacity, () => this.#flush())];
  }

  /**
   * @param capacity bytes; 0: as much as there is room for
   * @throws TAPE_NOT_FOUND, TAPE_LOCKED, TAPE_ACCESS_DENIED, TAPE_IO
   */
  static open(path: string, options: OpenTapeOptions, capacity = 0, warningZone = usualWarningZone(capacity)): SimhImage {
    const file = openImage(path, options);
    try {
      const image = new SimhImage(file, capacity, warningZone);
      if (options.create === true && fstatSync(file.fd).size === 0) syncFolder(path);
      return image;
    } catch (error) {
      file.close();
      throw imageError(path, 'loading the cartridge', error);
    }
  }

  get path(): string {
    return this.file.path;
  }

  get writeProtected(): boolean {
    return !this.file.writable;
  }

  get settings(): MediumSettings {
    return { compression: false, reportSetmarks: false, warningZone: this.warningZone };
  }

  /** The format has no place for them. */
  set(): void {
    return;
  }

  divide(sizes: readonly number[]): void {
    if (sizes.length !== 1) throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, this.path, 'dividing a SIMH image');
    this.tracks[0].seek(0);
    this.tracks[0].truncate(true);
    this.sync();
  }

  sync(): void {
    if (!this.file.writable) return;
    this.#flush();
    try {
      fdatasyncSync(this.file.fd);
    } catch (error) {
      throw imageError(this.path, 'making durable what was written', error);
    }
  }

  close(): void {
    try {
      this.sync();
    } finally {
      this.#buffer.close();
      this.file.close();
    }
  }

  #flush(): void {
    if (this.#buffer.isEmpty) return;
    try {
      this.#buffer.flush();
    } catch (error) {
      this.tracks[0].rollBack(error, 0);
    }
  }
}
