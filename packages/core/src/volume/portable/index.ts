export { PortableVolumeDriver } from './portable-volume-driver.js';
