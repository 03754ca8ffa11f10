export { inspectMtf, type InspectedBlock, type InspectedDamage, type InspectedItem, type InspectedStream } from './inspect.js';
export { layouts, dateTime, type MtfDateTime } from './layout/index.js';
export { MtfTarget, type TargetParts } from './mtf-target.js';
export { MtfTargetDriver } from './mtf-driver.js';
export { readCartridge, setsOf, type Cartridge } from './tape/cartridge.js';
export { MtfTapeDriver, tapeDriverFor } from './tape/mtf-tape-driver.js';
export { MtfTapeTarget, type TapeTargetParts } from './tape/mtf-tape-target.js';
export type { CartridgeRequest, ChangeCartridge } from './tape/tape-medium.js';
