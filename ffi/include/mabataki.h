/*
 * mabataki.h - the C ABI of mabataki.
 *
 * So far: the version, and the names of the status codes. The major number 0 says that anything may still change.
 *
 * Contract: every function may be called from any thread. Text is UTF-8, NUL-terminated, static, and never NULL.
 * Once loaded, the library stays in memory (on Linux): dlclose is harmless.
 */
#ifndef MABATAKI_H
#define MABATAKI_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MBT_ABI_MAJOR 0u
#define MBT_ABI_MINOR 1u
#define MBT_ABI ((MBT_ABI_MAJOR << 16) | MBT_ABI_MINOR)

/* 0: done. Negative: the call failed. A person being refused is an outcome, never a failure. Numbers are not reused. */
typedef int32_t mbt_status;
enum {
  MBT_OK = 0,
  /* the caller's mistake */
  MBT_E_INVALID = -1, MBT_E_ABI = -2, MBT_E_STATE = -3, MBT_E_FORKED = -4, MBT_E_DENIED = -5, MBT_E_NOT_FOUND = -6,
  MBT_E_EXISTS = -7, MBT_E_END = -8, MBT_E_SMALL = -9,
  /* normal ends of waiting */
  MBT_E_TIMEOUT = -20, MBT_E_CANCELLED = -21,
  /* cannot be judged here and now: policy says what may stand in */
  MBT_E_NO_CAMERA = -40, MBT_E_CAMERA_BUSY = -41, MBT_E_NO_READER = -42, MBT_E_MODEL = -43, MBT_E_STORE = -44,
  MBT_E_SERVICE = -45, MBT_E_NO_TEMPLATES = -46,
  /* data refused */
  MBT_E_SIGNATURE = -60, MBT_E_CORRUPT = -61, MBT_E_STALE = -62, MBT_E_REAUTH = -63,
  /* ours */
  MBT_E_NO_MEMORY = -90, MBT_E_INTERNAL = -99
};

uint32_t    mbt_abi_version(void);              /* MBT_ABI of the library: compare the upper 16 bits with MBT_ABI_MAJOR */
const char *mbt_version(void);                  /* "0.1.0" */
const char *mbt_status_name(mbt_status status); /* "MBT_E_NO_CAMERA"; "MBT_E_UNKNOWN" for a number that is none */

#ifdef __cplusplus
}
#endif
#endif
