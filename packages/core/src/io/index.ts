export { alignedMemory, alignedSharedMemory, DIRECT_ALIGNMENT } from './aligned-memory.js';
export { closeDirect, openDirect, writeFully, type WritableFile } from './direct-file.js';
