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
 * Rights     What changes people, cards, policy or the log takes the grant of an administrator whose role has the right for
 *            it:   mbt_enrol_begin   enrol
 *            Everything else here takes none: what it does is decided by policy, or by the grant that it is called on.
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
// MBT_REASON_*
#define MBT_TEXT_REASON 5
// MBT_STEP_*
#define MBT_TEXT_STEP 6
// MBT_CAUSE_*
#define MBT_TEXT_CAUSE 7
// MBT_FRESH_*
#define MBT_TEXT_FRESH 8
// MBT_WATCH_*
#define MBT_TEXT_WATCH 9
// MBT_FAILURE_*
#define MBT_TEXT_FAILURE 10
// MBT_REVIEW_*
#define MBT_TEXT_REVIEW 11
// MBT_PURPOSE_*
#define MBT_TEXT_PURPOSE 12
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
// In what MBT_EV_NEED lists: an id must be typed as well (mbt_session_claim).
#define MBT_F_ID 65536
// How a session ended. Pending: it is still under way.
#define MBT_PENDING 0
#define MBT_GRANTED 1
// Somebody was judged and refused.
#define MBT_REFUSED 2
// Nothing was presented, or it was called off before anything was.
#define MBT_ABANDONED 3
// Judged and logged, nothing else: the terminal only observes, and the host lets in as it did before.
#define MBT_OBSERVED 4
// Nothing could be judged: the status and mbt_session_error say why.
#define MBT_FAILED 5
// An enrolment or a watch came to its end; the result has the rest.
#define MBT_ENDED 6
// What the person at the terminal is asked to do next: the code of MBT_EV_GUIDANCE.
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
// What a grant is asked for.
#define MBT_PURPOSE_LOGIN 1
#define MBT_PURPOSE_UNLOCK 2
#define MBT_PURPOSE_APPLICATION 3
#define MBT_PURPOSE_SWITCH 4
#define MBT_PURPOSE_ADMIN 5
#define MBT_PURPOSE_ENROLMENT 6
#define MBT_PURPOSE_EMERGENCY 7
// What a host may know, and show, of the reason.
#define MBT_REASON_GRANTED 1
#define MBT_REASON_REFUSED 2
#define MBT_REASON_LOCKED 3
#define MBT_REASON_CARD_USELESS 4
#define MBT_REASON_TOO_LATE 5
#define MBT_REASON_CANCELLED 6
#define MBT_REASON_OBSERVED 7
#define MBT_REASON_UNAVAILABLE 8
// Steps on the way: the code of MBT_EV_STEP.
#define MBT_STEP_CARD_READ 1
#define MBT_STEP_FACE_FOUND 2
#define MBT_STEP_BLINK_SEEN 3
// Why something stands in for the ordinary factors: the code of MBT_EV_TURN.
#define MBT_CAUSE_CAMERA_LOST 1
#define MBT_CAUSE_READER_LOST 2
#define MBT_CAUSE_MASK 3
#define MBT_CAUSE_EYES_HIDDEN 4
#define MBT_CAUSE_EXCEPTION 5
#define MBT_CAUSE_FACE_LOCKED 6
// Whether the terminal is up to date: the code of MBT_EV_LATE.
#define MBT_FRESH_IN_TIME 1
#define MBT_FRESH_LATE 2
#define MBT_FRESH_OVERDUE 3
// What a watch has to tell: the code of MBT_EV_WATCH.
#define MBT_WATCH_ABSENT 1
#define MBT_WATCH_BACK 2
#define MBT_WATCH_OTHER_PERSON 3
#define MBT_WATCH_CARD_REMOVED 4
#define MBT_WATCH_EXPIRED 5
#define MBT_WATCH_REVOKED 6
#define MBT_WATCH_ENDED 7
// Why an enrolment gave no template.
#define MBT_FAILURE_TOO_FEW_SAMPLES 1
#define MBT_FAILURE_NO_BLINK 2
#define MBT_FAILURE_NOT_LIVE 3
#define MBT_FAILURE_NO_CARD 4
#define MBT_FAILURE_DEVICE_LOST 5
#define MBT_FAILURE_CANCELLED 6
// Why somebody has to look at an enrolment before it counts.
#define MBT_REVIEW_OTHER_PERSON_MATCHES 1
#define MBT_REVIEW_DIFFERS_FROM_BEFORE 2
#define MBT_REVIEW_SECOND_APPROVER 3
// Open the engine in this process instead of asking the service: for programs that own the store. The log says so.
#define MBT_IN_PROCESS 1
// How long a call that takes no timeout_ms waits for the service at the most, where the configuration names no other.
#define MBT_IO_MS 5000
#define MBT_INFO_TRIAL 1
// Nets are loaded: faces can be looked at.
#define MBT_INFO_NETS 2
#define MBT_INFO_IN_PROCESS 4
#define MBT_CAMERA 1
#define MBT_READER 2
// Where frames and cards come from: from nowhere,
#define MBT_FROM_NONE 0
// from the service's camera or reader,
#define MBT_FROM_DEVICE 1
// from the host as they are taken: the newest counts. For that the policy must list it.
#define MBT_FROM_HOST 2
// From the host in their own time: no frame is lost. Frames only.
#define MBT_FROM_RECORDING 3
// For a timeout_ms: as long as it takes.
#define MBT_WAIT_FOREVER 4294967295
// How the bytes of a frame are laid out: one luma byte a pixel,
#define MBT_PX_GRAY8 1
// red, green, blue,
#define MBT_PX_RGB24 2
// blue, green, red,
#define MBT_PX_BGR24 3
// one JPEG picture.
#define MBT_PX_MJPEG 4
// Kinds of events, and what their code is: a step on the way, MBT_STEP_*
#define MBT_EV_STEP 1
// What the person should do now: MBT_G_*
#define MBT_EV_GUIDANCE 2
// What would help now: `needs` has the alternatives, the preferred first. The code is how many there are.
#define MBT_EV_NEED 3
// The terminal is not up to date: MBT_FRESH_*
#define MBT_EV_LATE 4
// Something stands in for the ordinary factors: MBT_CAUSE_*
#define MBT_EV_TURN 5
// Of an enrolment: `done` samples of `all`.
#define MBT_EV_SAMPLE 6
// Of a watch: MBT_WATCH_*
#define MBT_EV_WATCH 7
// The last one, and the outcome: MBT_GRANTED and the others. mbt_session_result has the rest.
#define MBT_EV_DONE 8
// The most alternatives that an event lists.
#define MBT_NEEDS 16
// The operating system has yet to judge its password: mbt_grant_confirm.
#define MBT_RESULT_PROVISIONAL 1
// Only an administrator can make it make sense to try again.
#define MBT_RESULT_STOPPED 2
// Of an enrolment: the face counts from now on.
#define MBT_RESULT_ENROLLED 4
// It rests on a claim that nothing proves: an emergency code.
#define MBT_GRANT_CLAIMED 1

// A connection to the service.
typedef struct mbt_engine mbt_engine;

// That somebody was let in, until it ends. It may be used by the program and the user that it was given to, in their
// log-in session, and ends with the engine's connection unless it was kept.
typedef struct mbt_grant mbt_grant;

// One capture: somebody is let in, enrolled or watched over.
typedef struct mbt_session mbt_session;

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

// How the service is found, or what the engine is opened with in this process.
typedef struct mbt_config {
  uint32_t size;
  // MBT_IN_PROCESS or 0
  uint32_t flags;
  // The service's socket; NULL: where the system has it. Not with MBT_IN_PROCESS.
  const char *socket;
  // What this host calls itself in the log and in the policy. Only root and the service's own user are believed.
  const char *name;
  // How long a call waits for the service at the most; 0: MBT_IO_MS.
  uint32_t timeout_ms;
  uint32_t reserved;
  // The rest with MBT_IN_PROCESS only, and then all of it: the state folder,
  const char *state;
  // where its key is kept,
  const char *key;
  // the witness folder,
  const char *witness;
  // the model pack's folder,
  const char *pack;
  // and the ONNX Runtime library.
  const char *runtime;
} mbt_config;

static inline mbt_config mbt_config_init(void) {
  mbt_config made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// What answers at the other end.
typedef struct mbt_info {
  uint32_t size;
  // MBT_INFO_*
  uint32_t flags;
  char version[64];
  char terminal[256];
} mbt_info;

static inline mbt_info mbt_info_init(void) {
  mbt_info made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// A camera or a reader of the terminal.
typedef struct mbt_device {
  uint32_t size;
  // MBT_CAMERA or MBT_READER
  uint32_t kind;
  // By what it is asked for.
  char name[256];
} mbt_device;

static inline mbt_device mbt_device_init(void) {
  mbt_device made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// Somebody wants to be let in. Texts may be NULL.
typedef struct mbt_auth_params {
  uint32_t size;
  // MBT_PURPOSE_*
  uint32_t purpose;
  // One of the policies that the site offers for it; NULL: the first.
  const char *policy;
  // The application to be opened: with MBT_PURPOSE_APPLICATION only.
  const char *application;
  // The host account to be opened.
  const char *account;
  // The id that the person typed, if they did so before.
  const char *id;
  // The other computer from which the person asks.
  const char *origin;
  // Why an emergency code is used, or let in without one in a disaster.
  const char *reason;
  // The service's camera and reader; NULL: the ones that the policy names, or the first.
  const char *camera;
  const char *reader;
  // MBT_FROM_*
  uint32_t frames_from;
  uint32_t cards_from;
  // MBT_F_*: the secrets that the host can ask the person for.
  uint32_t secrets;
  // When to call it off; 0: the policy alone says.
  uint32_t timeout_ms;
  // The grant that a success takes the place of.
  const struct mbt_grant *replaces;
} mbt_auth_params;

static inline mbt_auth_params mbt_auth_params_init(void) {
  mbt_auth_params made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// Somebody is enrolled.
typedef struct mbt_enrol_params {
  uint32_t size;
  // How many pictures to take; 0: the policy's number.
  uint32_t samples;
  // The person's id.
  const char *person;
  // The name of a person who is not in the store yet; NULL: they are.
  const char *name;
  // How the name is read, and what policy knows the person as: with `name` only.
  const char *reading;
  const char *role;
  // What the card is called when it is bound.
  const char *label;
  const char *camera;
  const char *reader;
  // MBT_FROM_*
  uint32_t frames_from;
  uint32_t cards_from;
  // When to call it off; 0: the engine alone says.
  uint32_t timeout_ms;
  uint32_t reserved;
} mbt_enrol_params;

static inline mbt_enrol_params mbt_enrol_params_init(void) {
  mbt_enrol_params made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// A grant is watched over: its card, its person, its time.
typedef struct mbt_watch_params {
  uint32_t size;
  // MBT_FROM_*
  uint32_t frames_from;
  uint32_t cards_from;
  // When to end it; 0: with the grant.
  uint32_t timeout_ms;
  const char *camera;
  const char *reader;
} mbt_watch_params;

static inline mbt_watch_params mbt_watch_params_init(void) {
  mbt_watch_params made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// Something that happened in a session.
typedef struct mbt_event {
  uint32_t size;
  // MBT_EV_*; one that the host does not know is to be passed over.
  uint32_t kind;
  int32_t code;
  // Of MBT_EV_SAMPLE.
  uint32_t done;
  uint32_t all;
  // Of MBT_EV_NEED: sets of MBT_F_*, with MBT_F_ID where an id must be typed as well.
  uint32_t needs[MBT_NEEDS];
} mbt_event;

static inline mbt_event mbt_event_init(void) {
  mbt_event made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// A picture in the host's memory. It is copied once, and may be reused when the call is back.
typedef struct mbt_frame {
  uint32_t size;
  // MBT_PX_*
  uint32_t format;
  uint32_t width;
  uint32_t height;
  // From row to row, bytes; 0: rows lie close together. Negative (bottom-up) is for a later version.
  int64_t stride;
  // When it was taken, by mbt_clock_us; 0: now. A recording's pictures bear their own times.
  uint64_t time_us;
  const uint8_t *data;
  size_t len;
  // A second plane, for a later version: NULL and 0.
  const uint8_t *data2;
  size_t len2;
  int64_t stride2;
  // Clockwise, and mirrored: for a later version, 0.
  uint32_t rotation;
  uint32_t flags;
} mbt_frame;

static inline mbt_frame mbt_frame_init(void) {
  mbt_frame made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// How a session ended. Neither a score nor the exact reason is in it: these are in the log.
typedef struct mbt_result {
  uint32_t size;
  // MBT_PENDING, MBT_GRANTED and the others
  int32_t outcome;
  // MBT_REASON_*: what may be shown
  int32_t reason;
  // MBT_RESULT_*
  uint32_t flags;
  // MBT_F_* that were given, of a grant.
  uint32_t factors;
  // When it makes sense to try again; 0: at once.
  uint32_t retry_after_s;
  // With MBT_FAILED: why nothing could be judged.
  mbt_status status;
  // Of an enrolment: MBT_FAILURE_*, MBT_REVIEW_*, or 0.
  int32_t failure;
  int32_t review;
  // Of an enrolment: pictures taken.
  uint32_t samples;
  // Of a grant: the person's id.
  char subject[128];
} mbt_result;

static inline mbt_result mbt_result_init(void) {
  mbt_result made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// What a grant says.
typedef struct mbt_grant_info {
  uint32_t size;
  // MBT_GRANT_*
  uint32_t flags;
  // MBT_PURPOSE_*
  uint32_t purpose;
  // MBT_F_*
  uint32_t factors;
  // How much of its life is left.
  uint64_t left_ms;
  // When it was given: seconds since 1970, UTC.
  int64_t issued_s;
  // The person's id and name, and what was opened.
  char subject[128];
  char name[520];
  char account[520];
  char application[128];
  // Under which the log knows what was done by it.
  char session[64];
} mbt_grant_info;

static inline mbt_grant_info mbt_grant_info_init(void) {
  mbt_grant_info made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// What is typed into an application: free it with mbt_login_free. Each is UTF-8.
typedef struct mbt_login {
  uint32_t size;
  // How many other fields there are, such as a department code.
  uint32_t field_count;
  struct mbt_buffer user;
  struct mbt_buffer secret;
  // The other fields: name, NUL, value, NUL, one after another.
  struct mbt_buffer fields;
} mbt_login;

static inline mbt_login mbt_login_init(void) {
  mbt_login made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

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

// Connects to the terminal's service, or opens the engine in this process. `abi` is MBT_ABI; `config` may be NULL for the
// service where the system has it.
MBT_API mbt_status mbt_engine_open(uint32_t abi,
                           const struct mbt_config *config,
                           struct mbt_engine **out);

// Closes the engine, ends its sessions and gives up its grants. NULL is let be.
MBT_API mbt_status mbt_engine_close(struct mbt_engine *engine);

// What answers at the other end.
MBT_API mbt_status mbt_engine_info(const struct mbt_engine *engine, struct mbt_info *out);

// The cameras and readers of the terminal one after another, from index 0; MBT_E_END after the last.
MBT_API mbt_status mbt_engine_device(const struct mbt_engine *engine, uint32_t index, struct mbt_device *out);

// Why the last failed call on this engine failed.
MBT_API mbt_status mbt_engine_error(const struct mbt_engine *engine, struct mbt_error *out);

// Begins to let somebody in. How it goes comes with mbt_session_wait, and how it ended with mbt_session_result.
MBT_API mbt_status mbt_auth_begin(const struct mbt_engine *engine,
                          const struct mbt_auth_params *params,
                          struct mbt_session **out);

// Begins to enrol somebody. `by` is the grant of an administrator with the right to enrol.
MBT_API mbt_status mbt_enrol_begin(const struct mbt_engine *engine,
                           const struct mbt_grant *by,
                           const struct mbt_enrol_params *params,
                           struct mbt_session **out);

// Begins to watch over a grant.
MBT_API mbt_status mbt_watch_begin(const struct mbt_engine *engine,
                           const struct mbt_grant *grant,
                           const struct mbt_watch_params *params,
                           struct mbt_session **out);

// The next event of the session. MBT_E_TIMEOUT when nothing happens in time, 0 ms asks without waiting; MBT_E_END after
// MBT_EV_DONE.
MBT_API mbt_status mbt_session_wait(const struct mbt_session *session,
                            uint32_t timeout_ms,
                            struct mbt_event *out);

// A file descriptor that is readable while an event waits, and when the service has gone. It is the library's: wait for
// it, neither read nor close it, and forget it before mbt_session_end.
MBT_API mbt_status mbt_session_waitable(const struct mbt_session *session,
                                ptrdiff_t *out);

// Hands in a frame. MBT_E_AGAIN where there is no room for it within `timeout_ms`. `dropped` (may be NULL) is how many
// older ones were let go in this session because newer ones came.
MBT_API mbt_status mbt_session_push_frame(const struct mbt_session *session,
                                  const struct mbt_frame *frame,
                                  uint32_t timeout_ms,
                                  uint64_t *dropped);

// No frame follows any more.
MBT_API mbt_status mbt_session_end_frames(const struct mbt_session *session);

// Tells of a card that the host has read, as "KIND:HEX"; NULL: it was taken away. For that the policy must list the host.
MBT_API mbt_status mbt_session_push_card(const struct mbt_session *session,
                                 const char *card);

// Hands in what the person typed, UTF-8, as the one factor MBT_F_*. Of MBT_F_HOST_PASSWORD only that it was typed: NULL and
// 0, since the operating system judges it.
MBT_API mbt_status mbt_session_push_secret(const struct mbt_session *session,
                                   uint32_t factor,
                                   const char *text,
                                   size_t len);

// Somebody typed who they are.
MBT_API mbt_status mbt_session_claim(const struct mbt_session *session, const char *id);

// Follows one of the alternatives of the last MBT_EV_NEED only; 0 takes the choice back.
MBT_API mbt_status mbt_session_choose(const struct mbt_session *session, uint32_t needs);

// Calls the session off. What was presented still counts, and its last event tells how it was judged.
MBT_API mbt_status mbt_session_cancel(const struct mbt_session *session);

// How the session ended: MBT_PENDING while it has not.
MBT_API mbt_status mbt_session_result(const struct mbt_session *session, struct mbt_result *out);

// The grant of a session that granted, once. It lives on when the session is ended.
MBT_API mbt_status mbt_session_grant(const struct mbt_session *session, struct mbt_grant **out);

// Why the last failed call on this session failed.
MBT_API mbt_status mbt_session_error(const struct mbt_session *session, struct mbt_error *out);

// Ends the session; one that is still under way is called off. NULL is let be.
MBT_API mbt_status mbt_session_end(struct mbt_session *session);

// The grant that a log-in host kept for the user of this process a moment ago. It is handed over once.
MBT_API mbt_status mbt_grant_claim(const struct mbt_engine *engine, struct mbt_grant **out);

// What the grant says. MBT_E_REAUTH when it is good for nothing any more.
MBT_API mbt_status mbt_grant_read(const struct mbt_grant *grant, struct mbt_grant_info *out);

// MBT_OK where the grant opens this application, MBT_E_REAUTH where the person must authenticate for it.
MBT_API mbt_status mbt_grant_check(const struct mbt_grant *grant, const char *application);

// The person's login for an application that the grant opens. Each release stands in the log.
MBT_API mbt_status mbt_grant_login(const struct mbt_grant *grant, const char *application, struct mbt_login *out);

// Wipes and frees what mbt_grant_login filled. NULL and an empty one are let be.
MBT_API void mbt_login_free(struct mbt_login *login);

// Tells whether the application took the login. One that was not taken is suspended.
MBT_API mbt_status mbt_grant_login_report(const struct mbt_grant *grant, const char *application, uint32_t took);

// Writes down what the host did under the grant: a word of the host's, and to what (may be NULL). `record` (may be NULL) is
// its number in the log.
MBT_API mbt_status mbt_grant_report(const struct mbt_grant *grant,
                            const char *what,
                            const char *object,
                            uint64_t *record);

// Tells whether the operating system took the password that the grant rests on: MBT_RESULT_PROVISIONAL.
MBT_API mbt_status mbt_grant_confirm(const struct mbt_grant *grant, uint32_t took);

// Leaves the grant for the user of the account that was opened, who claims it within two minutes. For log-in hosts: root, or
// the service's own user.
MBT_API mbt_status mbt_grant_keep(const struct mbt_grant *grant);

// The person logged off: the grant is over, and the log says so. The handle still wants mbt_grant_close.
MBT_API mbt_status mbt_grant_end(const struct mbt_grant *grant);

// Drops the handle. Nobody is logged off: the grant lives until its time is up or the engine is closed. NULL is let be.
MBT_API mbt_status mbt_grant_close(struct mbt_grant *grant);

// Why the last failed call on this grant failed.
MBT_API mbt_status mbt_grant_error(const struct mbt_grant *grant, struct mbt_error *out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif /* MABATAKI_H */
