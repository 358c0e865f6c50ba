/*
 * mabataki.h - the C ABI of mabataki: lets a person in with an IC card and their face.
 *
 * THE CONTRACT, on one page
 *
 * Handles    Opaque. Each _open, _begin or _claim has one _close or _end. Closing NULL is allowed. Handles are looked up and
 *            never followed: one that is closed or was never one gives MBT_E_STATE or MBT_E_INVALID. None is used twice.
 * Status     0 is done, negative is failed. Being refused is no failure: the call returns MBT_OK and the outcome says so.
 *            A caught panic is MBT_E_INTERNAL. MBT_UNAVAILABLE(status): cannot be judged here and now; what may stand in
 *            is policy, never the host's own idea. Numbers of statuses, codes and kinds are never used again.
 * Errors     mbt_error_last is this thread's last failure; mbt_X_error that of a handle, for hosts whose calls move
 *            between threads. What is for the person at the terminal comes from mbt_text, in Japanese and English.
 * Outputs    Written on MBT_OK only, except where MBT_E_SMALL says how much is needed.
 * Structs    Begin with `size`: start from mbt_X_init(), which sets it. The library never changes it. Fields are only ever
 *            appended: what a caller's struct lacks is 0 on the way in and left out on the way out; what it has beyond
 *            the library's must be 0. No such struct is inside another; arrays of them come with the size of one.
 * Text       UTF-8. In structs that are filled: an array, always NUL-terminated, cut between characters. Text passed in
 *            is copied, has a limit, and may be NULL where a field is optional.
 * Secrets    Come and go as bytes with a length. mbt_buffer_free wipes, then frees; the library wipes its own copies.
 * Units      In the name: _ms, _s, _us (microseconds of mbt_clock_us). Nothing else is a time.
 * Threads    Every function may be called from any thread. One thread at a time waits on a session; cancel and push may
 *            come from others meanwhile. Nothing ever calls back into the host.
 * Waiting    No call blocks longer than the timeout_ms it was given, or MBT_IO_MS where it takes none. A session's
 *            waitable is a file descriptor that becomes readable when mbt_session_wait would answer at once: it may be
 *            put into a loop, and is neither read nor closed by the host.
 * Fork       A child has none of its parent's handles: every call on one is MBT_E_FORKED. It may open its own.
 * Closing    mbt_engine_close ends the sessions and gives up the grants that are still open on it: their handles answer
 *            MBT_E_STATE from then on and still want closing. Engines are apart from each other.
 * Unloading  The library stays in memory once loaded (-z nodelete): dlclose is harmless.
 * Environment The library reads no environment variable.
 *
 * Made by cbindgen from ffi/src: change it there, then MABATAKI_BLESS=1 cargo test -p mabataki-ffi --test header
 */
#ifndef MABATAKI_H
#define MABATAKI_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_WIN32) && !defined(MBT_STATIC)
#  define MBT_API __declspec(dllimport)
#elif defined(__GNUC__)
#  define MBT_API __attribute__((visibility("default")))
#else
#  define MBT_API
#endif

/* To be passed to mbt_engine_open, which compares it with the library's. */
#define MBT_ABI ((MBT_ABI_MAJOR << 16) | MBT_ABI_MINOR)

/* Cannot be judged here and now. */
#define MBT_UNAVAILABLE(status) ((status) <= -40 && (status) > -60)


// Major 0: anything may still change.
#define MBT_ABI_MAJOR 0
// Grows with every function or field that is added.
#define MBT_ABI_MINOR 1
// Languages of mbt_text.
#define MBT_LANG_EN 1
#define MBT_LANG_JA 2
// Kinds of mbt_text, by what the number is one of: MBT_G_*
#define MBT_TEXT_GUIDANCE 1
// One MBT_F_*
#define MBT_TEXT_FACTOR 2
// MBT_GRANTED and the other outcomes
#define MBT_TEXT_OUTCOME 3
// mbt_status
#define MBT_TEXT_STATUS 4
// What the person at the terminal is asked to do next.
#define MBT_G_TAP_CARD 1
#define MBT_G_CARD_UNUSABLE 2
#define MBT_G_OTHER_CARD 3
#define MBT_G_SHOW_FACE 4
#define MBT_G_MANY_FACES 5
#define MBT_G_OFF_CENTRE 6
#define MBT_G_TOO_FAR 7
#define MBT_G_TOO_NEAR 8
#define MBT_G_LOOK_STRAIGHT 9
#define MBT_G_TOO_DARK 10
#define MBT_G_TOO_BRIGHT 11
#define MBT_G_BLURRED 12
#define MBT_G_EYES_HIDDEN 13
#define MBT_G_MASK_SEEN 14
#define MBT_G_HOLD_STILL 15
#define MBT_G_PLEASE_BLINK 16
#define MBT_G_BLINK_AGAIN 17
#define MBT_G_TYPE_ID 18
#define MBT_G_TYPE_PASSWORD 19
#define MBT_G_TYPE_HOST_PASSWORD 20
#define MBT_G_TYPE_PIN 21
#define MBT_G_TYPE_CODE 22
#define MBT_G_DONE 23
// Factors, as bits of a set: what can be given to show who one is.
#define MBT_F_CARD 1
#define MBT_F_FACE 2
// The product's own password.
#define MBT_F_PASSWORD 4
// The password of the host's account, which the operating system judges after the grant.
#define MBT_F_HOST_PASSWORD 8
// The card's own PIN.
#define MBT_F_PIN 16
// The store's key, in the hands of whoever runs the command on this terminal.
#define MBT_F_STORE_KEY 32
// Claims who somebody is, and does not prove it.
#define MBT_F_EMERGENCY_CODE 64
// How a session ended.
#define MBT_GRANTED 1
// Somebody was judged and refused.
#define MBT_REFUSED 2
// Nothing was presented, or it was called off before anything was.
#define MBT_ABANDONED 3
// Judged and logged, nothing else: the terminal only observes, and the host lets in as it did before.
#define MBT_OBSERVED 4

// What a call comes back with: 0 is done, negative is failed. A person being refused is an outcome and never a failure.
// A number is never used again for something else.
typedef int32_t mbt_status;

// Why a call failed. Filled by mbt_error_last and by the mbt_X_error of a handle; status 0 and empty texts where nothing
// has failed yet. Holds no secret and nothing of a face or a card.
typedef struct mbt_error {
  uint32_t size;
  mbt_status status;
  // The stable word for programs, such as "no_camera".
  char code[32];
  // What was expected and what was found, in English; for the host's log, not for the person at the terminal.
  char text[512];
  // What can be done about it; may be empty.
  char fix[256];
} mbt_error;

static inline mbt_error mbt_error_init(void) {
  mbt_error made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// Data that the library allocated: free it with mbt_buffer_free, which wipes it. Frozen: it will never grow, so it has
// no size of its own. Set it to {0} before it is passed in.
typedef struct mbt_buffer {
  uint8_t *data;
  size_t len;
} mbt_buffer;

#define MBT_OK 0
// The caller's mistake: an argument is NULL, too long, not UTF-8 or out of range.
#define MBT_E_INVALID (-1)
// The host was compiled against another major number, or a struct's size is no size of it.
#define MBT_E_ABI (-2)
// Not now: the handle is closed, the session is over or has not come so far.
#define MBT_E_STATE (-3)
// The handle belongs to the process that this one was forked from.
#define MBT_E_FORKED (-4)
// The grant lacks the right, or policy forbids it.
#define MBT_E_DENIED (-5)
#define MBT_E_NOT_FOUND (-6)
#define MBT_E_EXISTS (-7)
// A cursor's end: no more items.
#define MBT_E_END (-8)
// The place for the answer is too small; how much is needed was written.
#define MBT_E_SMALL (-9)
// More connections, sessions or data than one host may have.
#define MBT_E_LIMIT (-10)
// A normal end of waiting, as the next two.
#define MBT_E_TIMEOUT (-20)
#define MBT_E_CANCELLED (-21)
// The queue is full: wait a frame's time and push again.
#define MBT_E_AGAIN (-22)
// Cannot be judged here and now, as all down to -59: MBT_UNAVAILABLE.
#define MBT_E_NO_CAMERA (-40)
#define MBT_E_CAMERA_BUSY (-41)
#define MBT_E_NO_READER (-42)
// The model pack or the runtime is missing, or not what was pinned.
#define MBT_E_MODEL (-43)
#define MBT_E_STORE (-44)
// It does not run, or has just gone.
#define MBT_E_SERVICE (-45)
#define MBT_E_NO_TEMPLATES (-46)
// For another reason: mbt_error has its word.
#define MBT_E_UNAVAILABLE (-47)
// Data was refused, as in the next three.
#define MBT_E_SIGNATURE (-60)
#define MBT_E_CORRUPT (-61)
// Rolled back or expired.
#define MBT_E_STALE (-62)
// The grant is over or not good for this.
#define MBT_E_REAUTH (-63)
#define MBT_E_NO_MEMORY (-90)
// A panic was caught: a fault of mabataki.
#define MBT_E_INTERNAL (-99)

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The ABI of this library: the major number in the upper 16 bits, to be compared with MBT_ABI_MAJOR, the minor one in
// the lower.
MBT_API uint32_t mbt_abi_version(void);

// The version of this library, such as "0.1.0". Static, never NULL.
MBT_API const char *mbt_version(void);

// The name of a status, such as "MBT_E_NO_CAMERA"; "MBT_E_UNKNOWN" for a number that is none. Static, never NULL.
MBT_API const char *mbt_status_name(mbt_status status);

// Why this thread's last failed call failed. A call that succeeds leaves it as it is. Where calls move between threads
// (goroutines, executors), ask the handle instead.
MBT_API mbt_status mbt_error_last(struct mbt_error *out);

// What the person at the terminal may be told: of a kind MBT_TEXT_*, for a number of that kind, in MBT_LANG_EN or
// MBT_LANG_JA (English for any other). Static, never NULL; empty for a number that has no text.
MBT_API const char *mbt_text(uint32_t kind, int32_t code, uint32_t lang);

// Microseconds of the clock that frames are stamped with (CLOCK_MONOTONIC): it only goes forward.
MBT_API uint64_t mbt_clock_us(void);

// Wipes the buffer's data, frees it and sets the buffer to {0}. NULL, an empty buffer and one that was freed already are
// let be.
MBT_API void mbt_buffer_free(struct mbt_buffer *buffer);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif /* MABATAKI_H */
