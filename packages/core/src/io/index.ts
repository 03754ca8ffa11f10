export { AppendBuffer, type AppendOptions } from './append-buffer.js';
export { alignedMemory, alignedSharedMemory, DIRECT_ALIGNMENT } from './aligned-memory.js';
export { closeDirect, openDirect, writeFully, type WritableFile } from './direct-file.js';
export { PIECE_SIZE } from './piece-ring.js';
export { PieceWriter, type PieceWriterOptions } from './piece-writer.js';
