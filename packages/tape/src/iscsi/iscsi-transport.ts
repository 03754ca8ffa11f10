import { TapeStatus, tapeError, type TapeStatusCode } from '../api/index.js';
import type { ScsiResult, ScsiTransport } from '../scsi/transport.js';
import { libiscsi, type Libiscsi, type Pointer } from './ffi/libiscsi.js';
import { ScsiTask } from './ffi/libiscsi.layout.js';
import { initiatorName, iscsiName, type IscsiAddress } from './iscsi-address.js';

const SESSION_NORMAL = 2;
const NO_DIGEST = 0;
const DIRECTION = { none: 0, read: 1, write: 2 } as const;
const UNDERFLOW = 1;
/** Status numbers of libiscsi's own begin here. */
const NOT_SCSI = 0x0f00_0000;
const TIMED_OUT = 0x0f00_0002;
const CONNECT_SECONDS = 30;
const LOGOUT_SECONDS = 5;
const NO_SENSE = new Uint8Array(0);

const STATUS = ScsiTask.offsetOf('status');
const RESIDUAL_STATUS = ScsiTask.offsetOf('residualStatus');
const RESIDUAL = ScsiTask.offsetOf('residual');
const DATA_IN_SIZE = ScsiTask.offsetOf('dataInSize');
const DATA_IN = ScsiTask.offsetOf('dataIn');

/** Login status codes (RFC 7143 11.13.5) that libiscsi names in its texts, in brackets. */
const LOGIN_STATUS: Readonly<Record<string, Exclude<TapeStatusCode, 0>>> = {
  '513': TapeStatus.ERROR_ACCESS_DENIED,
  '514': TapeStatus.ERROR_ACCESS_DENIED,
  '515': TapeStatus.ERROR_FILE_NOT_FOUND,
};

type Environment = Readonly<Record<string, string | undefined>>;

/** SCSI over iSCSI by libiscsi. A connection that is lost is not mended in silence: the command that meets it throws, the next one connects anew. */
export class IscsiTransport implements ScsiTransport {
  readonly name: string;
  readonly #address: IscsiAddress;
  readonly #initiator: string;
  readonly #library: Libiscsi;
  readonly #result: ScsiResult = { status: 0, sense: NO_SENSE, residual: 0 };
  #context: Pointer = null;
  #timeout = 0;
  #closed = false;

  /** Connects and logs in. @throws TAPE_NOT_FOUND, TAPE_ACCESS_DENIED */
  constructor(address: IscsiAddress, environment: Environment, connectSeconds = CONNECT_SECONDS) {
    this.name = iscsiName(address);
    this.#address = address;
    this.#initiator = initiatorName(environment);
    this.#library = libiscsi();
    this.#connect(connectSeconds);
  }

  command(cdb: Uint8Array, direction: 'none' | 'read' | 'write', buffer: Uint8Array, timeout: number): ScsiResult {
    if (this.#closed) throw tapeError(TapeStatus.ERROR_NOT_READY, this.name, 'sending a command: it is closed');
    if (this.#context === null) this.#connect(CONNECT_SECONDS);
    const library = this.#library;
    const context = this.#context;
    if (timeout !== this.#timeout) library.setTimeout(context, timeout);
    this.#timeout = timeout;
    const task = library.createTask(cdb.length, cdb, DIRECTION[direction], buffer.length);
    if (task === null) throw tapeError(TapeStatus.ERROR_IO_DEVICE, this.name, 'sending a command: there is no memory for it');
    if (buffer.length > 0) {
      // libiscsi keeps the address and moves the data from and to there: `buffer` is referred to until the command has ended
      if (direction === 'read') library.addDataIn(task, buffer.length, buffer);
      if (direction === 'write') library.addDataOut(task, buffer.length, buffer);
    }
    // A task that did not come back may still be known to the session, which ends with it.
    if (library.command(context, this.#address.lun, task, null) === null) throw this.#lost();
    const status = this.#read(task);
    library.freeTask(task);
    if (status >= NOT_SCSI) throw this.#lost(status === TIMED_OUT ? `no answer in ${String(timeout)} s` : undefined);
    return this.#result;
  }

  close(): void {
    this.#closed = true;
    if (this.#context === null) return;
    this.#library.setTimeout(this.#context, LOGOUT_SECONDS);
    this.#library.logout(this.#context);
    this.#drop();
  }

  /** What the task came to. Its memory is gone afterwards. */
  #read(task: bigint): number {
    const library = this.#library;
    const result = this.#result;
    result.status = library.int(task, STATUS);
    result.residual = 0;
    result.sense = NO_SENSE;
    if (result.status === 0 && library.int(task, RESIDUAL_STATUS) === 0) return 0;
    const bytes = library.memory(task, ScsiTask.size);
    const view = new DataView(bytes.buffer);
    result.residual = view.getUint32(RESIDUAL_STATUS, true) === UNDERFLOW ? Number(view.getBigUint64(RESIDUAL, true)) : 0;
    const size = view.getInt32(DATA_IN_SIZE, true);
    const address = view.getBigUint64(DATA_IN, true);
    if (result.status !== 0 && size > 2 && address !== 0n) {
      const data = library.memory(address, size);
      result.sense = data.slice(2, Math.min(size, 2 + ((data[0]! << 8) | data[1]!)));
    }
    return result.status;
  }

  #connect(seconds: number): void {
    const { portal, target, lun, user, targetUser } = this.#address;
    const library = this.#library;
    const context = library.createContext(this.#initiator);
    if (context === null) throw tapeError(TapeStatus.ERROR_IO_DEVICE, this.name, 'connecting: there is no memory for it');
    this.#context = context;
    this.#timeout = seconds;
    library.setTimeout(context, seconds);
    library.setNoAutoReconnect(context, 1);
    const isSet =
      library.setTargetName(context, target) === 0 &&
      library.setSessionType(context, SESSION_NORMAL) === 0 &&
      library.setHeaderDigest(context, NO_DIGEST) === 0 &&
      (user === undefined || library.setUser(context, user.name, user.secret) === 0) &&
      (targetUser === undefined || library.setTargetUser(context, targetUser.name, targetUser.secret) === 0);
    if (isSet && library.connect(context, portal, lun) === 0) return;
    const reason = this.#reason();
    this.#drop();
    const code = /\((\d+)\)\s*$/.exec(reason)?.[1] ?? '';
    throw tapeError(LOGIN_STATUS[code] ?? TapeStatus.ERROR_FILE_NOT_FOUND, this.name, `connecting (${reason})`, { reason });
  }

  #lost(why?: string): Error {
    const text = this.#reason();
    // libiscsi's text may still be that of an earlier command's sense data
    const reason = why ?? (text.startsWith('SENSE KEY') ? 'the target closed it' : text);
    this.#drop();
    return tapeError(TapeStatus.ERROR_BUS_RESET, this.name, `sending a command (the connection was lost: ${reason})`, { reason });
  }

  /** What libiscsi says last, on one line and without secrets. */
  #reason(): string {
    const { user, targetUser } = this.#address;
    let text = this.#library.error(this.#context) ?? '';
    for (const { secret } of [user, targetUser].filter((one) => one !== undefined)) text = text.replaceAll(secret, '…');
    text = text.replace(/\s+/g, ' ').trim();
    return text === '' ? 'libiscsi gives no reason' : text;
  }

  #drop(): void {
    const context = this.#context;
    this.#context = null;
    if (context !== null) this.#library.destroyContext(context);
  }
}
