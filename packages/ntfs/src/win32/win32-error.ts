import { PlatformError } from '@winback/core';

/** Win32 errors (winerror.h) that files can answer with, and what they mean to a person. */
const ERRORS: Readonly<Record<number, readonly [name: string, words: string]>> = {
  1: ['ERROR_INVALID_FUNCTION', 'not supported by this file system'],
  2: ['ERROR_FILE_NOT_FOUND', 'no such file'],
  3: ['ERROR_PATH_NOT_FOUND', 'no such folder'],
  4: ['ERROR_TOO_MANY_OPEN_FILES', 'too many open files'],
  5: ['ERROR_ACCESS_DENIED', 'access denied'],
  6: ['ERROR_INVALID_HANDLE', 'invalid handle'],
  8: ['ERROR_NOT_ENOUGH_MEMORY', 'not enough memory'],
  13: ['ERROR_INVALID_DATA', 'invalid data'],
  17: ['ERROR_NOT_SAME_DEVICE', 'on another volume'],
  18: ['ERROR_NO_MORE_FILES', 'no more files'],
  19: ['ERROR_WRITE_PROTECT', 'the volume is write-protected'],
  21: ['ERROR_NOT_READY', 'the device is not ready'],
  23: ['ERROR_CRC', 'disk error: the data does not match its checksum'],
  27: ['ERROR_SECTOR_NOT_FOUND', 'disk error: a sector cannot be found'],
  29: ['ERROR_WRITE_FAULT', 'disk error while writing'],
  30: ['ERROR_READ_FAULT', 'disk error while reading'],
  31: ['ERROR_GEN_FAILURE', 'the device does not work'],
  32: ['ERROR_SHARING_VIOLATION', 'another program has it open and shares it with nobody'],
  33: ['ERROR_LOCK_VIOLATION', 'another program has locked a part of it'],
  38: ['ERROR_HANDLE_EOF', 'end of the file'],
  39: ['ERROR_HANDLE_DISK_FULL', 'the disk is full'],
  50: ['ERROR_NOT_SUPPORTED', 'not supported'],
  53: ['ERROR_BAD_NETPATH', 'the server cannot be found'],
  59: ['ERROR_UNEXP_NET_ERR', 'network error'],
  64: ['ERROR_NETNAME_DELETED', 'the connection to the server was lost'],
  65: ['ERROR_NETWORK_ACCESS_DENIED', 'access denied by the server'],
  67: ['ERROR_BAD_NET_NAME', 'the server has no such share'],
  80: ['ERROR_FILE_EXISTS', 'already exists'],
  87: ['ERROR_INVALID_PARAMETER', 'invalid parameter'],
  110: ['ERROR_OPEN_FAILED', 'it cannot be opened'],
  111: ['ERROR_BUFFER_OVERFLOW', 'the name is too long'],
  112: ['ERROR_DISK_FULL', 'the disk is full'],
  120: ['ERROR_CALL_NOT_IMPLEMENTED', 'this system lacks the call'],
  122: ['ERROR_INSUFFICIENT_BUFFER', 'the buffer is too small'],
  123: ['ERROR_INVALID_NAME', 'the volume does not take such a name'],
  124: ['ERROR_INVALID_LEVEL', 'this system lacks the call'],
  127: ['ERROR_PROC_NOT_FOUND', 'this system lacks the call'],
  145: ['ERROR_DIR_NOT_EMPTY', 'the folder is not empty'],
  161: ['ERROR_BAD_PATHNAME', 'that is no path'],
  183: ['ERROR_ALREADY_EXISTS', 'already exists'],
  206: ['ERROR_FILENAME_EXCED_RANGE', 'the name is too long'],
  223: ['ERROR_FILE_TOO_LARGE', 'too large for this file system'],
  225: ['ERROR_VIRUS_INFECTED', 'the virus scanner does not permit it'],
  234: ['ERROR_MORE_DATA', 'there is more'],
  255: ['ERROR_EA_LIST_INCONSISTENT', 'the extended attributes make no sense'],
  267: ['ERROR_DIRECTORY', 'that is no folder'],
  282: ['ERROR_EAS_NOT_SUPPORTED', 'this file system has no extended attributes'],
  303: ['ERROR_DELETE_PENDING', 'it is about to be deleted'],
  305: ['ERROR_SHORT_NAMES_NOT_ENABLED_ON_VOLUME', 'the volume keeps no short names'],
  362: ['ERROR_CLOUD_FILE_PROVIDER_NOT_RUNNING', 'its content is in the cloud, whose program does not run'],
  665: ['ERROR_FILE_SYSTEM_LIMITATION', 'it is too fragmented, or has too many parts, for the file system'],
  995: ['ERROR_OPERATION_ABORTED', 'stopped'],
  1117: ['ERROR_IO_DEVICE', 'disk error'],
  1142: ['ERROR_TOO_MANY_LINKS', 'too many hard links'],
  1295: ['ERROR_DISK_QUOTA_EXCEEDED', 'disk quota exceeded'],
  1300: ['ERROR_NOT_ALL_ASSIGNED', 'the account does not have the privilege'],
  1307: ['ERROR_INVALID_OWNER', 'the account may not make that its owner'],
  1308: ['ERROR_INVALID_PRIMARY_GROUP', 'the account may not make that its group'],
  1314: ['ERROR_PRIVILEGE_NOT_HELD', 'the account does not have the privilege'],
  1336: ['ERROR_INVALID_ACL', 'the access control list makes no sense'],
  1337: ['ERROR_INVALID_SID', 'a security identifier makes no sense'],
  1338: ['ERROR_INVALID_SECURITY_DESCR', 'the security descriptor makes no sense'],
  1392: ['ERROR_FILE_CORRUPT', 'the file system is damaged there; run chkdsk'],
  1393: ['ERROR_DISK_CORRUPT', 'the volume is damaged; run chkdsk'],
  4390: ['ERROR_NOT_A_REPARSE_POINT', 'no reparse point'],
  4392: ['ERROR_INVALID_REPARSE_DATA', 'the reparse point makes no sense'],
  4393: ['ERROR_REPARSE_TAG_INVALID', 'the tag of the reparse point makes no sense'],
  5010: ['ERROR_OBJECT_ALREADY_EXISTS', "the object id is another file's already"],
  6000: ['ERROR_ENCRYPTION_FAILED', 'it cannot be encrypted'],
  6001: ['ERROR_DECRYPTION_FAILED', 'it cannot be decrypted'],
  6002: ['ERROR_FILE_ENCRYPTED', 'it is encrypted'],
  6004: ['ERROR_NO_EFS', 'the encryption driver is not loaded'],
  6005: ['ERROR_WRONG_EFS', 'it is encrypted with another encryption driver'],
  6007: ['ERROR_FILE_NOT_ENCRYPTED', 'it is not encrypted'],
  6008: ['ERROR_NOT_EXPORT_FORMAT', 'the data is not in the raw format'],
  6009: ['ERROR_FILE_READ_ONLY', 'it is read-only'],
  6010: ['ERROR_DIR_EFS_DISALLOWED', 'the folder does not permit encryption'],
};

const NUMBERS = new Map(Object.entries(ERRORS).map(([number, [name]]) => [name, Number(number)]));

/** The number of a Win32 error by its name, for comparisons. */
export function errorNumber(name: string): number {
  const number = NUMBERS.get(name);
  if (number === undefined) throw new TypeError(`${name} is not in the table of Win32 errors`);
  return number;
}

/** A Win32 error as winerror.h names it; an unknown one with its number. */
export const errorName = (number: number): string => ERRORS[number]?.[0] ?? `Win32 error ${number}`;

/** A Win32 error in words that a person understands, with its name and number. */
export function describeWin32(number: number): string {
  const known = ERRORS[number];
  return known ? `${known[1]} (${known[0]}, ${number})` : errorName(number);
}

/** A call of Windows that answered with an error. Whoever knows what it was for says so in an error of another family. */
export class Win32Error extends PlatformError {
  constructor(
    readonly call: string,
    readonly number: number,
  ) {
    super(`${call}: ${describeWin32(number)}`, { call, number, name: errorName(number) });
  }
}
