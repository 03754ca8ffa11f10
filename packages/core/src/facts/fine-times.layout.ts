import { struct, u64 } from '../binary/index.js';

// prettier-ignore
export const FineTimes = struct('$WBTIMES', { size: 0x18, spec: 'Winback: times of a POSIX file, whose last two digits a FILETIME has no room for' }, [
  [0x00, 'lastWrite',  u64, 'Nanoseconds since 1970, signed'],
  [0x08, 'lastAccess', u64, 'The same; 0 not known'],
  [0x10, 'creation',   u64, 'The same; 0 not known'],
]);
