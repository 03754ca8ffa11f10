// A drive with three blocks and a filemark, whose cartridge somebody changes while it is idle: there is no going back to a block then.
import { existsSync } from 'node:fs';

const FILEMARK_DETECTED = 1101;
const REWIND = 0;

export const make = () => ({
  open(address) {
    let at = 0;
    return {
      name: address,
      getMediaParameters: () => ({ blockSize: 0 }),
      getTapePosition: () => ({ partition: 1, offset: at }),
      getTapeStatus: () => 0,
      setTapePosition(method, _partition, offset) {
        if (method !== REWIND && existsSync(address)) throw new Error('there is no such block on this cartridge');
        at = offset;
      },
      read(into) {
        if (at++ === 3) return { bytes: 0, status: FILEMARK_DETECTED };
        into.fill(at);
        return { bytes: into.length, status: 0 };
      },
      [Symbol.dispose]() {},
    };
  },
});
