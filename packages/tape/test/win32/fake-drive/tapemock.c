/*
 * The functions of kernel32.dll that tape drives need, over a tape in memory: what the driver calls in its place in tests. It shows that
 * arguments, structures, counts and positions of 64 bits are passed as Microsoft declares them; structures and constants are those of the
 * system's own headers. `\\.\TAPE0` is the one drive there is.
 */
#include <windef.h>
#include <winnt.h>
#include <wchar.h>
#include "tape-model.h"

#define EXPORT __declspec(dllexport)
__declspec(dllimport) void WINAPI SetLastError(DWORD error);

static const HANDLE HANDLE_OF_TAPE = (HANDLE)0x7ea0;
static Tape tape;
static BOOL is_open;
static DWORD next_error;
static BOOL last_immediate;

/* For tests: another cartridge. */
EXPORT void WINAPI MockCartridge(UINT64 capacity, BOOL write_protected) {
  tape_new(&tape, capacity);
  tape.write_protected = write_protected;
}
/* For tests: what the next call fails with. */
EXPORT void WINAPI MockFail(DWORD error) { next_error = error; }

/* For tests: whether the last call that can was told not to wait. */
EXPORT BOOL WINAPI MockImmediate(void) { return last_immediate; }

static BOOL answer(DWORD error) {
  SetLastError(error);
  return error == OK;
}

/* What every call meets first; `medium`: that it needs a cartridge. */
static DWORD ready(HANDLE device, BOOL medium) {
  DWORD error = next_error;
  next_error = OK;
  if (device != HANDLE_OF_TAPE || !is_open) return 6; /* ERROR_INVALID_HANDLE */
  if (error) return error;
  return medium && tape.unloaded ? NO_MEDIA_IN_DRIVE : OK;
}

EXPORT HANDLE WINAPI CreateFileW(LPCWSTR name, DWORD access, DWORD share, void *security, DWORD disposition, DWORD flags, HANDLE template) {
  DWORD error = next_error;
  next_error = OK;
  if (!tape.partition_count) tape_new(&tape, 8 << 20);
  if (!error && (access != (GENERIC_READ | GENERIC_WRITE) || share || security || disposition != 3 || flags || template)) error = 87;
  if (!error && wcscmp(name, L"\\\\.\\TAPE0")) error = 2;
  if (!error && is_open) error = 32;
  if (!answer(error)) return (HANDLE)(LONG_PTR)-1;
  is_open = TRUE;
  return HANDLE_OF_TAPE;
}

EXPORT BOOL WINAPI CloseHandle(HANDLE device) {
  if (device != HANDLE_OF_TAPE || !is_open) return answer(6);
  is_open = FALSE;
  return TRUE;
}

EXPORT BOOL WINAPI ReadFile(HANDLE device, void *into, DWORD size, DWORD *read, void *overlapped) {
  uint32_t bytes = 0;
  DWORD error = ready(device, TRUE);
  if (!error && (overlapped || (size && (ULONG_PTR)into % 512))) error = 87;
  if (!error) error = tape_read(&tape, into, size, &bytes);
  *read = bytes;
  return answer(error);
}

EXPORT BOOL WINAPI WriteFile(HANDLE device, const void *from, DWORD size, DWORD *written, void *overlapped) {
  uint32_t bytes = 0;
  DWORD error = ready(device, TRUE);
  if (!error && (overlapped || (size && (ULONG_PTR)from % 512))) error = 87;
  if (!error) error = tape_write(&tape, from, size, &bytes);
  *written = bytes;
  return answer(error);
}

#define LOW                                                                                                                               \
  (TAPE_DRIVE_FIXED | TAPE_DRIVE_SELECT | TAPE_DRIVE_INITIATOR | TAPE_DRIVE_ERASE_SHORT | TAPE_DRIVE_ERASE_LONG |                         \
   TAPE_DRIVE_TAPE_CAPACITY | TAPE_DRIVE_TAPE_REMAINING | TAPE_DRIVE_FIXED_BLOCK | TAPE_DRIVE_VARIABLE_BLOCK | TAPE_DRIVE_WRITE_PROTECT | \
   TAPE_DRIVE_EOT_WZ_SIZE | TAPE_DRIVE_SET_EOT_WZ_SIZE | TAPE_DRIVE_COMPRESSION | TAPE_DRIVE_REPORT_SMKS | TAPE_DRIVE_GET_ABSOLUTE_BLK |  \
   TAPE_DRIVE_GET_LOGICAL_BLK | TAPE_DRIVE_EJECT_MEDIA)
#define HIGH                                                                                                                            \
  (TAPE_DRIVE_LOAD_UNLOAD | TAPE_DRIVE_TENSION | TAPE_DRIVE_LOCK_UNLOCK | TAPE_DRIVE_SET_BLOCK_SIZE | TAPE_DRIVE_SET_COMPRESSION |      \
   TAPE_DRIVE_SET_REPORT_SMKS | TAPE_DRIVE_ABSOLUTE_BLK | TAPE_DRIVE_LOGICAL_BLK | TAPE_DRIVE_END_OF_DATA | TAPE_DRIVE_RELATIVE_BLKS | \
   TAPE_DRIVE_FILEMARKS | TAPE_DRIVE_SEQUENTIAL_FMKS | TAPE_DRIVE_SETMARKS | TAPE_DRIVE_SEQUENTIAL_SMKS | TAPE_DRIVE_REVERSE_POSITION | \
   TAPE_DRIVE_WRITE_SETMARKS | TAPE_DRIVE_WRITE_FILEMARKS | TAPE_DRIVE_WRITE_SHORT_FMKS | TAPE_DRIVE_WRITE_LONG_FMKS | TAPE_DRIVE_FORMAT)

EXPORT DWORD WINAPI GetTapeParameters(HANDLE device, DWORD operation, DWORD *size, void *into) {
  DWORD error = ready(device, operation == 0), needed;
  if (error) return error;
  if (operation > 1) return 87;
  needed = operation ? sizeof(TAPE_GET_DRIVE_PARAMETERS) : sizeof(TAPE_GET_MEDIA_PARAMETERS);
  if (*size < needed) {
    *size = needed;
    return 122;
  }
  memset(into, 0, needed);
  if (operation) {
    TAPE_GET_DRIVE_PARAMETERS *p = into;
    p->Compression = tape.compression;
    p->ReportSetmarks = tape.report_setmarks;
    p->DefaultBlockSize = 512;
    p->MaximumBlockSize = 0x40000;
    p->MinimumBlockSize = 1;
    p->MaximumPartitionCount = MOST_PARTITIONS;
    p->FeaturesLow = LOW;
    p->FeaturesHigh = HIGH;
    p->EOTWarningZoneSize = tape.warning_zone;
  } else {
    TAPE_GET_MEDIA_PARAMETERS *p = into;
    p->Capacity.QuadPart = (LONGLONG)current(&tape)->capacity;
    p->Remaining.QuadPart = (LONGLONG)(current(&tape)->capacity - used(&tape));
    p->BlockSize = tape.block_size;
    p->PartitionCount = tape.partition_count;
    p->WriteProtected = tape.write_protected != 0;
  }
  return OK;
}

EXPORT DWORD WINAPI SetTapeParameters(HANDLE device, DWORD operation, void *from) {
  DWORD error = ready(device, operation == 0);
  if (error) return error;
  if (operation > 1) return 87;
  if (operation) {
    TAPE_SET_DRIVE_PARAMETERS *p = from;
    tape.compression = p->Compression;
    tape.report_setmarks = p->ReportSetmarks;
    tape.warning_zone = p->EOTWarningZoneSize;
  } else {
    TAPE_SET_MEDIA_PARAMETERS *p = from;
    if (p->BlockSize > 0x40000) return INVALID_PARAMETER;
    tape.block_size = p->BlockSize;
  }
  return OK;
}

EXPORT DWORD WINAPI GetTapePosition(HANDLE device, DWORD type, DWORD *partition, DWORD *low, DWORD *high) {
  DWORD error = ready(device, TRUE);
  if (error) return error;
  if (type > 1) return NOT_SUPPORTED;
  *partition = type ? tape.partition : 0;
  /* Addresses of the device's own are far beyond 32 bits here. */
  *low = tape.at;
  *high = type ? 0 : 0x10;
  return OK;
}

EXPORT DWORD WINAPI SetTapePosition(HANDLE device, DWORD method, DWORD partition, DWORD low, DWORD high, BOOL immediate) {
  DWORD error = ready(device, TRUE);
  int64_t offset = (int64_t)((uint64_t)high << 32 | low);
  last_immediate = immediate;
  if (error) return error;
  if (method == 1) offset -= (int64_t)0x10 << 32;
  if (method == 1 && offset < 0) return 87;
  return tape_position(&tape, method, partition, offset);
}

EXPORT DWORD WINAPI GetTapeStatus(HANDLE device) { return ready(device, TRUE); }

EXPORT DWORD WINAPI PrepareTape(HANDLE device, DWORD operation, BOOL immediate) {
  DWORD error = ready(device, operation != TAPE_LOAD);
  last_immediate = immediate;
  return error ? error : tape_prepare(&tape, operation);
}

EXPORT DWORD WINAPI EraseTape(HANDLE device, DWORD type, BOOL immediate) {
  DWORD error = ready(device, TRUE);
  last_immediate = immediate;
  return error ? error : type > 1 ? NOT_SUPPORTED : tape_erase(&tape);
}

EXPORT DWORD WINAPI CreateTapePartition(HANDLE device, DWORD method, DWORD count, DWORD megabytes) {
  DWORD error = ready(device, TRUE);
  return error ? error : tape_partition(&tape, method, count, megabytes);
}

EXPORT DWORD WINAPI WriteTapemark(HANDLE device, DWORD type, DWORD count, BOOL immediate) {
  DWORD error = ready(device, TRUE);
  last_immediate = immediate;
  return error ? error : tape_write_marks(&tape, type, count);
}
