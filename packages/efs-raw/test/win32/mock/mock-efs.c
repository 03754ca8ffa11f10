/*
 * A stand-in for the raw encryption calls of advapi32.dll, for tests under Wine, where those are stubs. It passes the bytes of plain files
 * as Microsoft documents the calls: export in pieces with the caller's own context, import until a length of 0, an error of the callback is
 * the error of the call. It says nothing about what Windows does with files.
 */
#define _ADVAPI32_ /* these calls are not imported, but made here */
#include <windows.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORT(name) __attribute__((dllexport)) name
#define MAGIC 0x53464557u
#define PIECE 5000

typedef DWORD(WINAPI *Exporting)(PBYTE data, PVOID context, ULONG length);
typedef DWORD(WINAPI *Importing)(PBYTE data, PVOID context, PULONG length);
typedef struct { uint32_t magic; ULONG flags; HANDLE file; } Context;

static LONG open_contexts;
static ULONG last_flags;
LONG WINAPI EXPORT(MockOpenContexts)(void) { return open_contexts; }
ULONG WINAPI EXPORT(MockLastFlags)(void) { return last_flags; }

DWORD WINAPI EXPORT(OpenEncryptedFileRawW)(LPCWSTR name, ULONG flags, PVOID *out) {
  HANDLE file = CreateFileW(name, (flags & 1) ? GENERIC_WRITE : GENERIC_READ, FILE_SHARE_READ, NULL, (flags & 1) ? CREATE_ALWAYS : OPEN_EXISTING, 0, NULL);
  last_flags = flags;
  if (file == INVALID_HANDLE_VALUE) return GetLastError();
  Context *context = calloc(1, sizeof *context);
  context->magic = MAGIC;
  context->flags = flags;
  context->file = file;
  open_contexts++;
  *out = context;
  return ERROR_SUCCESS;
}

DWORD WINAPI EXPORT(ReadEncryptedFileRaw)(Exporting callback, PVOID own, PVOID opaque) {
  Context *context = opaque;
  static BYTE piece[PIECE];
  if (context->magic != MAGIC || (context->flags & 1)) return ERROR_INVALID_PARAMETER;
  for (;;) {
    DWORD n = 0;
    if (!ReadFile(context->file, piece, PIECE, &n, NULL)) return GetLastError();
    DWORD error = callback(piece, own, n);
    if (error || n == 0) return error;
  }
}

DWORD WINAPI EXPORT(WriteEncryptedFileRaw)(Importing callback, PVOID own, PVOID opaque) {
  Context *context = opaque;
  static BYTE piece[PIECE];
  if (context->magic != MAGIC || !(context->flags & 1)) return ERROR_INVALID_PARAMETER;
  for (;;) {
    ULONG length = PIECE;
    DWORD written, error = callback(piece, own, &length);
    if (error || length == 0) return error;
    if (!WriteFile(context->file, piece, length, &written, NULL)) return GetLastError();
  }
}

VOID WINAPI EXPORT(CloseEncryptedFileRaw)(PVOID opaque) {
  Context *context = opaque;
  if (context->magic != MAGIC) return;
  CloseHandle(context->file);
  context->magic = 0;
  open_contexts--;
  free(context);
}
