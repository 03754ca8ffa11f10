/*
 * A tape drive of Linux for a program that it is preloaded into (LD_PRELOAD): calls for the device $FAKE_TAPE, which may be any that is no
 * other program's business, are answered by a tape in memory as the driver "st" answers them (st(4)): one record a read, 0 bytes at a
 * filemark, EIO where a movement ends too early. Under Wine it stands behind `\\.\TAPE0`.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/mtio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tape-model.h"

static Tape tape;

static int is_tape(int fd) {
  static struct stat device;
  static int known = -1;
  struct stat s;
  if (known < 0) {
    const char *path = getenv("FAKE_TAPE");
    known = path && stat(path, &device) == 0;
    if (known) tape_new(&tape, 8 << 20);
  }
  return known && fstat(fd, &s) == 0 && s.st_dev == device.st_dev && s.st_ino == device.st_ino;
}

static int failed(int error) {
  errno = error;
  return -1;
}

static ssize_t read_tape(void *into, size_t size) {
  uint32_t bytes;
  switch (tape_read(&tape, into, (uint32_t)size, &bytes)) {
    case OK:
      return bytes;
    case FILEMARK_DETECTED:
      if (bytes) tape.at--; /* the mark is met by the next read */
      return bytes;
    case MORE_DATA:
      return failed(ENOMEM);
    case INVALID_PARAMETER:
      return failed(EINVAL);
    default:
      return failed(EIO);
  }
}

static ssize_t write_tape(const void *from, size_t size) {
  uint32_t bytes;
  switch (tape_write(&tape, from, (uint32_t)size, &bytes)) {
    case OK:
    case END_OF_MEDIA:
      return bytes;
    case INVALID_PARAMETER:
      return failed(EINVAL);
    default:
      return failed(ENOSPC);
  }
}

static int done(uint32_t status) { return status == OK || status == END_OF_MEDIA ? 0 : failed(EIO); }

static int operate(short operation, int count) {
  switch (operation) {
    case MTREW:
      return done(tape_position(&tape, 0, 0, 0));
    case MTFSF:
      return done(tape_position(&tape, 6, 0, count));
    case MTBSF:
      return done(tape_position(&tape, 6, 0, -count));
    case MTFSR:
      return done(tape_position(&tape, 5, 0, count));
    case MTBSR:
      return done(tape_position(&tape, 5, 0, -count));
    case MTFSS:
      return done(tape_position(&tape, 8, 0, count));
    case MTBSS:
      return done(tape_position(&tape, 8, 0, -count));
    case MTEOM:
      return done(tape_position(&tape, 4, 0, 0));
    case MTSEEK:
      return done(tape_position(&tape, 2, 0, count));
    case MTWEOF:
      return done(tape_write_marks(&tape, 1, (uint32_t)count));
    case MTWSM:
      return done(tape_write_marks(&tape, 0, (uint32_t)count));
    case MTERASE:
      return done(tape_erase(&tape));
    case MTLOAD:
    case MTOFFL:
    case MTUNLOAD:
      return done(tape_prepare(&tape, operation == MTLOAD ? 0 : 1));
    case MTRETEN:
      return done(tape_prepare(&tape, 2));
    case MTLOCK:
    case MTUNLOCK:
      return done(tape_prepare(&tape, operation == MTLOCK ? 3 : 4));
    case MTSETBLK:
      tape.block_size = (uint32_t)count;
      return 0;
    case MTCOMPRESSION:
      tape.compression = count;
      return 0;
    case MTMKPART: /* the size of the second one, or no second one */
      return done(count > 0 ? tape_partition(&tape, 2, 2, (uint32_t)count) : tape_partition(&tape, 0, 1, 0));
    case MTSETPART:
      return done(tape_position(&tape, 2, (uint32_t)count + 1, 0));
    case MTNOP:
      return 0;
    default:
      return failed(EINVAL);
  }
}

static void describe(struct mtget *into) {
  memset(into, 0, sizeof *into);
  into->mt_type = MT_ISSCSI2;
  into->mt_dsreg = tape.block_size;
  into->mt_gstat = tape.unloaded ? 0x00040000 /* GMT_DR_OPEN */ : 0x01000000 | (tape.at ? 0 : 0x40000000); /* GMT_ONLINE, GMT_BOT */
  for (uint32_t i = 0; i < tape.at; i++) {
    if (current(&tape)->entries[i].kind == FILEMARK) {
      into->mt_fileno++;
      into->mt_blkno = 0;
    } else {
      into->mt_blkno++;
    }
  }
}

int ioctl(int fd, unsigned long request, ...) {
  static int (*next)(int, unsigned long, void *);
  va_list arguments;
  void *argument;
  va_start(arguments, request);
  argument = va_arg(arguments, void *);
  va_end(arguments);
  if ((request >> 8 & 0xff) == 'm' && is_tape(fd)) {
    if (request == MTIOCTOP) return operate(((struct mtop *)argument)->mt_op, ((struct mtop *)argument)->mt_count);
    if (request == MTIOCGET) return describe(argument), 0;
    if (request == MTIOCPOS) return ((struct mtpos *)argument)->mt_blkno = tape.at, 0;
    return failed(EINVAL);
  }
  if (!next) next = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
  return next(fd, request, argument);
}

#define TRANSFER(name, memory, ours, parameters, arguments)             \
  ssize_t name(int fd, memory bytes, size_t size parameters) {          \
    static ssize_t (*next)(int, memory, size_t parameters);             \
    if (is_tape(fd)) return ours(bytes, size);                          \
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, #name);               \
    return next(fd, bytes, size arguments);                             \
  }
#define PLACE , off_t at
TRANSFER(read, void *, read_tape, , )
TRANSFER(write, const void *, write_tape, , )
#define AT , at
TRANSFER(pread, void *, read_tape, PLACE, AT)
TRANSFER(pwrite, const void *, write_tape, PLACE, AT)
TRANSFER(pread64, void *, read_tape, PLACE, AT)
TRANSFER(pwrite64, const void *, write_tape, PLACE, AT)
