// Changes a hive again and again, and says each time that it is on the disk. Run by the kill test.
import { HiveFile } from '../../../../src/registry/hive/index.js';

const [path = '', first = '1'] = process.argv.slice(2);
const store = HiveFile.open(path, { mode: 'write' });
for (let n = Number(first); ; n++) {
  for (let i = 0; i < 20; i++) {
    store.deleteKey(`round ${String(n - 1)}`);
    store.setValue(`round ${String(n)}\\key ${String(i)}`, { name: 'n', type: 3, data: new Uint8Array(i * 1500).fill(n) });
  }
  store.flush();
  process.stdout.write(`${String(n)}\n`);
}
