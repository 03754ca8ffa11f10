import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import {
  definePlugin,
  HiveFile,
  multiStringValue,
  numberValue,
  PLUGIN_API,
  PortableVolumeDriver,
  SNAPSHOT_PROVIDER,
  stringValue,
  VOLUME_DRIVER,
  type VolumeDriver,
  type VolumeIdentity,
  type WinbackPlugin,
} from '@winback/core';

/** Serves folders as if each were a volume of its own, and snapshots of them that are other folders. */
export function foldersAsVolumes(folders: readonly string[], snapshots: Readonly<Record<string, string>> = {}): WinbackPlugin {
  const portable = new PortableVolumeDriver();
  const volumeOf = (root: string): VolumeIdentity => ({ root, fileSystem: 'folder', device: root });
  const driver: VolumeDriver = {
    name: 'folders',
    priority: 100,
    probe: () => ({ available: true }),
    locate(path) {
      const root = folders.find((folder) => path === folder || path.startsWith(`${folder}/`));
      return root === undefined
        ? undefined
        : { volume: volumeOf(root), path: relative(root, path), kind: statSync(path).isDirectory() ? 'directory' : 'file' };
    },
    open: (volume, root) => portable.open(volume, root),
    openRecovery: (folder, options) => portable.openRecovery(folder, options),
  };
  return definePlugin({
    name: 'folders',
    api: PLUGIN_API,
    register(container) {
      container.register(VOLUME_DRIVER, { useValue: driver });
      container.register(SNAPSHOT_PROVIDER, {
        useValue: {
          name: 'folders',
          priority: 10,
          supports: ({ root }) => (snapshots[root] === undefined ? { supported: false, reason: 'it is a folder' } : { supported: true }),
          create: () => ({
            id: 'folders',
            provider: 'folders',
            rootOf: ({ root }) => snapshots[root] ?? root,
            [Symbol.asyncDispose]: () => Promise.resolve(),
          }),
        },
      });
    },
  });
}

export const CONFIG = 'Windows/System32/config';
export const BACKUP_RESTORE = 'ControlSet001\\Control\\BackupRestore';

/** Entries by the key and the value's name. */
export type Entries = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Installs a Windows on a volume: the files that are given, and hives that say what the entries do. */
export function installWindows(root: string, files: readonly string[], entries: Entries, config = CONFIG): void {
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  mkdirSync(join(root, config), { recursive: true });
  using system = HiveFile.create(join(root, config, 'SYSTEM'));
  system.setValue('Select', numberValue('Current', 1));
  for (const [key, values] of Object.entries(entries)) {
    for (const [name, texts] of Object.entries(values)) system.setValue(`${BACKUP_RESTORE}\\${key}`, multiStringValue(name, texts));
  }
  const environment = 'ControlSet001\\Control\\Session Manager\\Environment';
  system.setValue(environment, stringValue('TEMP', '%SystemRoot%\\TEMP', 2));
  system.flush();
  using software = HiveFile.create(join(root, config, 'SOFTWARE'));
  const version = 'Microsoft\\Windows NT\\CurrentVersion';
  software.setValue(version, stringValue('SystemRoot', 'D:\\Windows'));
  software.setValue(`${version}\\ProfileList\\S-1-5-21-1`, stringValue('ProfileImagePath', 'D:\\Users\\joe', 2));
  software.flush();
}
