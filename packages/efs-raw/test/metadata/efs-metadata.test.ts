import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  decodeEfsMetadata,
  EfsAlgorithm,
  encodeEfsMetadata,
  encodeKeyEntry,
  newFileKey,
  newMetadata,
  withoutRecipient,
  withRecipient,
  type EfsMetadata,
} from '../../src/index.js';
import { makeKey } from '../support/certificates.js';

const ann = makeKey('Ann');
const bob = makeKey('Bob');
const agent = makeKey('Agent', { purpose: 'recovery agent' });
const thumb = (key: typeof ann): string => key.certificate.fingerprint.replaceAll(':', '').toLowerCase();
const SID = 'S-1-5-21-1111111111-2222222222-3333333333-1001';
const fileKey = newFileKey();

const keysOf = (bytes: Uint8Array): EfsMetadata => {
  const metadata = decodeEfsMetadata(bytes);
  if (metadata.kind !== 'keys') throw new Error('has no keys');
  return metadata;
};
const told = (bytes: Uint8Array): unknown => {
  const { version, users, recoveryAgents } = keysOf(bytes);
  return { version, users: users.map((one) => [one.displayName, one.thumbprint]), agents: recoveryAgents.map((one) => one.thumbprint) };
};

describe('metadata', () => {
  const users = [{ certificate: ann.certificate, sid: SID, displayName: 'ann(ann@LAB)' }, { certificate: bob.certificate }];
  const both = newMetadata({
    fileKey,
    users,
    recoveryAgents: [{ certificate: agent.certificate }],
    efsId: '01234567-89ab-cdef-0123-456789abcdef',
  });

  it('names users and recovery agents', () => {
    const metadata = keysOf(both);
    expect(told(both)).toEqual({
      version: 2,
      users: [
        ['ann(ann@LAB)', thumb(ann)],
        ['Bob', thumb(bob)],
      ],
      agents: [thumb(agent)],
    });
    expect(metadata.efsId).toBe('01234567-89ab-cdef-0123-456789abcdef');
    expect(metadata.users[0]).toMatchObject({ sid: SID, flags: 0, container: undefined });
    expect(metadata.users.map(({ encryptedFek }) => encryptedFek.length)).toEqual([256, 256]);
  });

  it('has the places that the specification gives', () => {
    const view = new DataView(both.buffer);
    expect(view.getUint32(0, true)).toBe(both.length);
    const [ddf, drf] = [view.getUint32(0x40, true), view.getUint32(0x44, true)];
    expect([ddf, view.getUint32(ddf, true), view.getUint32(drf, true)]).toEqual([84, 2, 1]);
    const entry = ddf + 4;
    const info = entry + view.getUint32(entry + 4, true);
    expect(view.getUint32(info + 8, true)).toBe(3);
    const sid = info + view.getUint32(info + 4, true);
    expect([both[sid], both[sid + 1]]).toEqual([1, 5]);
    const certificate = info + view.getUint32(info + 0x10, true);
    const at = certificate + view.getUint32(certificate, true);
    expect(Buffer.from(both.subarray(at, at + 20)).toString('hex')).toBe(thumb(ann));
    expect(entry + view.getUint32(entry, true)).toBeLessThan(drf);
  });

  it('keeps entries of others byte for byte when somebody comes or goes', () => {
    const one = newMetadata({ fileKey, users: users.slice(0, 1) });
    const [first] = keysOf(one).users;
    const two = withRecipient(keysOf(one), fileKey, { certificate: bob.certificate }, 'user');
    const three = withRecipient(keysOf(two), fileKey, { certificate: agent.certificate }, 'recovery agent');
    expect(keysOf(three).users[0]!.bytes).toEqual(first!.bytes);
    expect(told(three)).toEqual(told(both));
    const without = withoutRecipient(keysOf(three), thumb(bob).toUpperCase().replaceAll(/(..)/g, '$1 '));
    expect(told(without)).toEqual({ version: 2, users: [['ann(ann@LAB)', thumb(ann)]], agents: [thumb(agent)] });
    expect(withoutRecipient(keysOf(without), thumb(agent))).toEqual(one);
    expect(keysOf(one).efsId).toBe(keysOf(three).efsId);
  });

  it('refuses to lose its last user, an unknown one, and one that is there', () => {
    const one = keysOf(newMetadata({ fileKey, users: users.slice(0, 1) }));
    const user = { code: 'EFS_USER' };
    expect(() => withoutRecipient(one, thumb(ann))).toThrow(expect.objectContaining(user));
    expect(() => withoutRecipient(one, thumb(bob))).toThrow(expect.objectContaining(user));
    expect(() => withRecipient(one, fileKey, { certificate: ann.certificate }, 'user')).toThrow(expect.objectContaining(user));
    expect(() => newMetadata({ fileKey, users: [] })).toThrow(expect.objectContaining(user));
  });

  it('of Windows 2000 has its hash', () => {
    const bytes = newMetadata({ fileKey: newFileKey(EfsAlgorithm.DESX), users });
    expect(keysOf(bytes).version).toBe(1);
    const hash = bytes.slice(0x20, 0x30);
    expect(
      createHash('md5')
        .update(bytes.slice().fill(0, 0x20, 0x30))
        .digest(),
    ).toEqual(Buffer.from(hash));
    expect(both.slice(0x20, 0x30)).toEqual(new Uint8Array(16));
  });

  it('is not made longer than Windows takes', () => {
    const entry = encodeKeyEntry({ encryptedFek: randomBytes(256), thumbprint: randomBytes(20), displayName: 'x'.repeat(200) });
    const many = Array.from({ length: 400 }, () => entry);
    const metadata = { version: 2, efsId: '01234567-89ab-cdef-0123-456789abcdef', recoveryAgents: [] };
    expect(() => encodeEfsMetadata({ ...metadata, users: many })).toThrow(expect.objectContaining({ code: 'EFS_USER' }));
  });

  it('with a lying list, entry or length is refused with its place', () => {
    const changed = (at: number, value: number): Uint8Array => {
      const bytes = both.slice();
      new DataView(bytes.buffer).setUint32(at, value, true);
      return bytes;
    };
    for (const [at, value] of [
      [0, 0xffffffff],
      [0, 10],
      [8, 77],
      [0x40, 0xfffffff0],
      [0x40, 10],
      [84, 0xffffffff],
      [88, 3],
      [88, 0xffffff],
      [96, 0xffff],
    ] as const)
      expect(() => decodeEfsMetadata(changed(at, value)), `${at}=${value}`).toThrow(
        expect.objectContaining({
          code: expect.stringMatching(/^FORMAT_/) as string,
          details: expect.objectContaining({ offset: expect.any(Number) as number }) as object,
        }),
      );
    expect(() => decodeEfsMetadata(new Uint8Array(262_145))).toThrow(/262144/);
  });

  it('whose owner makes no sense can be opened all the same', () => {
    const bytes = both.slice();
    bytes.fill(0xff, 84 + 4 + 20, 84 + 4 + 20 + 28);
    expect(keysOf(bytes).users[0]).toMatchObject({ sid: undefined, thumbprint: undefined });
    expect(keysOf(bytes).users[0]!.encryptedFek).toEqual(keysOf(both).users[0]!.encryptedFek);
  });
});

describe('metadata of later versions', () => {
  const datum = (type: number, role: number, flags: number, value: Uint8Array): Buffer => {
    const head = Buffer.alloc(8);
    [8 + value.length, role, type, flags].forEach((n, i) => head.writeUInt16LE(n, i * 2));
    return Buffer.concat([head, value]);
  };
  const thumbprint = randomBytes(20);
  const protector = datum(
    3,
    0,
    2,
    Buffer.concat([
      Buffer.from([1, 0, 0, 0]),
      datum(
        4,
        0,
        2,
        Buffer.concat([
          datum(1, 1, 1, Buffer.concat([Buffer.from([2, 0, 0, 0]), thumbprint])),
          datum(2, 3, 1, Buffer.from('ann(ann@LAB)\0', 'utf16le')),
        ]),
      ),
    ]),
  );
  const list = Buffer.concat([Buffer.alloc(6), protector]);
  list.writeUInt32LE(list.length);
  list.writeUInt16LE(1, 4);
  const fek = datum(6, 0, 2, Buffer.from('10660000', 'hex'));
  const head = Buffer.alloc(40);
  head.writeUInt32LE(40 + fek.length + list.length);
  head.writeUInt32LE(4, 8);
  head.writeUInt32LE(40 + fek.length, 0x20);
  const bytes = new Uint8Array(Buffer.concat([head, fek, list]));

  it('is recognised and told', () => {
    expect(decodeEfsMetadata(bytes)).toMatchObject({
      kind: 'protected',
      version: 4,
      algorithm: EfsAlgorithm.AES_256,
      users: [{ thumbprint: thumbprint.toString('hex'), texts: ['ann(ann@LAB)'] }],
      recoveryAgents: [],
    });
    expect(decodeEfsMetadata(Buffer.from('.pfile\x02\0\0\0\x01\0\0\0', 'latin1'))).toMatchObject({ kind: 'protected', version: 6 });
  });
});
