export * from './api/index.js';
export * from './image/index.js';
export * from './mtf/index.js';
export { isContinued } from './mtf/tape/cartridge.js';
export { listSets, type ListedSet } from './mtf/version-list.js';
export { layouts } from './layouts.js';
export { ScsiChanger, ScsiTapeDrive, type ScsiResult, type ScsiTransport } from './scsi/index.js';
export { IscsiChangerDriver, IscsiTapeDriver } from './iscsi/index.js';
export * from './win32/index.js';
