import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { IMAGE_KINDS, mountImage, runSuite, volumeSuite, type VolumeHarness } from '@winback/core/testing';
import { MountedNtfsDriver } from '../../src/index.js';
import { NTFS_CAPABILITIES } from '../../src/ntfs-capabilities.js';

const throughMount = new MountedNtfsDriver(undefined, undefined, false);
const WAYS = [
  ['ntfs-3g with streams_interface=xattr', 'streams_interface=xattr', throughMount],
  ['ntfs-3g with streams_interface=windows', 'streams_interface=windows', throughMount],
  ['ntfs-3g, read from its device', 'streams_interface=xattr', new MountedNtfsDriver()],
] as const;

for (const [label, options, driver] of WAYS) {
  const mounted = mountImage({ ...IMAGE_KINDS.ntfs, options: `${options},special_files=wsl` });
  if ('reason' in mounted) {
    it.skip(`VolumeDriver: ${label} (${mounted.reason})`, () => undefined);
    continue;
  }
  afterAll(mounted.unmount);
  const harness = (): VolumeHarness => {
    const folder = mkdtempSync(join(mounted.folder, 'case-'));
    return { driver, folder, capabilities: NTFS_CAPABILITIES, dispose: () => void execFileSync('rm', ['-rf', folder]) };
  };
  runSuite({ describe, it }, volumeSuite, label, [...NTFS_CAPABILITIES], harness);
}
