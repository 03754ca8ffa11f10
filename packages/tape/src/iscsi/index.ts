export { IscsiChangerDriver, IscsiTapeDriver } from './iscsi-drivers.js';
