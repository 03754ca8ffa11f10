import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BACKUP_KEYS,
  encodeMultiString,
  joinKey,
  MachineHives,
  MemoryRegistryStore,
  minDiffAreaSize,
  multiStringValue,
  numberValue,
  performanceOf,
  readBackupSettings,
  RegistryType,
  settingWarnings,
  stringValue,
  userProfiles,
  type BackupKeyId,
  type BackupSettings,
  type RegistryValue,
} from '../../../src/registry/index.js';

const SYSTEM = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet';
const SOFTWARE = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft';

/** As Microsoft's page spells them; written out here, so that a slip in the table shows. */
const PLACES: Readonly<Record<BackupKeyId, readonly [key: string, value: string | undefined]>> = {
  customPerformanceSettings: [`${SOFTWARE}\\Windows\\CurrentVersion\\Windows Block Level Backup`, 'CustomPerformanceSettings'],
  disableMonitoring: [`${SOFTWARE}\\Windows\\CurrentVersion\\WindowsBackup`, 'DisableMonitoring'],
  disableUserProfileExpansion: [`${SYSTEM}\\Services\\VSS\\Settings`, 'DisableUserProfileExpansion'],
  filesNotToBackup: [`${SYSTEM}\\Control\\BackupRestore\\FilesNotToBackup`, undefined],
  filesNotToSnapshot: [`${SYSTEM}\\Control\\BackupRestore\\FilesNotToSnapshot`, undefined],
  idleTimeout: [`${SYSTEM}\\Services\\VSS\\Settings`, 'IdleTimeout'],
  keysNotToRestore: [`${SYSTEM}\\Control\\BackupRestore\\KeysNotToRestore`, undefined],
  lastInstance: [`${SOFTWARE}\\Windows NT\\CurrentVersion\\ASR\\RestoreSession`, 'LastInstance'],
  lastRestoreId: [`${SYSTEM}\\Control\\BackupRestore\\SystemStateRestore`, 'LastRestoreId'],
  maxShadowCopies: [`${SYSTEM}\\Services\\VSS\\Settings`, 'MaxShadowCopies'],
  minDiffAreaFileSize: [`${SYSTEM}\\Services\\VolSnap`, 'MinDiffAreaFileSize'],
  overallPerformanceSetting: [`${SOFTWARE}\\Windows\\CurrentVersion\\Windows Block Level Backup`, 'OverallPerformanceSetting'],
  sysvol: [`${SYSTEM}\\Services\\DFSR\\Restore`, 'SYSVOL'],
};
const IDS = Object.keys(BACKUP_KEYS) as BackupKeyId[];

function settingsWith(id: BackupKeyId, value: RegistryValue): BackupSettings {
  const store = new MemoryRegistryStore();
  const [key, name] = PLACES[id];
  store.setValue(key, { ...value, name: name ?? value.name });
  return readBackupSettings(store);
}
const number = (n: number): RegistryValue => numberValue('', n);
const text = (value: string): RegistryValue => stringValue('', value);
const strings = (...all: string[]): RegistryValue => multiStringValue('entry', all);

describe('backup keys', () => {
  it.each(IDS)('%s is read from where Microsoft’s page has it', (id) => {
    const [key, name] = PLACES[id];
    expect(readBackupSettings(new MemoryRegistryStore())[id].path).toBe(key);
    expect(BACKUP_KEYS[id].valueName).toBe(name);
  });

  it.each<[BackupKeyId, unknown]>([
    ['customPerformanceSettings', new Map()],
    ['disableMonitoring', false],
    ['disableUserProfileExpansion', false],
    ['filesNotToBackup', []],
    ['filesNotToSnapshot', []],
    ['idleTimeout', 180],
    ['keysNotToRestore', []],
    ['lastInstance', undefined],
    ['lastRestoreId', undefined],
    ['maxShadowCopies', 64],
    ['minDiffAreaFileSize', undefined],
    ['overallPerformanceSetting', 'full'],
    ['sysvol', 'non-authoritative'],
  ])('%s without a value is %j', (id, value) => {
    expect(readBackupSettings(new MemoryRegistryStore())[id]).toMatchObject({ value, source: 'default', warnings: [] });
  });

  it.each<[BackupKeyId, RegistryValue, unknown]>([
    ['disableMonitoring', number(1), true],
    ['disableMonitoring', number(0), false],
    ['disableUserProfileExpansion', number(5), true],
    ['idleTimeout', number(0), 180],
    ['idleTimeout', number(1), 1],
    ['idleTimeout', number(0xffff_ffff), 0xffff_ffff],
    ['lastInstance', text('{…}'), '{…}'],
    ['lastRestoreId', text('x'), 'x'],
    ['maxShadowCopies', number(1), 1],
    ['maxShadowCopies', number(512), 512],
    ['minDiffAreaFileSize', number(320), 320],
    ['minDiffAreaFileSize', number(321), 352],
    ['minDiffAreaFileSize', number(1), 32],
    ['overallPerformanceSetting', number(1), 'full'],
    ['overallPerformanceSetting', number(2), 'incremental'],
    ['overallPerformanceSetting', number(3), 'custom'],
    ['sysvol', text('Authoritative'), 'authoritative'],
    ['sysvol', text('non-authoritative'), 'non-authoritative'],
    [
      'filesNotToBackup',
      strings('\\Pagefile.sys', 'x'),
      [
        { name: 'entry', text: '\\Pagefile.sys' },
        { name: 'entry', text: 'x' },
      ],
    ],
    [
      'customPerformanceSettings',
      strings('07c473ca4-2df8-11de-9d80-806e6f6e6963,1', '0ac22ea6c-712f-11de-adb0-00215a67606e,2'), // as the page has them
      new Map([
        ['07c473ca4-2df8-11de-9d80-806e6f6e6963', 'full'],
        ['0ac22ea6c-712f-11de-adb0-00215a67606e', 'incremental'],
      ]),
    ],
  ])('%s: %j', (id, value, expected) => {
    expect(settingsWith(id, value)[id]).toMatchObject({ value: expected, source: 'registry', warnings: [] });
  });

  it.each<[BackupKeyId, RegistryValue, RegExp]>([
    ['disableMonitoring', number(2), /is 2$/],
    ['disableMonitoring', text('1'), /is REG_SZ of 4 bytes, and REG_DWORD was expected$/],
    ['idleTimeout', { name: '', type: RegistryType.QWORD, data: new Uint8Array(8) }, /is REG_QWORD of 8 bytes/],
    ['idleTimeout', { name: '', type: RegistryType.DWORD, data: new Uint8Array(3) }, /is REG_DWORD of 3 bytes/],
    ['maxShadowCopies', number(0), /MaxShadowCopies is 0$/],
    ['maxShadowCopies', number(513), /is 513$/],
    ['minDiffAreaFileSize', number(0), /is 0$/],
    ['overallPerformanceSetting', number(4), /is 4$/],
    ['sysvol', text('both'), /is "both"$/],
    ['sysvol', number(1), /is REG_DWORD/],
    ['lastRestoreId', text(''), /is empty$/],
    ['lastInstance', { name: '', type: 0x1234, data: new Uint8Array() }, /is REG_TYPE_0x1234 of 0 bytes/],
    ['customPerformanceSettings', strings('07c473ca4-2df8-11de-9d80-806e6f6e6963,3'), /has a string of another form: 07c4/],
    ['filesNotToBackup', text('\\Pagefile.sys'), /is REG_SZ of 28 bytes, and REG_MULTI_SZ/],
    ['keysNotToRestore', number(1), /is REG_DWORD/],
  ])('%s warns of what it cannot be: %j', (id, value, message) => {
    const settings = settingsWith(id, value);
    const plain = readBackupSettings(new MemoryRegistryStore())[id];
    expect(settings[id]).toMatchObject({ value: plain.value, source: 'default' });
    expect(settingWarnings(settings)).toEqual([
      expect.objectContaining({ code: 'REGISTRY_VALUE', message: expect.stringMatching(message) as string }),
    ]);
  });

  it('never throws, whatever the values are', () => {
    const value = fc.record({ name: fc.string(), type: fc.integer({ min: 0, max: 12 }), data: fc.uint8Array({ maxLength: 20 }) });
    fc.assert(
      fc.property(fc.constantFrom(...IDS), value, (id, one) => {
        const { warnings } = settingsWith(id, one)[id];
        expect(warnings.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('in an offline hive', () => {
  const systemHive = (current: RegistryValue | undefined, ...sets: string[]): MemoryRegistryStore => {
    const store = new MemoryRegistryStore('SYSTEM');
    if (current) store.setValue('Select', { ...current, name: 'Current' });
    for (const [i, set] of sets.entries()) store.setValue(`${set}\\Services\\VSS\\Settings`, numberValue('MaxShadowCopies', i + 1));
    return store;
  };

  it.each<[RegistryValue | undefined, string[], string, number, number]>([
    [number(2), ['ControlSet001', 'ControlSet002'], 'ControlSet002', 2, 0],
    [number(1), ['ControlSet001', 'ControlSet002'], 'ControlSet001', 1, 0],
    [number(12), ['ControlSet012'], 'ControlSet012', 1, 0],
    [undefined, ['ControlSet001'], 'ControlSet001', 1, 1],
    [text('x'), ['ControlSet001'], 'ControlSet001', 1, 1],
    [number(0), ['ControlSet001'], 'ControlSet001', 1, 1],
    [number(3), ['ControlSet001'], 'ControlSet003', 64, 1],
  ])('Select\\Current says which control set is meant: %j of %j', (current, sets, set, shadowCopies, warnings) => {
    const hives = new MachineHives(systemHive(current, ...sets));
    expect(hives.kind).toBe('SYSTEM');
    expect(hives.controlSet).toBe(set);
    expect(hives.warnings).toHaveLength(warnings);
    expect(hives.path('SYSTEM', 'currentcontrolset\\Control')).toBe(`${set}\\Control`);
    expect(hives.path('SYSTEM', 'Setup')).toBe('Setup');
    const settings = readBackupSettings(hives.store);
    expect(settings.maxShadowCopies.value).toBe(shadowCopies);
    expect(settings.disableMonitoring).toMatchObject({ path: undefined, value: false });
  });

  it('SOFTWARE has the keys of Windows Backup', () => {
    const store = new MemoryRegistryStore('SOFTWARE');
    store.setValue('Microsoft\\Windows\\CurrentVersion\\WindowsBackup', numberValue('DisableMonitoring', 1));
    const settings = readBackupSettings(store);
    expect(settings.disableMonitoring).toMatchObject({ value: true, path: 'Microsoft\\Windows\\CurrentVersion\\WindowsBackup' });
    expect(settings.maxShadowCopies).toMatchObject({ value: 64, path: undefined });
  });
});

describe('what follows from the values', () => {
  const MB = 1 << 20;
  const BLOCK = PLACES.overallPerformanceSetting[0];

  it('the least storage for shadow copies goes by the size of the volume, or by what is set', () => {
    const plain = readBackupSettings(new MemoryRegistryStore());
    expect([499, 500, 100_000].map((size) => minDiffAreaSize(plain, size * MB) / MB)).toEqual([32, 320, 320]);
    expect(minDiffAreaSize(settingsWith('minDiffAreaFileSize', number(65)), 100 * MB) / MB).toBe(96);
  });

  it('settings of single volumes count only where all volumes have none', () => {
    const guid = '12345678-2DF8-11de-9d80-806e6f6e6963';
    const store = new MemoryRegistryStore();
    store.setValue(BLOCK, { name: 'CustomPerformanceSettings', type: 7, data: encodeMultiString([`${guid},2`]) });
    for (const [overall, ours, others] of [
      [1, 'full', 'full'],
      [2, 'incremental', 'incremental'],
      [3, 'incremental', 'full'],
    ] as const) {
      store.setValue(BLOCK, numberValue('OverallPerformanceSetting', overall));
      const settings = readBackupSettings(store);
      expect(performanceOf(settings, `{${guid.toUpperCase()}}`)).toBe(ours);
      expect(performanceOf(settings, '00000000-2df8-11de-9d80-806e6f6e6963')).toBe(others);
    }
  });

  it('profiles are those of ProfileList', () => {
    const store = new MemoryRegistryStore();
    const list = `${SOFTWARE}\\Windows NT\\CurrentVersion\\ProfileList`;
    store.setValue(joinKey(list, 'S-1-5-18'), stringValue('ProfileImagePath', '%systemroot%\\system32\\config\\systemprofile', 2));
    store.setValue(joinKey(list, 'S-1-5-21-1-2-3-1001'), stringValue('ProfileImagePath', 'C:\\Users\\joe'));
    store.createKey(joinKey(list, 'S-1-5-99'));
    expect(userProfiles(store)).toEqual(['%systemroot%\\system32\\config\\systemprofile', 'C:\\Users\\joe']);
    expect(userProfiles(new MemoryRegistryStore())).toEqual([]);
  });
});
