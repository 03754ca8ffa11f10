import { isWinbackError } from '@winback/core';
import { describe, expect, it } from 'vitest';
import { IscsiChangerDriver, IscsiTapeDriver } from '../../src/index.js';
import { initiatorName, iscsiName, parseIscsiAddress, withoutSecrets } from '../../src/iscsi/iscsi-address.js';

describe('iSCSI addresses', () => {
  it('are taken apart', () => {
    expect(parseIscsiAddress('iscsi://tape.example/iqn.2026-01.example:lto/3', {})).toEqual({
      portal: 'tape.example:3260',
      target: 'iqn.2026-01.example:lto',
      lun: 3,
      user: undefined,
      targetUser: undefined,
    });
    expect(parseIscsiAddress('iscsi://u%s%ret@[::1]:1234/iqn.x%3Ay/0', {})).toMatchObject({
      portal: '[::1]:1234',
      target: 'iqn.x:y',
      user: { name: 'u', secret: 's%ret' },
    });
    expect(parseIscsiAddress('iscsi://u%with@sign@host/iqn.x/0', {})).toMatchObject({
      portal: 'host:3260',
      user: { name: 'u', secret: 'with@sign' },
    });
  });

  it('are completed from the environment', () => {
    const environment = {
      LIBISCSI_CHAP_USERNAME: 'a',
      LIBISCSI_CHAP_PASSWORD: 'b',
      LIBISCSI_CHAP_TARGET_USERNAME: 'c',
      LIBISCSI_CHAP_TARGET_PASSWORD: 'd',
    };
    const user = { name: 'a', secret: 'b' };
    expect(parseIscsiAddress('iscsi://h/iqn.x/1', environment)).toMatchObject({ user, targetUser: { name: 'c', secret: 'd' } });
    expect(parseIscsiAddress('iscsi://other@h/iqn.x/1', environment).user).toEqual({ name: 'other', secret: 'b' });
    expect(initiatorName({ WINBACK_ISCSI_INITIATOR: 'iqn.2026-01.example:me' })).toBe('iqn.2026-01.example:me');
    expect(initiatorName({})).toMatch(/^iqn\.2026-01\.winback:[a-z0-9.-]+$/);
  });

  it('are shown without the user and the secret, and open the same unit', () => {
    const parsed = parseIscsiAddress('iscsi://user%secret@host:1/iqn.x:y/2', {});
    expect(iscsiName(parsed)).toBe('iscsi://host:1/iqn.x:y/2');
    expect(parseIscsiAddress(iscsiName(parsed), {})).toMatchObject({ portal: 'host:1', target: 'iqn.x:y', lun: 2 });
    expect(withoutSecrets('iscsi://user%se@cret@host/x')).toBe('iscsi://host/x');
  });

  it.each([
    'iscsi://',
    'iscsi://host',
    'iscsi://host/iqn.x',
    'iscsi://host/iqn.x/',
    'iscsi://host/iqn.x/a',
    'iscsi://host/iqn.x/99999',
    'iscsi://host:0/iqn.x/1',
    'iscsi://host:70000/iqn.x/1',
    'iscsi://host/%00/1',
    'iscsi://host/%zz/1',
    `iscsi://host/${'x'.repeat(300)}/1`,
    'iscsi:///iqn.x/1',
  ])('are refused without a secret when they are wrong: %s', (address) => {
    const withSecret = address.replace('iscsi://', 'iscsi://user%hidden-secret@');
    for (const wrong of [address, withSecret]) {
      try {
        parseIscsiAddress(wrong, {});
        expect.unreachable();
      } catch (error) {
        if (!isWinbackError(error, 'TAPE_INVALID_PARAMETER')) throw error;
        expect(JSON.stringify([error.message, error.details])).not.toContain('hidden');
      }
    }
  });

  it('need a secret for a user', () => {
    expect(() => parseIscsiAddress('iscsi://user@host/iqn.x/1', {})).toThrow(/LIBISCSI_CHAP_PASSWORD/);
  });

  it('are claimed by their scheme', () => {
    for (const driver of [new IscsiTapeDriver(), new IscsiChangerDriver()]) {
      expect(['iscsi://h/t/1', 'ISCSI://h/t/1'].every((address) => driver.claims(address))).toBe(true);
      expect(['/dev/nst0', 'iscsi', 'image.img', String.raw`\\.\TAPE0`].some((address) => driver.claims(address))).toBe(false);
    }
  });
});
