import { createRequire } from 'node:module';
import { SOFTWARE } from './constants.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Program and version, as the TAPE block names them. */
export const SOFTWARE_NAME = `${SOFTWARE} ${version}`;
export const [SOFTWARE_MAJOR = 0, SOFTWARE_MINOR = 0] = version.split('.').map((part) => Number.parseInt(part, 10) & 0xff);
