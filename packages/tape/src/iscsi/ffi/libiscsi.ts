import { endianness } from 'node:os';
import { loadKoffi } from './load.js';

/** An address; null is none. */
export type Pointer = bigint | null;

/** What is used of libiscsi. */
export interface Libiscsi {
  readonly createContext: (initiator: string) => Pointer;
  readonly destroyContext: (context: Pointer) => number;
  readonly setTargetName: (context: Pointer, name: string) => number;
  readonly setSessionType: (context: Pointer, type: number) => number;
  readonly setHeaderDigest: (context: Pointer, digest: number) => number;
  readonly setUser: (context: Pointer, user: string, password: string) => number;
  readonly setTargetUser: (context: Pointer, user: string, password: string) => number;
  /** Seconds; 0: none. Of what is sent from then on. */
  readonly setTimeout: (context: Pointer, seconds: number) => number;
  /** 1: a lost connection stays lost. */
  readonly setNoAutoReconnect: (context: Pointer, state: number) => void;
  readonly connect: (context: Pointer, portal: string, lun: number) => number;
  readonly logout: (context: Pointer) => number;
  readonly error: (context: Pointer) => string | null;
  readonly createTask: (cdbSize: number, cdb: Uint8Array, direction: number, expectedLength: number) => Pointer;
  readonly freeTask: (task: Pointer) => void;
  readonly addDataIn: (task: Pointer, length: number, buffer: Uint8Array) => number;
  readonly addDataOut: (task: Pointer, length: number, buffer: Uint8Array) => number;
  readonly command: (context: Pointer, lun: number, task: Pointer, data: Pointer) => Pointer;
  /** A number of 32 bits with a sign. For what every command asks: a view of memory costs twenty times as much. */
  readonly int: (pointer: bigint, offset: number) => number;
  /** The memory at a pointer. */
  readonly memory: (pointer: bigint, size: number) => Uint8Array;
}

const LIBRARY = 'libiscsi.so.7';
let library: Libiscsi | undefined;

/** libiscsi, loaded on first use. @throws Error when it is not there */
export function libiscsi(): Libiscsi {
  library ??= load();
  return library;
}

/** Why the library cannot be used here; undefined: it can. */
export function whyNoLibiscsi(): string | undefined {
  // its structures are read as such a processor has them
  if (endianness() !== 'LE' || !['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'].includes(process.arch)) {
    return `libiscsi is used on 64-bit little-endian processors only, not on ${process.arch}`;
  }
  try {
    libiscsi();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `${LIBRARY} cannot be loaded (on Debian: apt-get install libiscsi7)`;
  }
}

function load(): Libiscsi {
  const koffi = loadKoffi();
  const iscsi = koffi.load(LIBRARY);
  return {
    createContext: iscsi.func('void *iscsi_create_context(const char *)'),
    destroyContext: iscsi.func('int iscsi_destroy_context(void *)'),
    setTargetName: iscsi.func('int iscsi_set_targetname(void *, const char *)'),
    setSessionType: iscsi.func('int iscsi_set_session_type(void *, int)'),
    setHeaderDigest: iscsi.func('int iscsi_set_header_digest(void *, int)'),
    setUser: iscsi.func('int iscsi_set_initiator_username_pwd(void *, const char *, const char *)'),
    setTargetUser: iscsi.func('int iscsi_set_target_username_pwd(void *, const char *, const char *)'),
    setTimeout: iscsi.func('int iscsi_set_timeout(void *, int)'),
    setNoAutoReconnect: iscsi.func('void iscsi_set_noautoreconnect(void *, int)'),
    connect: iscsi.func('int iscsi_full_connect_sync(void *, const char *, int)'),
    logout: iscsi.func('int iscsi_logout_sync(void *)'),
    error: iscsi.func('const char *iscsi_get_error(void *)'),
    createTask: iscsi.func('void *scsi_create_task(int, const uint8_t *, int, int)'),
    freeTask: iscsi.func('void scsi_free_scsi_task(void *)'),
    addDataIn: iscsi.func('int scsi_task_add_data_in_buffer(void *, int, uint8_t *)'),
    addDataOut: iscsi.func('int scsi_task_add_data_out_buffer(void *, int, const uint8_t *)'),
    command: iscsi.func('void *iscsi_scsi_command_sync(void *, int, void *, void *)'),
    int: (pointer, offset) => koffi.decode(pointer, offset, 'int32_t') as number,
    memory: (pointer, size) => new Uint8Array(koffi.view(pointer, size)),
  };
}
