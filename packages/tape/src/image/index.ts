export { parseCapacity } from './image-address.js';
export { ImageCartridge, type NewCartridge } from './cartridge.js';
export { ImageDrive } from './image-drive.js';
export { ImageTapeDriver } from './image-driver.js';
export { ImageChanger, ImageChangerDriver } from './image-changer.js';
