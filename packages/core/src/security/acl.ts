import { FormatError } from '../errors/index.js';
import { buildAce, parseAce, type Ace } from './ace.js';
import { hasObjectForm } from './ace-form.js';
import { AclHeader } from './ace.layout.js';

const ACL_REVISION = 2;
const ACL_REVISION_DS = 4;

/** An access control list: a DACL or a SACL. */
export interface Acl {
  /** 2, or 4 with object ACEs in it; chosen so where it is not given. */
  readonly revision?: number;
  readonly aces: readonly Ace[];
  /** Bytes of the ACL behind its last ACE: room that was allocated and not used, with whatever stood in that memory. */
  readonly slack?: Uint8Array;
  /** Reserved, 0. */
  readonly sbz1?: number;
  /** Reserved, 0. */
  readonly sbz2?: number;
}

const wrong = (field: string, problem: string, offset: number, expected?: unknown, actual?: unknown): FormatError =>
  new FormatError('FORMAT_RANGE', problem, { struct: AclHeader.name, field, offset, expected, actual });

/**
 * Reads the ACL at `at`, up to the size that it names. `origin` is added to offsets in errors.
 * @throws FORMAT_SHORT, FORMAT_RANGE
 */
export function parseAcl(bytes: Uint8Array, at = 0, origin = 0): Acl {
  const head = AclHeader.decode(bytes, at, origin);
  const size = head.aclSize;
  const sizeAt = origin + at + AclHeader.offsetOf('aclSize');
  if (size < AclHeader.size || size % 4 !== 0) {
    throw wrong('aclSize', `${String(size)} is no size of an ACL: a multiple of 4 from 8`, sizeAt, 'multiple of 4', size);
  }
  const end = at + size;
  if (end > bytes.length) {
    throw new FormatError('FORMAT_SHORT', `needs ${String(size)} bytes, ${String(bytes.length - at)} left`, {
      struct: AclHeader.name,
      field: 'aclSize',
      offset: sizeAt,
      expected: size,
      actual: bytes.length - at,
    });
  }
  const aces: Ace[] = [];
  let next = at + AclHeader.size;
  const inside = bytes.subarray(0, end);
  for (let i = 0; i < head.aceCount; i++) {
    const { ace, size: taken } = parseAce(inside, next, origin);
    aces.push(ace);
    next += taken;
  }
  return {
    revision: head.aclRevision,
    aces,
    ...(next < end ? { slack: bytes.slice(next, end) } : {}),
    ...(head.sbz1 === 0 ? {} : { sbz1: head.sbz1 }),
    ...(head.sbz2 === 0 ? {} : { sbz2: head.sbz2 }),
  };
}

/** @throws FORMAT_RANGE when a number does not fit, or the ACL is over 65535 bytes or no multiple of 4 */
export function buildAcl(acl: Acl): Uint8Array {
  const aces = acl.aces.map(buildAce);
  const slack = acl.slack ?? new Uint8Array(0);
  const size = [...aces, slack].reduce((sum, part) => sum + part.length, AclHeader.size);
  if (size > 0xffff || size % 4 !== 0) {
    throw wrong(
      'aclSize',
      `${String(size)} bytes; an ACL takes a multiple of 4 up to 65532`,
      AclHeader.offsetOf('aclSize'),
      '8..65532',
      size,
    );
  }
  const head = AclHeader.encode({
    aclRevision: acl.revision ?? defaultAclRevision(acl.aces),
    sbz1: acl.sbz1 ?? 0,
    aclSize: size,
    aceCount: aces.length,
    sbz2: acl.sbz2 ?? 0,
  });
  return new Uint8Array(Buffer.concat([head, ...aces, slack]));
}

/** 4 where there are object ACEs, else 2, as Windows chooses. */
export const defaultAclRevision = (aces: readonly Ace[]): number =>
  aces.some((ace) => hasObjectForm(ace.type)) ? ACL_REVISION_DS : ACL_REVISION;
