import { readFailed } from './file-source.js';
import {
  CLOCK,
  inject,
  injectable,
  nodeErrno,
  RANDOM,
  TargetError,
  type BackupTargetDriver,
  type Clock,
  type OpenTargetOptions,
  type Random,
} from '@winback/core';
import { statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { MtfTarget } from './mtf-target.js';
import { passwordsOfEnvironment } from './password.js';

/** Opens .bkf files as backup targets: `mtf:PATH`, or a bare path that ends in `.bkf`. */
@injectable()
export class MtfTargetDriver implements BackupTargetDriver {
  readonly scheme = 'mtf';
  readonly description = 'Microsoft Tape Format in a file: mtf:PATH, or any path that ends in .bkf';

  constructor(
    @inject(CLOCK) private readonly clock: Clock,
    @inject(RANDOM) private readonly random: Random,
  ) {}

  claims(bareUri: string): boolean {
    return /\.bkf$/i.test(bareUri);
  }

  probe(): { available: true } {
    return { available: true };
  }

  open(uri: string, options: OpenTargetOptions): MtfTarget {
    const path = resolve(uri.replace(/^mtf:/i, ''));
    const { clock, random } = this;
    const parts = { clock, random, compress: options.compress, passwords: passwordsOfEnvironment() };
    const target = new MtfTarget(uri, path, options.mode, parts);
    const there = this.#look(path);
    if (there && !there.isFile()) {
      const what = there.isDirectory() ? 'a folder' : 'no ordinary file';
      throw new TargetError('TARGET_FOREIGN', `${path} is ${what}`, { path }, { hint: 'name a .bkf file' });
    }
    if (!there && (options.mode === 'read' || options.create !== true)) throw notFound(path, path);
    if (!there && !this.#look(dirname(path))) throw notFound(path, dirname(path));
    if (there && options.mode === 'append') target.hold();
    return target;
  }

  #look(path: string): Stats | undefined {
    try {
      return statSync(path);
    } catch (error) {
      const errno = nodeErrno(error);
      if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
      throw readFailed(path, 0, error);
    }
  }
}

const notFound = (path: string, missing: string): TargetError =>
  new TargetError(
    'TARGET_NOT_FOUND',
    missing === path ? `there is no file ${path}` : `there is no folder ${missing} for ${path}`,
    { path, missing },
    { hint: missing === path ? 'a backup makes the file; before that there is nothing to read' : 'make the folder first' },
  );
