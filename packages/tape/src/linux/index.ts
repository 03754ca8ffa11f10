export { LinuxTapeDriver } from './linux-tape-driver.js';
