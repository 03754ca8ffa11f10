import { systemRandom, type Random } from '@winback/core/base';
import { resolve } from 'node:path';
import type { OpenTapeOptions, TapeDriver } from '../api/index.js';
import { ImageCartridge } from './cartridge.js';
import { cartridgeInDrive } from './changer-state.js';
import { isImageAddress, parseImageAddress } from './image-address.js';
import { ImageDrive } from './image-drive.js';
import { MAXIMUM_BLOCK_SIZE, type Medium, type MediumFeatures } from './medium.js';
import { SIMH_FEATURES, SimhImage } from './simh-image.js';

const CARTRIDGE_FEATURES: MediumFeatures = { setmarks: true, partitions: true, maximumBlockSize: MAXIMUM_BLOCK_SIZE, settings: true };

/** Made by name in a drive's thread. @public */
export const imageTapeDriver = (): ImageTapeDriver => new ImageTapeDriver(systemRandom);

/**
 * Tape drives whose cartridges are files: `image:PATH`, or a path that ends in `.wbtape` or `.tap`. Behind it may stand
 * `?capacity=20MiB&warning-zone=1MiB`: what a new cartridge is to have. `image:FOLDER/drive0` is the first drive of a simulated changer.
 */
export class ImageTapeDriver implements TapeDriver {
  readonly name = 'image';
  readonly description = 'a cartridge in a file: image:PATH, or any path that ends in .wbtape or .tap (SIMH)';

  readonly inThread = { module: import.meta.url, make: imageTapeDriver.name };

  constructor(private readonly random: Random) {}

  claims(address: string): boolean {
    return isImageAddress(address);
  }

  probe(): { available: true } {
    return { available: true };
  }

  /** @throws TAPE_NOT_FOUND, TAPE_LOCKED, TAPE_ACCESS_DENIED, TAPE_INVALID_PARAMETER, TAPE_IO when the file is no cartridge */
  open(address: string, options: OpenTapeOptions): ImageDrive {
    const { path: given, format, capacity, warningZone } = parseImageAddress(address);
    const path = resolve(given);
    const load = (): Medium | undefined => {
      const cartridge = cartridgeInDrive(path);
      if (cartridge === undefined) return undefined;
      if (cartridge !== false) return ImageCartridge.open(cartridge, { mode: options.mode }, this.random);
      if (format === 'simh') return SimhImage.open(path, options, capacity, warningZone);
      return ImageCartridge.open(path, options, this.random, { capacity, warningZone });
    };
    const features = format === 'simh' ? SIMH_FEATURES : CARTRIDGE_FEATURES;
    return new ImageDrive({ name: given, load, features, readOnly: options.mode === 'read', file: resolve(path) });
  }
}
