export { inspectMtf, type InspectedBlock, type InspectedDamage, type InspectedItem, type InspectedStream } from './inspect.js';
export { layouts, dateTime, type MtfDateTime } from './layout/index.js';
export { MtfTarget, type TargetParts } from './mtf-target.js';
export { MtfTargetDriver } from './mtf-driver.js';
