/*
 * A tape drive with a cartridge in memory, in plain C: blocks of variable or fixed size, filemarks and setmarks, partitions, an early warning.
 * Answers are numbers of winerror.h, as Microsoft documents them for the tape backup functions. tapemock.c and faketape.c are made of it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  OK = 0,
  NOT_SUPPORTED = 50,
  INVALID_PARAMETER = 87,
  WRITE_PROTECT = 19,
  MORE_DATA = 234,
  END_OF_MEDIA = 1100,
  FILEMARK_DETECTED,
  BEGINNING_OF_MEDIA,
  SETMARK_DETECTED,
  NO_DATA_DETECTED,
  PARTITION_FAILURE,
  INVALID_BLOCK_LENGTH,
  DEVICE_NOT_PARTITIONED,
  UNABLE_TO_UNLOAD_MEDIA = 1109,
  NO_MEDIA_IN_DRIVE = 1112,
  EOM_OVERFLOW = 1129
};

typedef enum { BLOCK, FILEMARK, SETMARK } Kind;
typedef struct {
  Kind kind;
  uint32_t size;
  uint8_t *data;
} Entry;

enum { MOST_PARTITIONS = 4 };
typedef struct {
  Entry *entries;
  uint32_t count, room;
  uint64_t capacity;
} Partition;

typedef struct {
  Partition partitions[MOST_PARTITIONS];
  uint32_t partition_count, partition; /* from 1 */
  uint32_t at;
  uint32_t block_size, warning_zone;
  int unloaded, locked, write_protected, compression, report_setmarks;
} Tape;

static Partition *current(Tape *t) { return &t->partitions[t->partition - 1]; }

static void cut(Partition *p, uint32_t count) {
  while (p->count > count) free(p->entries[--p->count].data);
}

static uint64_t whole(const Tape *t) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < t->partition_count; i++) sum += t->partitions[i].capacity;
  return sum;
}

static uint64_t used(Tape *t) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < t->at; i++) sum += current(t)->entries[i].size;
  return sum;
}

static void tape_begin(Tape *t) {
  t->partition = 1;
  t->at = 0;
}

static uint32_t tape_divide(Tape *t, uint32_t count, const uint64_t *capacities) {
  if (t->write_protected) return WRITE_PROTECT;
  for (uint32_t i = 0; i < MOST_PARTITIONS; i++) {
    cut(&t->partitions[i], 0);
    t->partitions[i].capacity = i < count ? capacities[i] : 0;
  }
  t->partition_count = count;
  tape_begin(t);
  return OK;
}

static void tape_new(Tape *t, uint64_t capacity) {
  t->write_protected = t->unloaded = t->locked = 0;
  t->compression = t->report_setmarks = 1;
  t->block_size = 0;
  t->warning_zone = 0x10000;
  tape_divide(t, 1, &capacity);
}

static void append(Tape *t, Kind kind, const uint8_t *data, uint32_t size) {
  Partition *p = current(t);
  Entry entry = {kind, size, NULL};
  cut(p, t->at);
  if (p->count == p->room) {
    p->room = p->room ? 2 * p->room : 64;
    p->entries = realloc(p->entries, p->room * sizeof *p->entries);
  }
  if (size) memcpy(entry.data = malloc(size), data, size);
  p->entries[p->count++] = entry;
  t->at++;
}

static uint32_t warning(Tape *t) { return current(t)->capacity - used(t) < t->warning_zone ? END_OF_MEDIA : OK; }

/* `bytes` is what stands in the memory, also of a call that does not answer OK. */
static uint32_t tape_read(Tape *t, uint8_t *into, uint32_t size, uint32_t *bytes) {
  *bytes = 0;
  if (t->block_size && size % t->block_size) return INVALID_PARAMETER;
  do {
    Entry *e;
    if (t->at >= current(t)->count) return NO_DATA_DETECTED;
    e = &current(t)->entries[t->at++];
    if (e->kind == SETMARK && !t->report_setmarks) continue;
    if (e->kind != BLOCK) return e->kind == FILEMARK ? FILEMARK_DETECTED : SETMARK_DETECTED;
    if (t->block_size && e->size != t->block_size) return INVALID_BLOCK_LENGTH;
    memcpy(into + *bytes, e->data, e->size < size ? e->size : size);
    *bytes += e->size < size ? e->size : size;
    if (e->size > size) return MORE_DATA;
    if (!t->block_size) break;
  } while (*bytes < size);
  return OK;
}

static uint32_t tape_write(Tape *t, const uint8_t *from, uint32_t size, uint32_t *bytes) {
  uint32_t block = t->block_size ? t->block_size : size;
  *bytes = 0;
  if (t->write_protected) return WRITE_PROTECT;
  if (block && size % block) return INVALID_PARAMETER;
  for (uint32_t at = 0; at < size; at += block) {
    if (used(t) + block > current(t)->capacity) return EOM_OVERFLOW;
    append(t, BLOCK, from + at, block);
  }
  *bytes = size;
  return warning(t);
}

/* Types: 0 setmarks, 1 to 3 filemarks. */
static uint32_t tape_write_marks(Tape *t, uint32_t type, uint32_t count) {
  if (type > 3) return NOT_SUPPORTED;
  if (!count) return OK;
  if (t->write_protected) return WRITE_PROTECT;
  while (count--) append(t, type ? FILEMARK : SETMARK, NULL, 0);
  return warning(t);
}

static uint32_t tape_erase(Tape *t) {
  if (t->write_protected) return WRITE_PROTECT;
  cut(current(t), t->at);
  return OK;
}

/* TAPE_LOAD to TAPE_FORMAT */
static uint32_t tape_prepare(Tape *t, uint32_t operation) {
  uint64_t capacity = whole(t);
  switch (operation) {
    case 0:
    case 2:
      t->unloaded = 0;
      break;
    case 1:
      if (t->locked) return UNABLE_TO_UNLOAD_MEDIA;
      t->unloaded = 1;
      break;
    case 3:
    case 4:
      t->locked = operation == 3;
      return OK;
    case 5:
      return tape_divide(t, 1, &capacity);
    default:
      return NOT_SUPPORTED;
  }
  tape_begin(t);
  return OK;
}

/* TAPE_FIXED_PARTITIONS, TAPE_SELECT_PARTITIONS, TAPE_INITIATOR_PARTITIONS */
static uint32_t tape_partition(Tape *t, uint32_t method, uint32_t count, uint32_t megabytes) {
  uint64_t all = whole(t), second = (uint64_t)megabytes << 20, capacities[MOST_PARTITIONS];
  if (method > 2) return NOT_SUPPORTED;
  if (method == 0) count = 1;
  if (count < 1 || count > MOST_PARTITIONS) return INVALID_PARAMETER;
  for (uint32_t i = 0; i < count; i++) capacities[i] = all / count;
  if (method == 2) {
    if (count != 2 || second >= all) return PARTITION_FAILURE;
    capacities[0] = all - second;
    capacities[1] = second;
  }
  return tape_divide(t, count, capacities);
}

/* One step over an entry, -1 at either end. */
static int step(Tape *t, int forward) {
  if (forward ? t->at >= current(t)->count : t->at == 0) return -1;
  if (!forward) t->at--;
  return current(t)->entries[forward ? t->at++ : t->at].kind;
}

static uint32_t end_of(int forward) { return forward ? NO_DATA_DETECTED : BEGINNING_OF_MEDIA; }

static uint32_t space_blocks(Tape *t, int64_t count) {
  int forward = count > 0;
  for (int64_t left = forward ? count : -count; left > 0;) {
    int kind = step(t, forward);
    if (kind < 0) return end_of(forward);
    if (kind == SETMARK && !t->report_setmarks) continue;
    if (kind != BLOCK) return kind == FILEMARK ? FILEMARK_DETECTED : SETMARK_DETECTED;
    left--;
  }
  return OK;
}

/* Over `count` times `in_row` marks that nothing stands between. */
static uint32_t space_marks(Tape *t, Kind wanted, int forward, int64_t count, int64_t in_row) {
  for (int64_t row = 0; count > 0;) {
    int kind = step(t, forward);
    if (kind < 0) return end_of(forward);
    row = kind == (int)wanted ? row + 1 : 0;
    if (row < in_row) continue;
    row = 0;
    count--;
  }
  return OK;
}

static uint32_t locate(Tape *t, uint32_t partition, uint64_t offset) {
  if (partition > t->partition_count) return DEVICE_NOT_PARTITIONED;
  if (partition) t->partition = partition;
  t->at = offset < current(t)->count ? (uint32_t)offset : current(t)->count;
  return offset == UINT64_MAX || offset <= current(t)->count ? OK : NO_DATA_DETECTED;
}

/* TAPE_REWIND to TAPE_SPACE_SEQUENTIAL_SMKS */
static uint32_t tape_position(Tape *t, uint32_t method, uint32_t partition, int64_t offset) {
  int64_t many = offset < 0 ? -offset : offset;
  switch (method) {
    case 0:
      t->at = 0;
      return OK;
    case 1:
      return locate(t, 0, (uint64_t)offset);
    case 2:
      return locate(t, partition, (uint64_t)offset);
    case 4:
      return locate(t, partition, UINT64_MAX);
    case 5:
      return space_blocks(t, offset);
    case 6:
    case 8:
      return space_marks(t, method == 6 ? FILEMARK : SETMARK, offset > 0, many, 1);
    case 7:
    case 9:
      return space_marks(t, method == 7 ? FILEMARK : SETMARK, offset > 0, many > 0, many);
    default:
      return NOT_SUPPORTED;
  }
}
