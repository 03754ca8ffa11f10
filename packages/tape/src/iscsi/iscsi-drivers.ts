import {
  tapeError,
  TapeStatus,
  type OpenTapeOptions,
  type TapeChanger,
  type TapeChangerDriver,
  type TapeDrive,
  type TapeDriver,
} from '../api/index.js';
import { ScsiChanger } from '../scsi/scsi-changer.js';
import { ScsiTapeDrive } from '../scsi/scsi-tape-drive.js';
import { whyNoLibiscsi } from './ffi/libiscsi.js';
import { isIscsiAddress, parseIscsiAddress, withoutSecrets } from './iscsi-address.js';
import { IscsiTransport } from './iscsi-transport.js';

function connect(address: string): IscsiTransport {
  const parsed = parseIscsiAddress(address, process.env);
  const reason = whyNoLibiscsi();
  if (reason !== undefined) throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, withoutSecrets(address), `connecting (${reason})`);
  return new IscsiTransport(parsed, process.env);
}

/** Made by name in a drive's thread. @public */
export const iscsiTapeDriver = (): IscsiTapeDriver => new IscsiTapeDriver();

/** Tape drives of iSCSI targets: `iscsi://[user%secret@]host[:port]/target/lun`. No kernel driver and no rights are needed. */
export class IscsiTapeDriver implements TapeDriver {
  readonly name = 'iscsi';
  readonly description = 'Tape drives of iSCSI targets: iscsi://HOST[:PORT]/TARGET/LUN';
  readonly inThread = { module: import.meta.url, make: iscsiTapeDriver.name };

  claims(address: string): boolean {
    return isIscsiAddress(address);
  }

  probe(): { readonly available: true } | { readonly available: false; readonly reason: string } {
    const reason = whyNoLibiscsi();
    return reason === undefined ? { available: true } : { available: false, reason };
  }

  open(address: string, options: OpenTapeOptions): TapeDrive {
    return ScsiTapeDrive.open(connect(address), options);
  }
}

/** Changers of iSCSI targets, by the same addresses. */
export class IscsiChangerDriver implements TapeChangerDriver {
  readonly name = 'iscsi';

  claims(address: string): boolean {
    return isIscsiAddress(address);
  }

  open(address: string): TapeChanger {
    return ScsiChanger.open(connect(address));
  }
}
