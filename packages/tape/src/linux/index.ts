export { LinuxChangerDriver } from './linux-changer-driver.js';
export { LinuxTapeDriver } from './linux-tape-driver.js';
