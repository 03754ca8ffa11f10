import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError } from '../../src/errors/index.js';
import {
  buildSecurityDescriptor,
  isUnknownAce,
  parseSecurityDescriptor,
  SecurityDescriptorControl as Control,
  sidFromString,
  type Ace,
  type SecurityDescriptor,
} from '../../src/security/index.js';
import { descriptor } from './support/descriptors.js';

const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const system = sidFromString('S-1-5-18');

/** MS-DTYP 2.5.1.4: O:BAG:BAD:P(A;CIOI;GRGX;;;BU)(A;CIOI;GA;;;BA)(A;CIOI;GA;;;SY)(A;CIOI;GA;;;CO)S:P(AU;FA;GR;;;WD) */
const EXAMPLE = fromHex(`
  01 00 14 b0 90 00 00 00 a0 00 00 00 14 00 00 00 30 00 00 00 02 00 1c 00 01 00 00 00 02 80 14 00
  00 00 00 80 01 01 00 00 00 00 00 01 00 00 00 00 02 00 60 00 04 00 00 00 00 03 18 00 00 00 00 a0
  01 02 00 00 00 00 00 05 20 00 00 00 21 02 00 00 00 03 18 00 00 00 00 10 01 02 00 00 00 00 00 05
  20 00 00 00 20 02 00 00 00 03 14 00 00 00 00 10 01 01 00 00 00 00 00 05 12 00 00 00 00 03 14 00
  00 00 00 10 01 01 00 00 00 00 00 03 00 00 00 00 01 02 00 00 00 00 00 05 20 00 00 00 20 02 00 00
  01 02 00 00 00 00 00 05 20 00 00 00 20 02 00 00`);

/** Its parts: SACL at 0x14, DACL at 0x30, owner at 0x90, group at 0xa0. */
const changed = (...changes: readonly (readonly [at: number, value: number])[]): Uint8Array => {
  const bytes = EXAMPLE.slice();
  for (const [at, value] of changes) bytes[at] = value;
  return bytes;
};

function errorOf(bytes: Uint8Array): unknown {
  try {
    parseSecurityDescriptor(bytes);
    return undefined;
  } catch (error) {
    if (!isWinbackError(error) || !error.code.startsWith('FORMAT_')) throw error;
    return { code: error.code, ...error.details };
  }
}

describe('a security descriptor', () => {
  it('is read as the example of MS-DTYP says, and written the same', () => {
    const sd = parseSecurityDescriptor(EXAMPLE);
    expect(sd).toMatchObject({
      revision: 1,
      resourceManagerControl: 0,
      control: 0xb014,
      owner: sidFromString('S-1-5-32-544'),
      group: sidFromString('S-1-5-32-544'),
      sacl: { revision: 2, aces: [{ type: 2, flags: 0x80, mask: 0x8000_0000, sid: sidFromString('S-1-1-0') }] },
      dacl: {
        revision: 2,
        aces: [{ flags: 3, mask: 0xa000_0000 }, { mask: 0x1000_0000 }, { sid: system }, { sid: sidFromString('S-1-3-0') }],
      },
      order: ['sacl', 'dacl', 'owner', 'group'],
    });
    expect(hex(buildSecurityDescriptor(sd))).toBe(hex(EXAMPLE));
  });

  it('comes back the same from its bytes, whatever is in it', () => {
    fc.assert(
      fc.property(descriptor, (sd) => {
        const bytes = buildSecurityDescriptor(sd);
        expect(parseSecurityDescriptor(bytes)).toEqual(sd);
        expect(hex(buildSecurityDescriptor(parseSecurityDescriptor(bytes)))).toBe(hex(bytes));
      }),
      runs,
    );
  });

  it('tells an absent list, a null one and an empty one apart', () => {
    const written = (sd: Partial<SecurityDescriptor>): SecurityDescriptor =>
      parseSecurityDescriptor(buildSecurityDescriptor({ control: 0, ...sd }));
    expect(written({})).not.toHaveProperty('dacl');
    expect(written({}).control).toBe(Control.SELF_RELATIVE);
    expect(written({ dacl: null })).toMatchObject({ dacl: null, control: Control.SELF_RELATIVE | Control.DACL_PRESENT });
    expect(written({ dacl: { aces: [] } })).toMatchObject({ dacl: { aces: [] }, control: Control.SELF_RELATIVE | Control.DACL_PRESENT });
    expect(written({ sacl: null })).toMatchObject({ sacl: null, control: Control.SELF_RELATIVE | Control.SACL_PRESENT });
    // flags that say otherwise are put right
    expect(written({ control: Control.DACL_PRESENT | Control.SACL_PRESENT }).control).toBe(Control.SELF_RELATIVE);
  });

  it('takes a list that its flags call absent for absent', () => {
    const sd = parseSecurityDescriptor(changed([2, 0x10]));
    expect(sd).not.toHaveProperty('dacl');
    expect(sd.sacl).toBeDefined();
  });

  it('keeps ACEs of unknown types, unused room and data behind a SID as they are', () => {
    const aces: Ace[] = [
      { type: 0x16, flags: 0xff, body: Uint8Array.of(1, 2, 3, 4) },
      { type: 4, flags: 0, body: new Uint8Array(0) },
      { type: 0, flags: 0, mask: 1, sid: system, applicationData: Uint8Array.of(9, 9, 9, 9) },
    ];
    const slack = Uint8Array.of(5, 6, 7, 8);
    const { dacl } = parseSecurityDescriptor(buildSecurityDescriptor({ control: 0, dacl: { revision: 3, aces, slack, sbz1: 7, sbz2: 8 } }));
    expect(dacl).toEqual({ revision: 3, aces, slack, sbz1: 7, sbz2: 8 });
    expect(dacl?.aces.map(isUnknownAce)).toEqual([true, true, false]);
  });

  it('with parts that share bytes, gaps or bytes at its end means the same when written anew', () => {
    const shared = changed([8, 0x90]);
    const gap = new Uint8Array(Buffer.concat([EXAMPLE.subarray(0, 0xa0), Buffer.alloc(8, 0xee), EXAMPLE.subarray(0xa0), Buffer.alloc(5)]));
    gap[8] = 0xa8;
    for (const bytes of [shared, gap]) expect(hex(buildSecurityDescriptor(parseSecurityDescriptor(bytes)))).toBe(hex(EXAMPLE));
  });

  it('is found in a longer buffer, and errors tell the place there', () => {
    const longer = new Uint8Array(Buffer.concat([Buffer.alloc(3), EXAMPLE]));
    expect(parseSecurityDescriptor(longer.subarray(3))).toEqual(parseSecurityDescriptor(EXAMPLE));
    expect(() => parseSecurityDescriptor(changed([0x90, 9]), 0x1000)).toThrow('SID.revision at byte 0x1090: expected 1, found 9');
  });

  it('has ACLs of revision 4 where object ACEs are in them, unless told otherwise', () => {
    const revision = (ace: Ace): unknown =>
      parseSecurityDescriptor(buildSecurityDescriptor({ control: 0, dacl: { aces: [ace] } })).dacl?.revision;
    expect(revision({ type: 0, flags: 0, mask: 0, sid: system })).toBe(2);
    expect(revision({ type: 5, flags: 0, mask: 0, sid: system })).toBe(4);
  });
});

describe('a malformed security descriptor', () => {
  it.each([
    ['revision 2', changed([0, 2]), { code: 'FORMAT_RANGE', struct: 'SECURITY_DESCRIPTOR', field: 'revision', offset: 0 }],
    ['absolute form', changed([3, 0x30]), { code: 'FORMAT_UNSUPPORTED', field: 'control', offset: 2 }],
    ['owner inside the header', changed([4, 0x10]), { code: 'FORMAT_RANGE', field: 'offsetOwner', offset: 4 }],
    ['owner misaligned', changed([4, 0x91]), { code: 'FORMAT_RANGE', field: 'offsetOwner', actual: 0x91 }],
    ['group outside', changed([8, 0xb0]), { code: 'FORMAT_SHORT', struct: 'SID', offset: 0xb0 }],
    ['group far outside', changed([0x0b, 0x80]), { code: 'FORMAT_SHORT', struct: 'SID', offset: 0x8000_00a0 }],
    ['SACL outside', changed([0x0c, 0xac]), { code: 'FORMAT_SHORT', struct: 'ACL' }],
    ['16 sub-authorities', changed([0x91, 16]), { code: 'FORMAT_RANGE', field: 'subAuthorityCount', offset: 0x91, actual: 16 }],
    ['ACL smaller than its header', changed([0x32, 4]), { code: 'FORMAT_RANGE', struct: 'ACL', field: 'aclSize', offset: 0x32 }],
    ['ACL size odd', changed([0x32, 0x61]), { code: 'FORMAT_RANGE', struct: 'ACL', field: 'aclSize' }],
    ['ACL size too large', changed([0x33, 0x10]), { code: 'FORMAT_SHORT', struct: 'ACL', field: 'aclSize', expected: 0x1060 }],
    ['ACL smaller than its ACEs', changed([0x32, 0x5c]), { code: 'FORMAT_SHORT', struct: 'ACE_HEADER', field: 'aceSize', offset: 0x7e }],
    ['more ACEs than fit', changed([0x34, 5]), { code: 'FORMAT_SHORT', struct: 'ACE_HEADER', offset: 0x90 }],
    ['65535 ACEs', changed([0x34, 0xff], [0x35, 0xff]), { code: 'FORMAT_SHORT', struct: 'ACE_HEADER' }],
    ['ACE size 0', changed([0x3a, 0]), { code: 'FORMAT_RANGE', struct: 'ACE_HEADER', field: 'aceSize', offset: 0x3a, actual: 0 }],
    ['ACE size odd', changed([0x3a, 0x19]), { code: 'FORMAT_RANGE', field: 'aceSize', offset: 0x3a, actual: 0x19 }],
    ['ACE too small for its SID', changed([0x3a, 0x14]), { code: 'FORMAT_SHORT', struct: 'SID' }],
    ['ACE too small for its mask', changed([0x3a, 4]), { code: 'FORMAT_SHORT', struct: 'ACCESS_ALLOWED_ACE', offset: 0x38 }],
    ['object ACE too small for its GUID', changed([0x38, 5], [0x40, 1]), { code: 'FORMAT_SHORT', struct: 'ObjectType', offset: 0x44 }],
  ])('%s is refused with the place', (_name, bytes, expected) => {
    expect(errorOf(bytes)).toMatchObject(expected);
  });

  it('with an ACL that leaves the bytes by 4 is refused', () => {
    const sd = parseSecurityDescriptor(EXAMPLE);
    const bytes = buildSecurityDescriptor({ ...sd, order: ['owner', 'group', 'sacl', 'dacl'] });
    const at = bytes.length - 0x60 + 2;
    bytes[at] = 0x64;
    expect(errorOf(bytes)).toMatchObject({
      code: 'FORMAT_SHORT',
      struct: 'ACL',
      field: 'aclSize',
      offset: at,
      expected: 0x64,
      actual: 0x60,
    });
  });

  it('cut short anywhere is refused', () => {
    for (let length = 0; length < EXAMPLE.length; length++)
      expect(errorOf(EXAMPLE.slice(0, length))).toMatchObject({ code: 'FORMAT_SHORT' });
  });

  it('changed anywhere gives a value that can be written, or an error', () => {
    const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(descriptor, change, (sd, changes) => {
        const bytes = buildSecurityDescriptor(sd);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        if (errorOf(bytes) !== undefined) return;
        const once = buildSecurityDescriptor(parseSecurityDescriptor(bytes));
        expect(hex(buildSecurityDescriptor(parseSecurityDescriptor(once)))).toBe(hex(once));
      }),
      runs,
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void errorOf(bytes)), runs); // prettier-ignore
  });
});

describe('writing a security descriptor', () => {
  it.each<[string, Ace, string]>([
    ['a mask over 32 bits', { type: 0, flags: 0, mask: 2 ** 32, sid: system }, 'ACCESS_ALLOWED_ACE.mask'],
    [
      'GUIDs where there is no room',
      { type: 0, flags: 0, mask: 0, sid: system, objectType: '00000000-0000-0000-0000-000000000000' },
      'no GUIDs',
    ],
    ['a GUID that is none', { type: 5, flags: 0, mask: 0, sid: system, objectType: 'x' }, 'not a GUID'],
    ['data of odd length', { type: 0, flags: 0, mask: 0, sid: system, applicationData: new Uint8Array(1) }, 'no multiple of 4'],
    ['a mask and SID in an ACE of unknown type', { type: 0x20, flags: 0, mask: 0, sid: system }, 'given by its body'],
    ['an ACE over 64 KiB', { type: 0, flags: 0, mask: 0, sid: system, applicationData: new Uint8Array(0x10000) }, 'is not a u16'],
  ])('%s is refused', (_name, ace, message) => {
    const build = (): unknown => buildSecurityDescriptor({ control: 0, dacl: { aces: [ace] } });
    expect(build).toThrow(expect.objectContaining({ code: 'FORMAT_RANGE' }));
    expect(build).toThrow(message);
  });

  it('an ACL over 64 KiB is refused', () => {
    const ace: Ace = { type: 0, flags: 0, mask: 0, sid: system, applicationData: new Uint8Array(0xff00) };
    expect(() => buildSecurityDescriptor({ control: 0, dacl: { aces: [ace, ace] } })).toThrow('an ACL takes a multiple of 4 up to 65532');
  });
});
