import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AnyStruct } from '@winback/core';
import { Gmt, Mtio, MtOp, SetOptions, StOption } from '../../src/linux/mtio.js';
import { Mtget, Mtop, Mtpos, SgIoHeader } from '../../src/linux/mtio.layout.js';

/** Structures of C, with our fields by the names of C. */
const TABLES: readonly [AnyStruct, type: string, fields: Readonly<Record<string, string>>][] = [
  [Mtop, 'struct mtop', { operation: 'mt_op', count: 'mt_count' }],
  [
    Mtget,
    'struct mtget',
    {
      type: 'mt_type', partition: 'mt_resid', blockSize: 'mt_dsreg', status: 'mt_gstat', softErrors: 'mt_erreg', file: 'mt_fileno', block: 'mt_blkno',
    },
  ], // prettier-ignore
  [Mtpos, 'struct mtpos', { block: 'mt_blkno' }],
  [
    SgIoHeader,
    'sg_io_hdr_t',
    {
      interfaceId: 'interface_id', direction: 'dxfer_direction', commandLength: 'cmd_len', senseLength: 'mx_sb_len', vectorCount: 'iovec_count',
      dataLength: 'dxfer_len', data: 'dxferp', command: 'cmdp', sense: 'sbp', timeout: 'timeout', flags: 'flags', packId: 'pack_id', user: 'usr_ptr',
      status: 'status', maskedStatus: 'masked_status', messageStatus: 'msg_status', senseWritten: 'sb_len_wr', hostStatus: 'host_status',
      driverStatus: 'driver_status', residual: 'resid', duration: 'duration', info: 'info',
    },
  ], // prettier-ignore
];

const withPrefix = (prefix: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
const CONSTANTS: Readonly<Record<string, number>> = {
  ...withPrefix('MTIOC', Mtio),
  ...withPrefix('MT', MtOp),
  ...withPrefix('MT_ST_', StOption),
  MT_ST_SETBOOLEANS: SetOptions.SET,
  MT_ST_CLEARBOOLEANS: SetOptions.CLEAR,
};

const HEADERS = ['linux/mtio.h', 'scsi/sg.h', 'stddef.h', 'stdio.h'].map((name) => `#include <${name}>`).join('\n');

/** What a C compiler makes of expressions; undefined where there is none. */
function inC(expressions: readonly string[]): number[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'winback-'));
  try {
    const lines = expressions.map((text) => `printf("%llu\\n", (unsigned long long)(${text}));`);
    writeFileSync(join(folder, 'x.c'), `${HEADERS}\nint main(void) { ${lines.join('\n')} return 0; }`);
    execFileSync('gcc', ['-o', join(folder, 'x'), join(folder, 'x.c')], { stdio: 'pipe' });
    return execFileSync(join(folder, 'x'), { encoding: 'latin1' }).trim().split('\n').map(Number);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(process.platform !== 'linux')("st's structures and numbers (needs Linux)", () => {
  for (const [table, type, fields] of TABLES) {
    it(`${type} lies in memory as a C compiler lays it`, (context) => {
      const found = inC([`sizeof(${type})`, ...Object.values(fields).map((name) => `offsetof(${type}, ${name})`)]);
      if (found === undefined) return context.skip('needs gcc');
      const offsets = new Map(table.rows.map(([offset, field]) => [field, offset]));
      expect(found).toEqual([table.size, ...Object.keys(fields).map((field) => offsets.get(field))]);
      const named = table.rows.map(([, field]) => field).filter((field) => !field.startsWith('reserved'));
      expect(Object.keys(fields).sort()).toEqual(named.sort());
    });
  }

  it('has the numbers of the headers', (context) => {
    const found = inC([...Object.keys(CONSTANTS), ...Object.keys(Gmt).map((name) => `GMT_${name}(0xffffffffUL)`)]);
    if (found === undefined) return context.skip('needs gcc');
    expect(found).toEqual([...Object.values(CONSTANTS), ...Object.values(Gmt)]);
  });
});
