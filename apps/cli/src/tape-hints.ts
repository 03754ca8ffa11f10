/** What to do about errors of tape drives whose drivers do not say it. */
const HINTS: Readonly<Record<string, string>> = {
  TAPE_ACCESS_DENIED: 'ask for the rights to the drive: on Linux the group "tape", on Windows an administrator',
  TAPE_CLEANER_CARTRIDGE: 'take the cleaning cartridge out, and put in one with tape',
  TAPE_LOCKED: 'wait until the other process has ended, or end it',
  TAPE_MEDIA_CHANGED: 'run the command again, if it is the right cartridge',
  TAPE_BUS_RESET: 'rewind the tape, and run the command again',
  TAPE_NO_MEDIA_IN_DRIVE: 'put a cartridge in; "winback tape prepare DRIVE load" loads one that stands in the door',
  TAPE_NOT_FOUND: String.raw`drives are named as /dev/nst0, \\.\TAPE0, image:PATH or iscsi://HOST/TARGET/LUN; "winback tape prepare image:PATH format --yes" makes a cartridge in a file`,
  TAPE_NOT_READY: 'wait until the drive has loaded the cartridge',
  TAPE_REQUIRES_CLEANING: 'put in a cleaning cartridge',
  TAPE_UNSUPPORTED: '"winback tape parameters DRIVE" shows what the drive can',
  TAPE_WRITE_PROTECT: 'move the tab of the cartridge, or use another one',
};

export const tapeHint = (code: string | undefined): string | undefined => HINTS[code ?? ''];
