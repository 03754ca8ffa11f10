import { volumeSuite } from '@winback/core/testing';
import { SkipCase, type WindowsCase } from '../case.js';
import { driver } from '../driver.js';

/** Cases of the contract that ask for what Windows does not have. */
const NOT_ON_WINDOWS: Readonly<Record<string, string>> = {
  'hands out a folder, then its files, then each subfolder in the same way, names in byte order': 'its names differ in case only',
};
const WINE_LACKS: Readonly<Record<string, NonNullable<WindowsCase['wineLacks']>>> = {
  'reaches files whose paths are longer than any call takes': {
    error: 'ERROR_INVALID_HANDLE',
    because: 'its server opens files by their whole path, which on Linux may have 4095 bytes',
  },
  'keeps every fact and stream, or names those that it cannot': {
    error: 'ERR_ASSERTION',
    because: 'security descriptors are kept as modes of Linux, times of creation are not kept',
  },
};

/** The contract of every volume driver. */
export const volumeCases: readonly WindowsCase[] = volumeSuite.cases.map(({ name, needs = [], run }) => ({
  name: `${volumeSuite.name}: ${name}`,
  ...(WINE_LACKS[name] ? { wineLacks: WINE_LACKS[name] } : {}),
  async run({ folder, underWine }) {
    const tried = driver({ underWine });
    using recovery = tried.openRecovery(folder, { overwrite: 'overwrite' });
    const { capabilities } = recovery;
    const missing = needs.filter((need) => !capabilities.has(need));
    const reason = NOT_ON_WINDOWS[name] ?? (missing.length > 0 ? `the volume has no ${missing.join(', ')}` : undefined);
    if (reason !== undefined) throw new SkipCase(reason);
    await run({ driver: tried, folder, capabilities });
  },
}));
