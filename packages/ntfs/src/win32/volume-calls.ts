import type { Handle } from './ffi/declarations.js';
import type { FileCalls } from './file-calls.js';
import { narrow, narrowToNul, wide } from './wide-text.js';

/** Characters of the longest path. */
const PATH_LIMIT = 0x8000;
const NAME_LIMIT = 0x105;
/** VOLUME_NAME_GUID of GetFinalPathNameByHandleW, for volumes without a letter. */
const BY_GUID = 1;
/** VOLUME_NAME_NT, for volumes that have no name for programs, as shadow copies. */
const BY_DEVICE = 2;

export interface VolumeInformation {
  readonly fileSystem: string;
  readonly label: string;
  /** VolumeFlag bits. */
  readonly flags: number;
}

/** Asking about volumes. Every call throws a Win32Error. */
export class VolumeCalls {
  constructor(private readonly files: FileCalls) {}

  /** Where an open file is, without links and in its own spelling: `\\?\C:\…`, `\\?\UNC\…`, `\\?\Volume{…}\…`. */
  finalPath(handle: Handle): string {
    const into = new Uint8Array(PATH_LIMIT * 2);
    let length = this.files.api.GetFinalPathNameByHandleW(handle, into, PATH_LIMIT, 0);
    if (length === 0) length = this.files.api.GetFinalPathNameByHandleW(handle, into, PATH_LIMIT, BY_GUID);
    if (length > 0) return narrow(into, 0, length * 2);
    length = this.files.api.GetFinalPathNameByHandleW(handle, into, PATH_LIMIT, BY_DEVICE);
    this.files.check('GetFinalPathNameByHandleW', length);
    return `\\\\?\\GLOBALROOT${narrow(into, 0, length * 2)}`;
  }

  /** The root of the volume that a path lies on, with a backslash at its end. */
  rootOf(path: string): string {
    const into = new Uint8Array(PATH_LIMIT * 2);
    this.files.check('GetVolumePathNameW', this.files.api.GetVolumePathNameW(wide(path), into, PATH_LIMIT));
    return narrowToNul(into);
  }

  /** `\\?\Volume{…}\`; undefined for what is no local volume. */
  nameOf(root: string): string | undefined {
    const into = new Uint8Array(NAME_LIMIT * 2);
    return this.files.api.GetVolumeNameForVolumeMountPointW(wide(root), into, NAME_LIMIT) ? narrowToNul(into) : undefined;
  }

  information(root: string): VolumeInformation {
    const [label, fileSystem] = [new Uint8Array(NAME_LIMIT * 2), new Uint8Array(NAME_LIMIT * 2)];
    const [serial, longest, flags] = [new Uint8Array(4), new Uint8Array(4), new Uint8Array(4)];
    const done = this.files.api.GetVolumeInformationW(wide(root), label, NAME_LIMIT, serial, longest, flags, fileSystem, NAME_LIMIT);
    this.files.check('GetVolumeInformationW', done);
    return {
      fileSystem: narrowToNul(fileSystem),
      label: narrowToNul(label),
      flags: new DataView(flags.buffer).getUint32(0, true),
    };
  }
}
