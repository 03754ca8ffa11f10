import { systemPlatform } from '../../ports/platform.js';
import { textToBytes } from '../../text/file-name.js';

/** A path for calls of the system: a name that is no UTF-8 as its bytes. */
export const nativePath = (path: string): string | Buffer =>
  /[\ud800-\udfff]/.test(path) && systemPlatform().os !== 'win32' ? Buffer.from(textToBytes(path)) : path;
