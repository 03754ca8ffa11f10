// iscsi-tape PORTAL TARGET LUN MEGABYTES BLOCKSIZE: writes, rewinds and reads blocks of a tape with libiscsi alone, one command after another, and says
// for how many seconds it transferred.
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct iscsi_context *session;
static int unit;

static void command(unsigned char code, unsigned char flags, int length, int direction, unsigned char *data, int size) {
  unsigned char cdb[6] = {code, flags, length >> 16, length >> 8, length, 0};
  struct scsi_task *task = scsi_create_task(sizeof cdb, cdb, direction, size);
  if (direction == SCSI_XFER_READ) scsi_task_add_data_in_buffer(task, size, data);
  if (direction == SCSI_XFER_WRITE) scsi_task_add_data_out_buffer(task, size, data);
  if (!iscsi_scsi_command_sync(session, unit, task, NULL) || task->status != SCSI_STATUS_GOOD) {
    fprintf(stderr, "command %02x: %s\n", code, iscsi_get_error(session));
    exit(1);
  }
  scsi_free_scsi_task(task);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **words) {
  if (count != 6) return 2;
  unit = atoi(words[3]);
  int size = atoi(words[5]);
  long blocks = atol(words[4]) * 1048576 / size;
  unsigned char *data = malloc(size);
  memset(data, 0x5a, size);
  session = iscsi_create_context("iqn.2026-01.winback.bench:c");
  iscsi_set_targetname(session, words[2]);
  iscsi_set_session_type(session, ISCSI_SESSION_NORMAL);
  if (iscsi_full_connect_sync(session, words[1], unit) != 0) {
    fprintf(stderr, "%s\n", iscsi_get_error(session));
    return 1;
  }
  command(0x01, 0, 0, SCSI_XFER_NONE, NULL, 0);
  double started = now();
  for (long i = 0; i < blocks; i++) command(0x0a, 0, size, SCSI_XFER_WRITE, data, size);
  command(0x10, 0, 1, SCSI_XFER_NONE, NULL, 0);
  command(0x01, 0, 0, SCSI_XFER_NONE, NULL, 0);
  for (long i = 0; i < blocks; i++) command(0x08, 0, size, SCSI_XFER_READ, data, size);
  printf("%f\n", now() - started);
  iscsi_logout_sync(session);
  return 0;
}
