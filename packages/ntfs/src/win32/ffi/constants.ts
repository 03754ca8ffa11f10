/** Access rights (winnt.h). */
export const Access = {
  READ_DATA: 0x1,
  WRITE_DATA: 0x2,
  APPEND_DATA: 0x4,
  READ_EA: 0x8,
  WRITE_EA: 0x10,
  TRAVERSE: 0x20,
  READ_ATTRIBUTES: 0x80,
  WRITE_ATTRIBUTES: 0x100,
  DELETE: 0x10000,
  READ_CONTROL: 0x20000,
  WRITE_DAC: 0x40000,
  WRITE_OWNER: 0x80000,
  SYNCHRONIZE: 0x100000,
  ACCESS_SYSTEM_SECURITY: 0x1000000,
} as const;

/** FILE_SHARE_READ, WRITE and DELETE: in nobody's way. */
export const SHARE_ALL = 7;

/** CreateDisposition of NtCreateFile. */
export const Disposition = { OPEN: 1, CREATE: 2, OPEN_IF: 3 } as const;

/** CreateOptions of NtCreateFile. */
export const CreateOption = {
  DIRECTORY_FILE: 0x1,
  SEQUENTIAL_ONLY: 0x4,
  SYNCHRONOUS_IO_NONALERT: 0x20,
  NON_DIRECTORY_FILE: 0x40,
  OPEN_FOR_BACKUP_INTENT: 0x4000,
  OPEN_REPARSE_POINT: 0x200000,
  OPEN_NO_RECALL: 0x400000,
} as const;

/** Flags and disposition of CreateFileW. */
export const OPEN_EXISTING = 3;
export const FileFlag = { OPEN_REPARSE_POINT: 0x200000, BACKUP_SEMANTICS: 0x2000000 } as const;

/** FILE_INFO_BY_HANDLE_CLASS. */
export const FileInfoClass = {
  BASIC: 0,
  DISPOSITION: 4,
  END_OF_FILE: 6,
  ATTRIBUTE_TAG: 9,
  ID_BOTH_DIRECTORY: 10,
  ID_BOTH_DIRECTORY_RESTART: 11,
  ID: 18,
} as const;

/** FILE_INFORMATION_CLASS. */
export const FileInformationClass = { RENAME: 10, LINK: 11, ALTERNATE_NAME: 21, RENAME_EX: 65 } as const;

/** FILE_RENAME_* flags. */
export const RenameFlag = { REPLACE_IF_EXISTS: 1, POSIX_SEMANTICS: 2, IGNORE_READONLY_ATTRIBUTE: 0x40 } as const;

/** FSCTL_* codes. */
export const Fsctl = {
  SET_COMPRESSION: 0x9c040,
  SET_OBJECT_ID: 0x90098,
  GET_OBJECT_ID: 0x9009c,
  SET_REPARSE_POINT: 0x900a4,
  GET_REPARSE_POINT: 0x900a8,
} as const;

/** SECURITY_INFORMATION flags. */
export const SecurityInformation = {
  OWNER: 0x1,
  GROUP: 0x2,
  DACL: 0x4,
  SACL: 0x8,
  LABEL: 0x10,
  ATTRIBUTE: 0x20,
  SCOPE: 0x40,
  BACKUP: 0x10000,
  UNPROTECTED_SACL: 0x10000000,
  UNPROTECTED_DACL: 0x20000000,
  PROTECTED_SACL: 0x40000000,
  PROTECTED_DACL: 0x80000000,
} as const;

/** What a volume can hold, as GetVolumeInformationW says. */
export const VolumeFlag = {
  PERSISTENT_ACLS: 0x8,
  SPARSE_FILES: 0x40,
  REPARSE_POINTS: 0x80,
  OBJECT_IDS: 0x10000,
  ENCRYPTION: 0x20000,
  NAMED_STREAMS: 0x40000,
  HARD_LINKS: 0x400000,
  EXTENDED_ATTRIBUTES: 0x800000,
} as const;
