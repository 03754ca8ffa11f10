import { systemRandom } from '@winback/core';
import { runSuite } from '@winback/core/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { ImageTapeDriver } from '../../src/index.js';
import { ALL_HARNESS_CAPABILITIES, tapeDriveCapabilities, tapeDriveSuite, type TapeHarnessCapability } from '../../src/testing/index.js';

const folder = mkdtempSync(join(tmpdir(), 'winback-tape-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const driver = new ImageTapeDriver(systemRandom);
let count = 0;

for (const [label, name, more] of [
  ['image', 'tape.wbtape?capacity=20MiB', ['small-cartridge']],
  ['image without an end', 'tape.wbtape', []],
  ['simh', 'tape.tap?capacity=20MiB', ['small-cartridge']],
  ['simh without an end', 'tape.tap', []],
] as const) {
  const address = (): string => join(folder, `${count} ${name}`);
  const besides: TapeHarnessCapability[] = [...ALL_HARNESS_CAPABILITIES, ...more];
  using drive = driver.open(address(), { mode: 'write', create: true });
  const capabilities = tapeDriveCapabilities(drive.getDriveParameters(), besides);
  runSuite({ describe, it }, tapeDriveSuite, label, capabilities, () => {
    count++;
    let open = driver.open(address(), { mode: 'write', create: true });
    return {
      get drive() {
        return open;
      },
      capabilities: new Set(capabilities),
      reopen() {
        open[Symbol.dispose]();
        open = driver.open(address(), { mode: 'write' });
        return open;
      },
      dispose: () => open[Symbol.dispose](),
    };
  });
}
