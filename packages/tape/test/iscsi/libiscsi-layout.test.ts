import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ScsiSenseC, ScsiTask } from '../../src/iscsi/ffi/libiscsi.layout.js';
import { tempFolder } from '../support/target.js';

const missing = [
  ...(spawnSync('gcc', ['--version']).error === undefined ? [] : ['gcc']),
  ...(existsSync('/usr/include/iscsi/iscsi.h') ? [] : ['libiscsi-dev']),
];
const why = missing.length === 0 ? '' : ` (skipped: ${missing.join(' and ')} not installed)`;

/** C's names of the fields. */
const TASK = {
  status: 'status',
  cdbSize: 'cdb_size',
  direction: 'xfer_dir',
  expectedLength: 'expxferlen',
  cdb: 'cdb',
  residualStatus: 'residual_status',
  residual: 'residual',
  sense: 'sense',
  dataInSize: 'datain.size',
  dataIn: 'datain.data',
  memory: 'mem',
  pointer: 'ptr',
  taskTag: 'itt',
  commandNumber: 'cmdsn',
  unit: 'lun',
  vectorIn: 'iovector_in',
  vectorOut: 'iovector_out',
} as const;
const CONSTANTS = {
  SCSI_XFER_NONE: 0,
  SCSI_XFER_READ: 1,
  SCSI_XFER_WRITE: 2,
  SCSI_RESIDUAL_UNDERFLOW: 1,
  SCSI_STATUS_CANCELLED: 0x0f00_0000,
  SCSI_STATUS_TIMEOUT: 0x0f00_0002,
  ISCSI_SESSION_NORMAL: 2,
  ISCSI_HEADER_DIGEST_NONE: 0,
};

describe.skipIf(why)(`the structures of libiscsi${why}`, () => {
  it('stand in memory as its C headers say', () => {
    const folder = tempFolder();
    const lines = [
      ...Object.entries(TASK).map(([field, name]) => `printf("${field} %zu\\n", offsetof(struct scsi_task, ${name}));`),
      ...Object.keys(CONSTANTS).map((name) => `printf("${name} %lu\\n", (unsigned long)${name});`),
      'printf("taskSize %zu\\nsenseSize %zu\\n", sizeof(struct scsi_task), sizeof(struct scsi_sense));',
    ];
    const headers = ['stdio.h', 'stddef.h', 'iscsi/iscsi.h', 'iscsi/scsi-lowlevel.h'].map((name) => `#include <${name}>\n`).join('');
    writeFileSync(join(folder, 'a.c'), `${headers}int main(void) {\n${lines.join('\n')}\nreturn 0;\n}\n`);
    execFileSync('gcc', ['-o', join(folder, 'a'), join(folder, 'a.c')]);
    const printed = execFileSync(join(folder, 'a'), { encoding: 'utf8' }).trim().split('\n');
    const found: unknown = Object.fromEntries(printed.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]));
    const offsets = Object.fromEntries(Object.keys(TASK).map((field) => [field, ScsiTask.offsetOf(field as keyof typeof TASK)]));
    expect(found).toEqual({ ...offsets, ...CONSTANTS, taskSize: ScsiTask.size, senseSize: ScsiSenseC.size });
  });
});
