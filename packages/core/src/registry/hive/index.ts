export { HiveFile, type HiveRecovery } from './hive-file.js';
export { HiveKey } from './hive-key.js';
export { HiveStore, type HiveOptions, type NewKey } from './hive-store.js';
