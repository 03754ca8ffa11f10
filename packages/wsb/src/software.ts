import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** Program and version, as catalogs name it. */
export const SOFTWARE = `Winback ${version}`;
