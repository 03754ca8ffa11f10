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
typedef struct { uint32_t magic; ULONG flags; HANDLE file; DWORD fails, after; uint64_t done; } Context;

static LONG open_contexts;
static ULONG last_flags;
/*
 * Tests name a file and what calls on it answer with, after how many bytes (0: when it is opened), in WINBACK_MOCK_EFS_FAIL: `112 5000 name`.
 */
static DWORD failure(LPCWSTR name, DWORD *after) {
  WCHAR text[200], *at;
  LPCWSTR leaf = name + lstrlenW(name);
  DWORD error;
  if (!GetEnvironmentVariableW(L"WINBACK_MOCK_EFS_FAIL", text, 200)) return 0;
  error = wcstoul(text, &at, 10);
  *after = wcstoul(at, &at, 10);
  while (leaf > name && leaf[-1] != '\\') leaf--;
  return lstrcmpW(leaf, at + 1) ? 0 : error;
}
LONG WINAPI EXPORT(MockOpenContexts)(void) { return open_contexts; }
ULONG WINAPI EXPORT(MockLastFlags)(void) { return last_flags; }

DWORD WINAPI EXPORT(OpenEncryptedFileRawW)(LPCWSTR name, ULONG flags, PVOID *out) {
  DWORD after = 0, fails = failure(name, &after), attributes = GetFileAttributesW(name);
  WCHAR beside[2000];
  last_flags = flags;
  if (fails && after == 0) return fails;
  if (attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY) { /* the raw form of a folder stands beside it */
    if ((flags & 1) && !(flags & 2)) return ERROR_ACCESS_DENIED;
    lstrcpynW(beside, name, 1990);
    lstrcatW(beside, L".folder");
    name = beside;
  }
  HANDLE file = CreateFileW(name, (flags & 1) ? GENERIC_WRITE : GENERIC_READ, FILE_SHARE_READ, NULL, (flags & 1) ? CREATE_ALWAYS : OPEN_EXISTING, 0, NULL);
  if (file == INVALID_HANDLE_VALUE) return GetLastError();
  Context *context = calloc(1, sizeof *context);
  context->magic = MAGIC;
  context->flags = flags;
  context->file = file;
  context->fails = fails;
  context->after = after;
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
    if (context->fails && context->done >= context->after) return context->fails;
    if (!ReadFile(context->file, piece, PIECE, &n, NULL)) return GetLastError();
    context->done += n;
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
    if (context->fails && context->done >= context->after) return context->fails;
    context->done += length;
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
