import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { DOMAIN } from './sddl-descriptors.js';

/** Debian's Python, which has python3-samba, may not be the first in PATH. */
const PYTHON = ['python3', '/usr/bin/python3'].find((python) => spawnSync(python, ['-c', 'import samba']).status === 0);
export const noSamba = PYTHON === undefined ? ' (skipped: python3 cannot import samba, Debian package python3-samba)' : '';
const AUDIT = 'ntfssecaudit';
export const noAudit = spawnSync(AUDIT, ['-h', '/dev/null']).error
  ? ' (skipped: ntfssecaudit, Debian package ntfs-3g, is not installed)'
  : '';

export interface SambaCase {
  readonly hex: string;
  /** Left out where Samba has no words: asked for the SDDL of such bytes, it crashes. */
  readonly sddl?: string;
}

export interface SambaAnswer {
  /** The case's bytes, read and written again. */
  readonly hex?: string;
  /** SDDL of the case's bytes. */
  readonly sddl?: string;
  /** Bytes of the case's SDDL. */
  readonly fromSddl?: string;
  readonly readError?: string;
  readonly parseError?: string;
}

const SCRIPT = `
import json, sys
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
domain = security.dom_sid('${DOMAIN}')
answers = []
for case in json.load(sys.stdin):
    answer = {}
    answers.append(answer)
    try:
        descriptor = ndr_unpack(security.descriptor, bytes.fromhex(case['hex']))
        answer['hex'] = ndr_pack(descriptor).hex()
    except Exception as e: answer['readError'] = str(e)
    if 'sddl' not in case: continue
    try:
        answer['sddl'] = descriptor.as_sddl(domain)
        answer['fromSddl'] = ndr_pack(security.descriptor.from_sddl(case['sddl'], domain)).hex()
    except Exception as e: answer['parseError'] = str(e)
json.dump(answers, sys.stdout)
`;

export function askSamba(cases: readonly SambaCase[]): SambaAnswer[] {
  const input = JSON.stringify(cases);
  const { stdout, stderr, status } = spawnSync(PYTHON ?? 'python3', ['-c', SCRIPT], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as SambaAnswer[];
}

/**
 * What `ntfssecaudit -h` prints of a descriptor: the SIDs of owner and group, then type, flags, mask and SID of every ACE of the DACL
 * and of the SACL.
 */
export function audit(file: string, bytes: Uint8Array): readonly string[] {
  const rows = (
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,32}/g) ?? []
  ).map((row, i) => `${(16 * i).toString(16).padStart(6, '0')}  ${row.replace(/.{8}(?=.)/g, '$& ')}\n`);
  writeFileSync(file, rows.join(''));
  const { stdout } = spawnSync(AUDIT, ['-h', file], { encoding: 'utf8' });
  const found = stdout.matchAll(/^ +(?:O:|G:)?dec (S-\S+)|^ {12}(type) +(\d+)|^ {12}(flags) +0x(\w+)|^ {12}(Acc rgts) 0x(\w+)/gm);
  return [...found].map(([, sid, type, number, flags, bits, rights, mask]) => {
    if (sid !== undefined) return sid;
    return type ? `type ${number ?? ''}` : flags ? `flags ${bits ?? ''}` : rights ? `mask ${mask ?? ''}` : '';
  });
}
