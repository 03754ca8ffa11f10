/*
 * A stand-in for BackupRead, BackupWrite and BackupSeek of kernel32.dll, for tests under Wine, where those are stubs.
 * It does what Microsoft documents of the calls (buffers longer than a WIN32_STREAM_ID, a context that is made by the first call, is the
 * same in all others and freed by bAbort, 64-bit seeks within one stream's data), over real files: security descriptor, data and the
 * alternate streams that Wine keeps as files with a colon in their names. It says nothing about what Windows does with files.
 */
#include <windows.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((dllexport)) name
#define HEADER 20
#define MAGIC 0x4b434142u
enum { DATA = 1, SECURITY_DATA = 3, ALTERNATE_DATA = 4, SPARSE_BLOCK = 9 };

typedef struct {
  uint32_t id, attributes;
  uint64_t size;
  uint32_t name_size;
  WCHAR name[300];
} Stream;

typedef struct {
  uint32_t magic;
  BOOL writing;
  HANDLE file;
  /* reading: the streams; writing: the current one */
  Stream streams[64];
  int count, current;
  uint8_t head[HEADER + 600 + 8];
  uint32_t head_size, head_at;
  uint64_t at;     /* within the data of the current stream */
  HANDLE target;   /* where its data is */
  HANDLE owner;    /* writing: what sparse blocks belong to */
  uint64_t offset; /* writing: of a sparse block */
  uint8_t *security;
  DWORD security_size;
} Context;

/* Set by tests: reading DATA between these positions fails, as on a damaged disk. */
static uint64_t fail_from, fail_to;
static DWORD fail_error;
static LONG contexts;

void EXPORT(MockFailBetween)(uint64_t from, uint64_t to, DWORD error) {
  fail_from = from;
  fail_to = to;
  fail_error = error;
}
/* Contexts that nobody has freed. */
LONG EXPORT(MockContexts)(void) { return contexts; }

static BOOL fail(DWORD error) {
  SetLastError(error);
  return FALSE;
}

static void close_target(Context *c) {
  if (c->target != INVALID_HANDLE_VALUE && c->target != c->file && c->target != c->owner) CloseHandle(c->target);
  c->target = INVALID_HANDLE_VALUE;
}

static void release(void **context) {
  Context *c = *context;
  if (!c) return;
  close_target(c);
  if (c->owner != INVALID_HANDLE_VALUE && c->owner != c->file) CloseHandle(c->owner);
  free(c->security);
  c->magic = 0;
  free(c);
  *context = NULL;
  InterlockedDecrement(&contexts);
}

static Context *context_of(HANDLE file, void **context, BOOL writing, BOOL *made) {
  Context *c = *context;
  *made = FALSE;
  if (c) return c->magic == MAGIC && c->file == file && c->writing == writing ? c : NULL;
  c = calloc(1, sizeof *c);
  c->magic = MAGIC;
  c->writing = writing;
  c->file = file;
  c->current = -1;
  c->target = c->owner = INVALID_HANDLE_VALUE;
  *context = c;
  *made = TRUE;
  InterlockedIncrement(&contexts);
  return c;
}

static BOOL transfer(HANDLE file, uint64_t at, void *bytes, DWORD size, DWORD *done, BOOL write) {
  OVERLAPPED place;
  memset(&place, 0, sizeof place);
  place.Offset = (DWORD)at;
  place.OffsetHigh = (DWORD)(at >> 32);
  return write ? WriteFile(file, bytes, size, done, &place) : ReadFile(file, bytes, size, done, &place);
}

static BOOL path_of(HANDLE file, WCHAR *path, DWORD room) {
  DWORD length = GetFinalPathNameByHandleW(file, path, room, 0);
  return length > 0 && length < room;
}

static HANDLE open_alternate(HANDLE file, const WCHAR *name, DWORD access, DWORD disposition) {
  WCHAR path[4096 + 300];
  WCHAR *end;
  if (!path_of(file, path, 4096)) return INVALID_HANDLE_VALUE;
  lstrcatW(path, name);
  end = path + lstrlenW(path) - 6;
  if (!lstrcmpW(end, L":$DATA")) *end = 0;
  return CreateFileW(path, access, 7, NULL, disposition, 0, NULL);
}

static Stream *add_stream(Context *c, uint32_t id, uint32_t attributes, uint64_t size) {
  Stream *s = &c->streams[c->count++];
  s->id = id;
  s->attributes = attributes;
  s->size = size;
  return s;
}

static void find_alternates(Context *c) {
  WCHAR path[4096], pattern[4096 + 2], *leaf;
  WIN32_FIND_DATAW found;
  HANDLE search;
  int length;
  if (!path_of(c->file, path, 4096)) return;
  leaf = path + lstrlenW(path);
  while (leaf > path && leaf[-1] != '\\') leaf--;
  length = lstrlenW(leaf);
  lstrcpynW(pattern, path, (int)(leaf - path) + 1);
  lstrcatW(pattern, L"*");
  search = FindFirstFileW(pattern, &found);
  if (search == INVALID_HANDLE_VALUE) return;
  do {
    if (!wcsncmp(found.cFileName, leaf, length) && found.cFileName[length] == ':' && c->count < 64) {
      Stream *s = add_stream(c, ALTERNATE_DATA, 0, ((uint64_t)found.nFileSizeHigh << 32) | found.nFileSizeLow);
      lstrcpyW(s->name, found.cFileName + length);
      lstrcatW(s->name, L":$DATA");
      s->name_size = (uint32_t)lstrlenW(s->name) * 2;
    }
  } while (FindNextFileW(search, &found));
  FindClose(search);
}

static BOOL find_streams(Context *c, BOOL security) {
  BY_HANDLE_FILE_INFORMATION info;
  if (!GetFileInformationByHandle(c->file, &info)) return FALSE;
  if (security) {
    DWORD what = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    GetKernelObjectSecurity(c->file, what, NULL, 0, &c->security_size);
    c->security = malloc(c->security_size + 1);
    if (!GetKernelObjectSecurity(c->file, what, c->security, c->security_size, &c->security_size)) return FALSE;
    add_stream(c, SECURITY_DATA, 2, c->security_size);
  }
  if (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) return TRUE;
  add_stream(c, DATA, 0, ((uint64_t)info.nFileSizeHigh << 32) | info.nFileSizeLow);
  find_alternates(c);
  return TRUE;
}

static void write_head(Context *c, const Stream *s) {
  memcpy(c->head, &s->id, 4);
  memcpy(c->head + 4, &s->attributes, 4);
  memcpy(c->head + 8, &s->size, 8);
  memcpy(c->head + 16, &s->name_size, 4);
  memcpy(c->head + HEADER, s->name, s->name_size);
  c->head_size = HEADER + s->name_size;
  c->head_at = 0;
}

static BOOL read_data(Context *c, const Stream *s, BYTE *into, DWORD size, DWORD *done) {
  uint64_t left = s->size - c->at;
  if (size > left) size = (DWORD)left;
  if (s->id == SECURITY_DATA) {
    memcpy(into, c->security + c->at, *done = size);
    return TRUE;
  }
  if (s->id == DATA && fail_error && c->at < fail_to && c->at + size > fail_from) return fail(fail_error);
  if (c->target == INVALID_HANDLE_VALUE) c->target = s->id == DATA ? c->file : open_alternate(c->file, s->name, GENERIC_READ, OPEN_EXISTING);
  if (!transfer(c->target, c->at, into, size, done, FALSE)) return GetLastError() == ERROR_HANDLE_EOF ? (*done = 0, TRUE) : FALSE;
  return TRUE;
}

BOOL WINAPI EXPORT(MockRead)(HANDLE, LPBYTE, DWORD, LPDWORD, BOOL, BOOL, LPVOID *) __asm__("BackupRead");
BOOL WINAPI MockRead(HANDLE file, LPBYTE into, DWORD size, LPDWORD read, BOOL abort, BOOL security, LPVOID *context) {
  BOOL made;
  Context *c;
  *read = 0;
  if (abort) return release(context), TRUE;
  if (size <= HEADER) return fail(ERROR_INVALID_PARAMETER);
  c = context_of(file, context, FALSE, &made);
  if (!c) return fail(ERROR_INVALID_PARAMETER);
  if (made && !find_streams(c, security)) return FALSE;
  while (*read < size) {
    Stream *s = c->current >= 0 ? &c->streams[c->current] : NULL;
    DWORD done = 0;
    if (c->head_at < c->head_size) {
      done = c->head_size - c->head_at;
      if (done > size - *read) done = size - *read;
      memcpy(into + *read, c->head + c->head_at, done);
      c->head_at += done;
    } else if (s && c->at < s->size) {
      if (!read_data(c, s, into + *read, size - *read, &done)) return *read > 0 ? TRUE : FALSE;
      if (done == 0) return TRUE; /* it has become shorter: nothing more */
      c->at += done;
    } else {
      close_target(c);
      if (c->current + 1 >= c->count) return TRUE;
      c->at = 0;
      write_head(c, &c->streams[++c->current]);
    }
    *read += done;
  }
  return TRUE;
}

/* The header of the next stream is complete. */
static BOOL begin_stream(Context *c) {
  Stream *s = &c->streams[0];
  close_target(c);
  c->at = 0;
  if (s->id == DATA) c->target = c->file;
  else if (s->id == ALTERNATE_DATA) c->target = open_alternate(c->file, s->name, GENERIC_WRITE, CREATE_ALWAYS);
  else if (s->id == SPARSE_BLOCK) {
    memcpy(&c->offset, c->head + HEADER, 8);
    c->target = c->owner;
    s->size -= 8;
    if (s->size == 0) {
      LARGE_INTEGER end;
      end.QuadPart = (LONGLONG)c->offset;
      return SetFilePointerEx(c->target, end, NULL, FILE_BEGIN) && SetEndOfFile(c->target);
    }
  } else return fail(ERROR_INVALID_DATA);
  if (s->id != SPARSE_BLOCK) {
    if (c->owner != INVALID_HANDLE_VALUE && c->owner != c->file) CloseHandle(c->owner);
    c->owner = c->target;
    c->offset = 0;
  }
  return c->target != INVALID_HANDLE_VALUE;
}

static uint32_t wanted_head(const Context *c) {
  uint32_t id, name_size;
  if (c->head_at < HEADER) return HEADER;
  memcpy(&id, c->head, 4);
  memcpy(&name_size, c->head + 16, 4);
  if (name_size > 598) return 0;
  return HEADER + name_size + (id == SPARSE_BLOCK ? 8 : 0);
}

BOOL WINAPI EXPORT(MockWrite)(HANDLE, LPBYTE, DWORD, LPDWORD, BOOL, BOOL, LPVOID *) __asm__("BackupWrite");
BOOL WINAPI MockWrite(HANDLE file, LPBYTE from, DWORD size, LPDWORD written, BOOL abort, BOOL security, LPVOID *context) {
  BOOL made;
  Context *c;
  (void)security;
  *written = 0;
  if (abort) return release(context), TRUE;
  if (size <= HEADER) return fail(ERROR_INVALID_PARAMETER);
  c = context_of(file, context, TRUE, &made);
  if (!c) return fail(ERROR_INVALID_PARAMETER);
  while (*written < size) {
    Stream *s = &c->streams[0];
    DWORD room = size - *written, done = 0;
    if (c->current == 0 && c->at < s->size) {
      if (room > s->size - c->at) room = (DWORD)(s->size - c->at);
      if (!transfer(c->target, c->offset + c->at, from + *written, room, &done, TRUE)) return FALSE;
      c->at += done;
    } else {
      uint32_t wanted = wanted_head(c);
      if (c->current == 0) {
        c->current = -1;
        c->head_at = 0;
        continue;
      }
      if (wanted == 0) return fail(ERROR_INVALID_DATA);
      done = wanted - c->head_at;
      if (done > room) done = room;
      memcpy(c->head + c->head_at, from + *written, done);
      c->head_at += done;
      if (c->head_at == wanted_head(c)) {
        memcpy(&s->id, c->head, 4);
        memcpy(&s->attributes, c->head + 4, 4);
        memcpy(&s->size, c->head + 8, 8);
        memcpy(&s->name_size, c->head + 16, 4);
        memset(s->name, 0, sizeof s->name);
        memcpy(s->name, c->head + HEADER, s->name_size);
        c->current = 0;
        if (!begin_stream(c)) return FALSE;
      }
    }
    *written += done;
  }
  return TRUE;
}

BOOL WINAPI EXPORT(MockSeek)(HANDLE, DWORD, DWORD, LPDWORD, LPDWORD, LPVOID *) __asm__("BackupSeek");
BOOL WINAPI MockSeek(HANDLE file, DWORD low, DWORD high, LPDWORD low_done, LPDWORD high_done, LPVOID *context) {
  Context *c = *context;
  uint64_t wanted = ((uint64_t)high << 32) | low, left;
  *low_done = *high_done = 0;
  if (!c || c->magic != MAGIC || c->file != file) return fail(ERROR_INVALID_PARAMETER);
  if (c->current < 0 || c->head_at < c->head_size) return fail(ERROR_SEEK);
  left = c->streams[c->current].size - c->at;
  if (wanted > left) {
    c->at += left;
    *low_done = (DWORD)left;
    *high_done = (DWORD)(left >> 32);
    return fail(ERROR_SEEK);
  }
  c->at += wanted;
  *low_done = low;
  *high_done = high;
  return TRUE;
}
