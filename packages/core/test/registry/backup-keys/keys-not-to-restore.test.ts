import { describe, expect, it } from 'vitest';
import {
  joinKey,
  KeyMatcher,
  MachineHives,
  MemoryRegistryStore,
  numberValue,
  parseKeysNotToRestore,
  preserveKeys,
  stringValue,
  type BackupKeyEntry,
  type RegistryStore,
} from '../../../src/registry/index.js';

/** What Microsoft lists for Windows Server 2003, and the examples of its page on restoring the registry. */
const WINDOWS_SERVER: readonly BackupKeyEntry[] = [
  { name: 'Active Directory Restore', text: 'CurrentControlSet\\Services\\NTDS\\Restore In Progress\\' },
  { name: 'Active Directory Restore', text: 'CurrentControlSet\\Services\\NTDS\\Parameters\\New Database GUID' },
  { name: 'Fault Tolerance', text: 'Disk\\' },
  { name: 'Installed Services', text: 'CurrentControlSet\\Services\\*' },
  { name: 'LDM Boot Information', text: 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\dmio\\boot info\\' },
  { name: 'Mount Manager', text: 'MountedDevices\\' },
  { name: 'Pending Rename Operations', text: 'CurrentControlset\\Control\\Session Manager\\PendingFileRenameOperations' },
  { name: 'Windows Setup', text: 'Setup\\SystemPartition' },
];

describe('KeysNotToRestore of a Windows Server', () => {
  const { rules, warnings } = parseKeysNotToRestore(WINDOWS_SERVER);
  const matcher = new KeyMatcher(rules);

  it('is understood', () => {
    expect(warnings).toEqual([]);
    expect(rules.map(({ kind, key, valueName }) => [kind, key, valueName])).toEqual([
      ['replace', 'CurrentControlSet\\Services\\NTDS\\Restore In Progress', undefined],
      ['value', 'CurrentControlSet\\Services\\NTDS\\Parameters', 'New Database GUID'],
      ['replace', 'Disk', undefined],
      ['merge', 'CurrentControlSet\\Services', undefined],
      ['replace', 'CurrentControlSet\\Services\\dmio\\boot info', undefined],
      ['replace', 'MountedDevices', undefined],
      ['value', 'CurrentControlset\\Control\\Session Manager', 'PendingFileRenameOperations'],
      ['value', 'Setup', 'SystemPartition'],
    ]);
  });

  it.each<[key: string, value: string | undefined, name: string | undefined]>([
    ['MountedDevices', undefined, 'Mount Manager'],
    ['mounteddevices', '\\DosDevices\\C:', 'Mount Manager'],
    ['MountedDevices\\Sub\\Sub', undefined, 'Mount Manager'],
    ['MountedDevices2', undefined, undefined],
    ['Setup', undefined, undefined],
    ['Setup', 'systempartition', 'Windows Setup'],
    ['Setup', 'Other', undefined],
    ['CurrentControlSet\\Services\\Tcpip', undefined, 'Installed Services'],
    ['CurrentControlSet\\Services\\NTDS\\Restore In Progress\\x', undefined, 'Active Directory Restore'],
    ['CurrentControlSet\\Services\\NTDS\\Parameters', 'New Database GUID', 'Active Directory Restore'],
    ['CurrentControlSet\\Services\\NTDS\\Parameters', 'Other', 'Installed Services'],
    ['CurrentControlSet\\Control', undefined, undefined],
  ])('%s %s: %s', (key, value, name) => {
    expect(matcher.match(key, value)?.entry.name).toBe(name);
  });

  it('may leave the backslash before its star away', () => {
    expect(parseKeysNotToRestore([{ name: 'x', text: 'CurrentControlSet\\Services*' }]).rules[0]).toMatchObject({
      kind: 'merge',
      key: 'CurrentControlSet\\Services',
    });
  });

  it.each(['', '\\', '*', '\\*', 'Value', 'a\\\\b', '\\a\\', 'HKEY_LOCAL_MACHINE\\SOFTWARE\\x\\', 'HKCU\\x'])(
    '%j is ignored, with a warning',
    (text) => {
      const parsed = parseKeysNotToRestore([{ name: 'x', text }]);
      expect(parsed.rules).toEqual([]);
      expect(parsed.warnings).toEqual([expect.objectContaining({ code: 'REGISTRY_VALUE' })]);
    },
  );
});

describe('restoring a SYSTEM hive', () => {
  function hive(set: string, keys: Readonly<Record<string, Readonly<Record<string, string | number>>>>): MachineHives {
    const store = new MemoryRegistryStore('SYSTEM');
    store.setValue('Select', numberValue('Current', Number(set.slice(-3))));
    for (const [key, values] of Object.entries(keys)) {
      const path = key.replace('CurrentControlSet', set);
      store.createKey(path);
      for (const [name, value] of Object.entries(values)) {
        store.setValue(path, typeof value === 'number' ? numberValue(name, value) : stringValue(name, value));
      }
    }
    return new MachineHives(store);
  }
  const valuesOf = (store: RegistryStore, path: string): string[] | undefined => {
    const key = store.key(path);
    return (
      key &&
      [...key.values()].map(
        ({ name, data, type }) => `${name}=${type === 4 ? String(data[0]) : Buffer.from(data).toString('utf16le', 0, data.length - 2)}`,
      )
    );
  };

  const S = 'CurrentControlSet\\Services';
  const existing = hive('ControlSet001', {
    MountedDevices: { c: 'new' },
    'MountedDevices\\Sub': { x: 'new' },
    Setup: { SystemPartition: 'new', Other: 'new' },
    [`${S}\\NewDriver`]: { Start: 0 },
    [`${S}\\NewDriver\\Parameters`]: { p: 'new' },
    [`${S}\\Earlier`]: { Start: 0, ImagePath: 'new' },
    [`${S}\\Later`]: { Start: 3, ImagePath: 'new' },
    [`${S}\\Same`]: { Start: 2, ImagePath: 'new' },
    [`${S}\\OnlyHereStarts`]: { Start: 3, ImagePath: 'new' },
    [`${S}\\OnlyThereStarts`]: { ImagePath: 'new' },
  });
  const restored = hive('ControlSet002', {
    MountedDevices: { c: 'old', d: 'old' },
    'MountedDevices\\Gone': {},
    Setup: { SystemPartition: 'old', Other: 'old' },
    [`${S}\\OldDriver`]: { Start: 1 },
    [`${S}\\Earlier`]: { Start: 2, ImagePath: 'old' },
    [`${S}\\Later`]: { Start: 1, ImagePath: 'old' },
    [`${S}\\Same`]: { Start: 2, ImagePath: 'old' },
    [`${S}\\OnlyHereStarts`]: { ImagePath: 'old', Extra: 'old' },
    [`${S}\\OnlyThereStarts`]: { Start: 1, ImagePath: 'old' },
  });
  const { rules } = parseKeysNotToRestore(WINDOWS_SERVER);
  const preserved = preserveKeys(existing, restored, rules);
  const values = (path: string): string[] | undefined => valuesOf(restored.store, path);
  const services = (name: string): string[] | undefined => values(joinKey('ControlSet002\\Services', name));

  it('replaces keys as a whole', () => {
    expect(values('MountedDevices')).toEqual(['c=new']);
    expect(values('MountedDevices\\Sub')).toEqual(['x=new']);
    expect(values('MountedDevices\\Gone')).toBeUndefined();
  });

  it('keeps single values', () => {
    expect(values('Setup')).toEqual(['SystemPartition=new', 'Other=old']);
  });

  it('adds keys that are merged, into the control set of the restored hive', () => {
    expect(services('NewDriver')).toEqual(['Start=0']);
    expect(services('NewDriver\\Parameters')).toEqual(['p=new']);
    expect(services('OldDriver')).toEqual(['Start=1']);
    expect(restored.store.key('ControlSet001')).toBeUndefined();
  });

  it('starts services as early as either hive says', () => {
    expect(services('Earlier')).toEqual(['Start=0', 'ImagePath=old']);
    expect(services('Later')).toEqual(['Start=1', 'ImagePath=old']);
    expect(services('Same')).toEqual(['Start=2', 'ImagePath=old']);
    expect(services('OnlyHereStarts')).toEqual(['ImagePath=new', 'Extra=old', 'Start=3']);
    expect(services('OnlyThereStarts')).toEqual(['Start=1', 'ImagePath=old']);
  });

  it('tells what it did', () => {
    expect(preserved.filter(({ copied }) => copied.length > 0).map(({ rule, copied }) => [rule.entry.name, copied])).toEqual([
      [
        'Installed Services',
        ['ControlSet002\\Services\\Earlier\\Start', 'ControlSet002\\Services\\NewDriver', 'ControlSet002\\Services\\OnlyHereStarts'],
      ],
      ['Mount Manager', ['MountedDevices']],
      ['Windows Setup', ['Setup\\SystemPartition']],
    ]);
    expect(preserved).toHaveLength(rules.length);
  });

  it('leaves a restored key alone where nothing was before', () => {
    const before = hive('ControlSet001', {});
    const after = hive('ControlSet001', { MountedDevices: { c: 'old' } });
    preserveKeys(before, after, rules);
    expect(valuesOf(after.store, 'MountedDevices')).toEqual(['c=old']);
  });
});
