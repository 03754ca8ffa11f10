export { ScsiChanger } from './scsi-changer.js';
export { ScsiTapeDrive } from './scsi-tape-drive.js';
export type { ScsiResult, ScsiTransport } from './transport.js';
