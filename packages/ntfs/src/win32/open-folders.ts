import { RecoveryError, type FileKind } from '@winback/core';
import { KindCode, kindOfTag } from '../raw/reparse-kind.js';
import { Access, CreateOption } from './ffi/constants.js';
import type { Handle } from './ffi/declarations.js';
import type { FileCalls } from './file-calls.js';
import { failureOf, isGone, recoveryError, shown, win32Of } from './problems.js';
import { VolumeCalls } from './volume-calls.js';
import { kindOfFile } from './win32-node.js';
import { isName } from './windows-path.js';

const LIST = Access.READ_DATA | Access.READ_ATTRIBUTES;
const REPARSE_POINT = 0x400;

/** Looks at what is in open folders that are recovered into, through no reparse point. */
export class OpenFolders {
  constructor(private readonly files: FileCalls) {}

  /** What stands at a name of an open folder; undefined: nothing. */
  look(folder: Handle, name: string, path: string): FileKind | 'junction' | undefined {
    const { files } = this;
    try {
      const handle = files.openIn(folder, name, { access: Access.READ_ATTRIBUTES });
      try {
        return this.kindOf(handle);
      } finally {
        files.close(handle);
      }
    } catch (error) {
      if (isGone(win32Of(error))) return undefined;
      throw recoveryError(error, 'looking for it', path);
    }
  }

  kindOf(handle: Handle): FileKind | 'junction' {
    const { fileAttributes, reparseTag } = this.files.attributeTag(handle);
    const kind = kindOfFile(fileAttributes, reparseTag);
    return kind === 'directory' && fileAttributes & REPARSE_POINT && kindOfTag(reparseTag, true) === KindCode.MOUNT_POINT
      ? 'junction'
      : kind;
  }

  /** How a name that stands in an open folder is spelled there; the name itself when that cannot be found out. */
  spellingOf(folder: Handle, name: string): string {
    const { files } = this;
    let spelled = name;
    failureOf(() => {
      const handle = files.openIn(folder, name, { access: Access.READ_ATTRIBUTES });
      try {
        spelled = new VolumeCalls(files).finalPath(handle).split('\\').at(-1) ?? name;
      } finally {
        files.close(handle);
      }
    });
    return spelled;
  }

  /** An earlier recovered file, open for links to be made of it. */
  find(root: Handle, path: string): { handle: Handle; kind: FileKind } {
    const { files } = this;
    const parts = checkedParts(path);
    const name = parts.pop() ?? '';
    const opened: Handle[] = [];
    let folder = root;
    try {
      for (const part of parts) {
        folder = files.openIn(folder, part, { access: LIST, options: CreateOption.DIRECTORY_FILE });
        opened.push(folder);
        if (this.kindOf(folder) !== 'directory') throw notThere(path);
      }
      const handle = files.openIn(folder, name, { access: Access.READ_ATTRIBUTES | Access.WRITE_ATTRIBUTES });
      const kind = this.kindOf(handle);
      return { handle, kind: kind === 'junction' ? 'directory' : kind };
    } catch (error) {
      if (error instanceof RecoveryError) throw error;
      const cause = win32Of(error);
      throw isGone(cause) ? notThere(path) : recoveryError(cause, 'opening it', shown(path));
    } finally {
      for (const handle of opened) files.close(handle);
    }
  }
}

/** The parts of a path. @throws RECOVERY_ESCAPE when one of them is no name on Windows */
export function checkedParts(path: string): string[] {
  const parts = path === '' ? [] : path.split('/');
  const wrong = parts.find((part) => !isName(part));
  if (wrong === undefined) return parts;
  const message = `${JSON.stringify(path)} is no path below the recovery target: ${JSON.stringify(wrong)} is no name on Windows`;
  throw new RecoveryError('RECOVERY_ESCAPE', message, { path });
}

const notThere = (path: string): RecoveryError =>
  new RecoveryError('RECOVERY_IO', `${path}: the file that others are hard links to is not in the recovery target`, { path });
