// How fast paths are told from those that the registry leaves out of a backup.
import { parseFilesNotToBackup } from '../packages/core/dist/registry/backup-keys/files-not-to-backup.js';
import { PathMatcher } from '../packages/core/dist/registry/backup-keys/path-matcher.js';

const ENTRIES = {
  'Memory Page File': ['\\Pagefile.sys'],
  'Power Management': ['\\hiberfil.sys'],
  'MS Distributed Transaction Coordinator': [
    'C:\\Windows\\system32\\MSDTC\\MSDTC.LOG',
    'C:\\Windows\\system32\\MSDTC\\trace\\dtctrace.log',
  ],
  'Offline Files Cache': ['C:\\Windows\\CSC\\* /s'],
  'Temporary Files': ['C:\\Users\\joe\\AppData\\Local\\Temp\\* /s'],
  ETW: ['C:\\Windows\\system32\\LogFiles\\WMI\\RtBackup\\*.*'],
  'Volume information': ['\\System Volume Information\\*{3808876B-C176-4e48-B7AE-04046E6CC752} /s'],
  'Kernel Dumps': ['C:\\Windows\\Minidump\\* /s', 'C:\\Windows\\memory.dmp'],
};

const TOPS = ['Windows', 'Users/joe', 'Program Files', 'Data'];
const MIDDLES = ['System32', 'AppData/Local', 'Common Files'];

/** Paths a millisecond: the best of several rounds, of all rules and of one plain regular expression. */
export function measureRules() {
  const paths = Array.from({ length: 200_000 }, (_, i) => `${TOPS[i % 4]}/${MIDDLES[i % 3]}/folder${i % 100}/file${i}.dat`);
  const entries = Object.entries(ENTRIES).flatMap(([name, texts]) => texts.map((text) => ({ name, text })));
  const volume = new PathMatcher(parseFilesNotToBackup(entries).rules).forVolume('C:\\');
  const expression = /^(?:.*\/)?[^/]*\{3808876B-C176-4e48-B7AE-04046E6CC752\}$/i;
  const best = (match) =>
    Math.max(
      ...Array.from({ length: 5 }, () => {
        const begin = performance.now();
        for (const path of paths) match(path);
        return paths.length / (performance.now() - begin);
      }),
    );
  return { rate: best((path) => volume.match(path)), one: best((path) => expression.test(path)) };
}
