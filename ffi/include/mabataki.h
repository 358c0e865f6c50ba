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
 * Service    When it has gone, every call on an engine and on what it began is MBT_E_SERVICE, also once another one is there:
 *            close the engine and open another one.
 * Rights     What changes or tells of people, cards, policy or the log takes a grant for administration (`by`) of somebody whose
 *            role has the right for it; else MBT_E_DENIED. NULL is for root and the service's own user, where nobody need be
 *            named: before the first administrator, and in stores for trials. By right:
 *   people     mbt_person_add, mbt_person_change, mbt_person_get, mbt_person_list, mbt_person_set_status, mbt_person_except,
 *              mbt_person_consent, mbt_person_retire, mbt_person_remove, mbt_job_begin with MBT_JOB_PEOPLE_IMPORT or
 *              MBT_JOB_BUNDLE_IMPORT (what is in the bundle takes the rights that it would take by hand)
 *   enrol      mbt_enrol_begin, mbt_enrolment_list, mbt_enrolment_decide, mbt_person_forget_face
 *   cards      mbt_card_bind, mbt_card_list, mbt_card_stop, mbt_card_restore, mbt_card_remove, mbt_card_share,
 *              mbt_job_begin with MBT_JOB_BIND_CARD
 *   passwords  mbt_password_set, mbt_password_remove
 *   logins     mbt_login_list, mbt_login_put, mbt_login_remove
 *   policy     mbt_policy_get, mbt_policy_set, mbt_clock_accept, mbt_terminal_rotate, mbt_peer_list, mbt_peer_pair,
 *              mbt_peer_renew, mbt_peer_unpair, mbt_job_begin with MBT_JOB_CALIBRATE
 *   log        mbt_log_list, mbt_log_checkpoint, mbt_job_begin with MBT_JOB_LOG_VERIFY, MBT_JOB_LOG_REVIEW,
 *              MBT_JOB_PEOPLE_DORMANT or MBT_JOB_STORE_CHECK
 *   export     mbt_job_begin with MBT_JOB_LOG_EXPORT, MBT_JOB_BUNDLE_EXPORT or MBT_JOB_BACKUP
 *   emergency  mbt_emergency_issue, mbt_emergency_list, mbt_emergency_revoke, mbt_emergency_use_list, mbt_emergency_review,
 *              mbt_disaster_declare, mbt_disaster_end
 *   lockout    mbt_lockout_list, mbt_lockout_clear, mbt_grant_list, mbt_grant_revoke
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
// MBT_PIN_*
#define MBT_TEXT_PIN 13
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
// With MBT_F_PIN in mbt_session_push_secret: the person was told that it is the card's last try (MBT_PIN_LAST_TRY), and consents.
#define MBT_F_LAST_TRY 131072
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
#define MBT_G_TWO_CARDS 24
#define MBT_G_HOLD_LONGER 25
#define MBT_G_CARD_UNREADABLE 26
#define MBT_G_IDENTIFIER_CHANGES 27
#define MBT_G_CARD_NOT_ALLOWED 28
#define MBT_G_CARD_UNKNOWN 29
#define MBT_G_CARD_SUSPENDED 30
#define MBT_G_BACK_LIGHT 31
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
// Another card was tapped: `card_ref` of the event.
#define MBT_WATCH_OTHER_CARD 8
// Why a card did not take its PIN: it was another one,
#define MBT_PIN_WRONG 1
// it was not tried, since that would have been the last try,
#define MBT_PIN_LAST_TRY 2
// the card takes none any more,
#define MBT_PIN_BLOCKED 3
// it cannot be a PIN of such a card, and was not tried,
#define MBT_PIN_MALFORMED 4
// the card is gone or does not answer,
#define MBT_PIN_NO_CARD 5
// or it did not prove that it is the one that was read.
#define MBT_PIN_NOT_PROVED 6
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
// Whether somebody may come in.
#define MBT_STATUS_ACTIVE 1
#define MBT_STATUS_DISABLED 2
#define MBT_STATUS_ON_LEAVE 3
// They have left; only id and name are kept.
#define MBT_STATUS_RETIRED 4
// Whether a card may be used.
#define MBT_CARD_ACTIVE 1
// It stands in for another one.
#define MBT_CARD_TEMPORARY 2
#define MBT_CARD_SUSPENDED 3
#define MBT_CARD_LOST 4
#define MBT_CARD_RETURNED 5
// Why a card is stopped.
#define MBT_STOP_SUSPENDED 1
#define MBT_STOP_LOST 2
#define MBT_STOP_RETURNED 3
// Warnings of mbt_policy_set, as bits of a set: nobody can administer here by the policy that is in force now,
#define MBT_POLICY_NO_ADMIN_HERE 1
// or no administrator has what it asks for.
#define MBT_POLICY_ADMIN_OUT_OF_REACH 2
// What became of an emergency code.
#define MBT_CODE_OPEN 1
#define MBT_CODE_USED 2
#define MBT_CODE_REVOKED 3
#define MBT_CODE_EXPIRED 4
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
// How the bytes of a frame are laid out: one luma byte a pixel,
#define MBT_PX_GRAY8 1
// red, green, blue,
#define MBT_PX_RGB24 2
// blue, green, red,
#define MBT_PX_BGR24 3
// one JPEG picture,
#define MBT_PX_MJPEG 4
// red, green, blue and a byte that is passed over,
#define MBT_PX_RGBA32 5
// blue, green, red and a byte that is passed over,
#define MBT_PX_BGRA32 6
// a plane of luma, and one of U and V in turn for each two by two pixels (BT.601, luma from 16 to 235; both sides even),
#define MBT_PX_NV12 7
// Y0 U Y1 V, also called YUYV (the same colours; the width even).
#define MBT_PX_YUY2 8
// Of a frame: upright, it shows what a mirror would.
#define MBT_FRAME_MIRRORED 1
// For a timeout_ms: as long as it takes.
#define MBT_WAIT_FOREVER 4294967295
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
// The card did not take its PIN: MBT_PIN_*. `all` is 1 where the card says how many tries are left, and `done` is how many.
#define MBT_EV_PIN 9
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
// Staff for a time: needs valid_until_s.
#define MBT_PERSON_TEMPORARY 1
// A face is enrolled. Told, and not taken.
#define MBT_PERSON_ENROLLED 2
// There are more accounts than the array holds. What bears this mark is not taken by mbt_person_change: they would be lost.
#define MBT_PERSON_CUT 4
// It has proved itself by a key, and not only told its number.
#define MBT_CARD_PROVED 1
// It has more than one holder: the first ones are told.
#define MBT_CARD_SHARED 2
// The password is good only to be changed by whoever it is of.
#define MBT_PASSWORD_MUST_CHANGE 1
// It stays shut until it is cleared.
#define MBT_LOCKOUT_STOPPED 1
// The clock stands before a time that it has already shown: what ends is refused until it has caught up, or an administrator
// believes it.
#define MBT_STATE_CLOCK_BEHIND 1
// A disaster was declared: MBT_PURPOSE_EMERGENCY takes a claim and a reason.
#define MBT_STATE_DISASTER 2
// What passes between two terminals: anything goes there,
#define MBT_PEER_SENDS 1
// anything comes from there,
#define MBT_PEER_TAKES 2
// the policy goes or comes with it,
#define MBT_PEER_SENDS_POLICY 4
#define MBT_PEER_TAKES_POLICY 8
// and people whose role carries a right.
#define MBT_PEER_SENDS_ADMINISTRATORS 16
#define MBT_PEER_TAKES_ADMINISTRATORS 32
// What a job does. Takes the log out: format, of, from_day, to_day, lang, MBT_JOB_WHOLE. Its output is the log.
#define MBT_JOB_LOG_EXPORT 1
// Finds out whether the log is as it was written: key.
#define MBT_JOB_LOG_VERIFY 2
// Looks at the whole store, record by record.
#define MBT_JOB_STORE_CHECK 3
// Writes a sealed backup of the store. It is restored with the command, while the service is stopped.
#define MBT_JOB_BACKUP 4
// Makes a bundle for a terminal: name, valid_s; with MBT_JOB_ONLY no more than wards, applications, MBT_JOB_POLICY.
#define MBT_JOB_BUNDLE_EXPORT 5
// Takes a bundle in: data, MBT_JOB_CHECK, MBT_JOB_SKIP_REJECTED. Its output has a line of JSON for each record that was rejected.
#define MBT_JOB_BUNDLE_IMPORT 6
// Adds and changes the people of a CSV file: data, MBT_JOB_CHECK; with MBT_JOB_DISABLE disables them. All, or nothing. Its output
// has a line of JSON for each row.
#define MBT_JOB_PEOPLE_IMPORT 7
// Finds the threshold that a false-match rate takes among the people enrolled here: rate. Its output has a line of JSON for each
// pair of people who look alike.
#define MBT_JOB_CALIBRATE 8
// Waits for a card on the reader, and ties it to a person: person, name (the reader), label, wait_ms, valid_from_s,
// valid_until_s, MBT_JOB_TEMPORARY.
#define MBT_JOB_BIND_CARD 9
// Reviews a month of the log, for somebody to look through and sign: from_day (the month, such as 2026-10), hours, key, lang,
// MBT_FORMAT_TEXT or MBT_FORMAT_HTML. Its output is the review.
#define MBT_JOB_LOG_REVIEW 10
// Who could come in, and has not for valid_s; 0 for as long as the policy says. Its output has a line of JSON for each.
#define MBT_JOB_PEOPLE_DORMANT 11
// Flags of a job: from checkpoint to checkpoint, so that the part can be verified by itself.
#define MBT_JOB_WHOLE 1
// Only tells what would become of it.
#define MBT_JOB_CHECK 2
// Takes the rest where records are rejected.
#define MBT_JOB_SKIP_REJECTED 4
#define MBT_JOB_DISABLE 8
#define MBT_JOB_ONLY 16
#define MBT_JOB_POLICY 32
#define MBT_JOB_TEMPORARY 64
// Formats of an export: a table for spreadsheet programs,
#define MBT_FORMAT_CSV 1
// or one JSON object a line.
#define MBT_FORMAT_JSONL 2
// Of a review: for a terminal, or one page for a browser.
#define MBT_FORMAT_TEXT 3
#define MBT_FORMAT_HTML 4
// What is taken out: every record,
#define MBT_OF_RECORDS 1
// or a row for each grant, with its time.
#define MBT_OF_ACCESS_TIMES 2
// All is as it should be: the log was verified without a finding, the store is whole.
#define MBT_REPORT_GOOD 1
// It was taken in now.
#define MBT_REPORT_TAKEN 2
// It had been taken in before.
#define MBT_REPORT_ALREADY 4
// What was taken out can be verified by itself.
#define MBT_REPORT_VERIFIABLE 8

// A connection to the service.
typedef struct mbt_engine mbt_engine;

// That somebody was let in, until it ends. It may be used by the program and the user that it was given to, in their
// log-in session, and ends with the engine's connection unless it was kept.
typedef struct mbt_grant mbt_grant;

// Work under way in the service.
typedef struct mbt_job mbt_job;

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
  // The card of an MBT_WATCH_OTHER_CARD, which needs to be tapped no more: with `cards_from` the reader only; 0: none.
  uint64_t card_ref;
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
  // Of MBT_EV_SAMPLE and MBT_EV_PIN.
  uint32_t done;
  uint32_t all;
  // Of MBT_EV_NEED: sets of MBT_F_*, with MBT_F_ID where an id must be typed as well.
  uint32_t needs[MBT_NEEDS];
  uint32_t reserved;
  // Of MBT_WATCH_OTHER_CARD: the card that was tapped, for one `mbt_auth_params` within ten seconds. It says nothing of the card.
  uint64_t card_ref;
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
  // As the bytes lie, px. A JPEG picture says it itself: 0.
  uint32_t width;
  uint32_t height;
  // From row to row, bytes; 0: rows lie close together. Negative (bottom-up) is for a later version.
  int64_t stride;
  // When it was taken, by mbt_clock_us; 0: now. A recording's pictures bear their own times.
  uint64_t time_us;
  const uint8_t *data;
  size_t len;
  // The second plane of MBT_PX_NV12. NULL and 0: it stands in `data`, behind the last row of the first plane.
  const uint8_t *data2;
  size_t len2;
  // From row to row of it, bytes; 0: as in the first plane.
  int64_t stride2;
  // How far the picture is to be turned clockwise to be upright: 0, 90, 180 or 270.
  uint32_t rotation;
  // MBT_FRAME_*
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

// A person. What is told of them only is not looked at where they are added or changed.
typedef struct mbt_person {
  uint32_t size;
  // MBT_PERSON_*
  uint32_t flags;
  // MBT_STATUS_*; told.
  uint32_t status;
  // How many cards, stopped ones among them; told.
  uint32_t cards;
  // From when and until when they may come in: seconds since 1970, UTC; 0 for no limit.
  int64_t valid_from_s;
  int64_t valid_until_s;
  // When they were added; told.
  int64_t created_s;
  // Until when they need not show the face; told, 0 for no exception.
  int64_t except_until_s;
  char id[72];
  char name[520];
  // How the name is read. Empty for none, as what follows.
  char reading[520];
  // As the policy names it.
  char role[72];
  // Host accounts, each a line.
  char accounts[2064];
  // Wards, each a line.
  char wards[1056];
  // Of a vendor's person: who answers for them, and what they may work on. Both, or neither.
  char sponsor[72];
  char scope[520];
  // The form on which they agreed to the use of their face, and its day, such as 2026-12-31; told.
  char consent_form[72];
  char consent_day[16];
} mbt_person;

static inline mbt_person mbt_person_init(void) {
  mbt_person made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// A card.
typedef struct mbt_card {
  uint32_t size;
  // MBT_CARD_*
  uint32_t flags;
  // MBT_CARD_ACTIVE and the statuses that follow it
  uint32_t status;
  // How many people have it.
  uint32_t holders;
  // From when and until when it may be used: seconds since 1970, UTC; 0 for no limit.
  int64_t valid_from_s;
  int64_t valid_until_s;
  // What it is called by.
  char handle[40];
  // What its owner calls it.
  char label[264];
  // The kind of card, such as "felica".
  char kind[40];
  // Whose it is, each a line.
  char people[520];
} mbt_card;

static inline mbt_card mbt_card_init(void) {
  mbt_card made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// A person's login to an application, without its secrets.
typedef struct mbt_login_entry {
  uint32_t size;
  // How many other fields it has, such as a department code.
  uint32_t field_count;
  // Since when it is not handed out, because the application did not take it: seconds since 1970, UTC; 0 while it is.
  int64_t suspended_s;
  char person[72];
  char application[264];
  // Who the person is there.
  char user[1032];
} mbt_login_entry;

static inline mbt_login_entry mbt_login_entry_init(void) {
  mbt_login_entry made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// What is typed into an application for a person. Each text is UTF-8.
typedef struct mbt_login_params {
  uint32_t size;
  uint32_t reserved;
  const char *person;
  const char *application;
  const char *user;
  const char *secret;
  size_t secret_len;
  // Other fields: name, NUL, value, NUL, one after another. NULL for none.
  const char *fields;
  size_t fields_len;
} mbt_login_params;

static inline mbt_login_params mbt_login_params_init(void) {
  mbt_login_params made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// Tries that failed, and what they lead to.
typedef struct mbt_lockout {
  uint32_t size;
  // MBT_LOCKOUT_*
  uint32_t flags;
  // One MBT_F_*
  uint32_t factor;
  // Tries in a row that failed.
  uint32_t failures;
  // Until when it may not be tried, if it opens by itself: seconds since 1970, UTC; 0 for none.
  int64_t until_s;
  // Whose it is: a person's id, or else a department card's handle.
  char person[72];
  char card[40];
} mbt_lockout;

static inline mbt_lockout mbt_lockout_init(void) {
  mbt_lockout made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// Somebody who is let in.
typedef struct mbt_grant_entry {
  uint32_t size;
  // MBT_PURPOSE_*
  uint32_t purpose;
  // MBT_F_*
  uint32_t factors;
  uint32_t reserved;
  // When it was given: seconds since 1970, UTC.
  int64_t issued_s;
  // How much of its life is left.
  uint64_t left_ms;
  // Under which the log knows it.
  char session[64];
  char subject[72];
} mbt_grant_entry;

static inline mbt_grant_entry mbt_grant_entry_init(void) {
  mbt_grant_entry made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// A record of the log. Words are stable: docs/manual/audit.md lists them.
typedef struct mbt_log_entry {
  uint32_t size;
  // MBT_F_*
  uint32_t factors;
  // Its number, from 1.
  uint64_t number;
  // When: milliseconds since 1970, UTC.
  int64_t time_ms;
  // What was done, and how it ended.
  char operation[48];
  char outcome[32];
  // Why; may be empty, as what follows.
  char reason[128];
  // Who, and to what.
  char subject[128];
  char name[520];
  char object[520];
  // The host's account, and what for.
  char account[520];
  char purpose[32];
  // Under which the log knows the grant or the attempt.
  char session[64];
  char terminal[256];
  // The other computer, and the host.
  char origin[520];
  char host[520];
} mbt_log_entry;

static inline mbt_log_entry mbt_log_entry_init(void) {
  mbt_log_entry made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// The last signature under the log.
typedef struct mbt_checkpoint {
  uint32_t size;
  uint32_t reserved;
  uint64_t number;
  // The last record that it covers.
  uint64_t last;
  // When it was signed: seconds since 1970, UTC.
  int64_t time_s;
  // To be written down on paper.
  char code[64];
} mbt_checkpoint;

static inline mbt_checkpoint mbt_checkpoint_init(void) {
  mbt_checkpoint made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// What is wrong with a policy.
typedef struct mbt_fault {
  uint32_t size;
  // Where it stands, from 1.
  uint32_t line;
  // What was expected there, and what was found.
  char text[512];
} mbt_fault;

static inline mbt_fault mbt_fault_init(void) {
  mbt_fault made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// How a terminal stands.
typedef struct mbt_state {
  uint32_t size;
  // MBT_STATE_*
  uint32_t flags;
  // MBT_FRESH_*; 0 where the policy expects no bundles.
  uint32_t freshness;
  uint32_t reserved;
  // What its clock shows: seconds since 1970, UTC.
  int64_t now_s;
  // Until when the disaster lasts; 0 for none.
  int64_t disaster_until_s;
  // How old its newest whole bundle is; UINT64_MAX where nobody knows.
  uint64_t sync_age_s;
  // The public key that the log began with: keep it elsewhere.
  char log_key[72];
} mbt_state;

static inline mbt_state mbt_state_init(void) {
  mbt_state made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// An emergency code, without the code itself.
typedef struct mbt_emergency {
  uint32_t size;
  // MBT_CODE_*
  uint32_t state;
  // How long it lets somebody work.
  uint32_t minutes;
  uint32_t reserved;
  // When it was issued, and until when it may be used: seconds since 1970, UTC.
  int64_t issued_s;
  int64_t until_s;
  char handle[40];
  // The one person it is good for; empty for anybody.
  char person[72];
  // The one terminal it is good at.
  char terminal[256];
  char issuer[72];
} mbt_emergency;

static inline mbt_emergency mbt_emergency_init(void) {
  mbt_emergency made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// That somebody was let in by a code, or in a disaster.
typedef struct mbt_emergency_use {
  uint32_t size;
  // 1 where somebody has looked at it.
  uint32_t reviewed;
  // When, and when it was looked at: seconds since 1970, UTC.
  int64_t time_s;
  int64_t reviewed_s;
  char handle[40];
  // The code's handle; empty in a disaster.
  char code[40];
  // Who they said they are, and why.
  char person[72];
  char name[520];
  char reason[808];
  char terminal[256];
  // Under which the log knows what they did.
  char session[64];
  // Who looked at it, and what they found.
  char reviewer[72];
  char note[808];
} mbt_emergency_use;

static inline mbt_emergency_use mbt_emergency_use_init(void) {
  mbt_emergency_use made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// An enrolment that waits for somebody to look at it.
typedef struct mbt_enrolment {
  uint32_t size;
  // MBT_REVIEW_*
  uint32_t reason;
  // When it was made, and when it is forgotten: seconds since 1970, UTC.
  int64_t time_s;
  int64_t until_s;
  char person[72];
  // Of somebody new.
  char name[520];
  // The other person whose face it is like.
  char resembles[72];
  // Who enrolled.
  char enroller[72];
} mbt_enrolment;

static inline mbt_enrolment mbt_enrolment_init(void) {
  mbt_enrolment made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// A terminal, by the keys that it shows.
typedef struct mbt_terminal {
  uint32_t size;
  // Which of its key pairs it is known by, from 1.
  uint32_t number;
  char name[256];
  // To be told by another way than the introduction goes, and compared.
  char fingerprint[64];
} mbt_terminal;

static inline mbt_terminal mbt_terminal_init(void) {
  mbt_terminal made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// A terminal that this one is, or was, paired with.
typedef struct mbt_peer {
  uint32_t size;
  // MBT_PEER_SENDS, MBT_PEER_TAKES
  uint32_t flags;
  uint32_t number;
  uint32_t reserved;
  // When they were paired, and when that ended: seconds since 1970, UTC; 0 for not yet, as in complete_s.
  int64_t paired_s;
  int64_t ended_s;
  // As of when everything that comes from it is here.
  int64_t complete_s;
  // The revisions of the last bundle that was made for it, and taken from it; 0 before the first.
  uint64_t sent;
  uint64_t taken;
  char name[256];
  char fingerprint[64];
} mbt_peer;

static inline mbt_peer mbt_peer_init(void) {
  mbt_peer made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// What is to pass.
typedef struct mbt_pair_params {
  uint32_t size;
  // MBT_PEER_*; a list without the flag for its direction is refused.
  uint32_t flags;
  // What the other terminal wrote: mbt_terminal_identity, or mabataki terminal show --out.
  const uint8_t *introduction;
  size_t introduction_len;
  // As somebody was told it by another way.
  const char *fingerprint;
  // Wards whose people pass, and applications whose logins do: each a line, with a * at its end for all that begin like it.
  // NULL for none.
  const char *sends_wards;
  const char *sends_applications;
  const char *takes_wards;
  const char *takes_applications;
} mbt_pair_params;

static inline mbt_pair_params mbt_pair_params_init(void) {
  mbt_pair_params made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// What is to be done. What a job does not name above must be 0 or NULL.
typedef struct mbt_job_params {
  uint32_t size;
  // MBT_JOB_LOG_EXPORT and the others
  uint32_t kind;
  // MBT_JOB_WHOLE and the others
  uint32_t flags;
  // MBT_FORMAT_*
  uint32_t format;
  // MBT_OF_*
  uint32_t of;
  // MBT_LANG_*
  uint32_t lang;
  // At most two minutes.
  uint32_t wait_ms;
  uint32_t reserved;
  // How long a bundle is to be good: a minute to 90 days.
  uint64_t valid_s;
  // Seconds since 1970, UTC; 0 for no limit.
  int64_t valid_from_s;
  int64_t valid_until_s;
  // A false-match rate, such as 0.0001; 0 for the one that the model pack is made for.
  double rate;
  // Days by the site's clocks, such as 2026-10-01; NULL for the log's beginning and end.
  const char *from_day;
  const char *to_day;
  // Of a terminal, or of a reader.
  const char *name;
  // Each a line, with a * at its end for all that begin like it.
  const char *wards;
  const char *applications;
  const char *person;
  const char *label;
  // The public key that the log must have begun with; NULL for the one that it says itself.
  const char *key;
  // What is taken in.
  const uint8_t *data;
  size_t data_len;
  // The hours of an ordinary day; NULL for 07:00-20:00.
  const char *hours;
} mbt_job_params;

static inline mbt_job_params mbt_job_params_init(void) {
  mbt_job_params made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// How far a job is.
typedef struct mbt_progress {
  uint32_t size;
  // MBT_PENDING, or MBT_ENDED when it is done.
  int32_t state;
  // So much of so much: records, or milliseconds of waiting.
  uint64_t done;
  uint64_t of;
} mbt_progress;

static inline mbt_progress mbt_progress_init(void) {
  mbt_progress made;
  memset(&made, 0, sizeof made);
  made.size = (uint32_t)sizeof made;
  return made;
}

// What came of a job. What its kind does not name is 0.
typedef struct mbt_report {
  uint32_t size;
  // As in mbt_job_params.
  uint32_t kind;
  // MBT_REPORT_*
  uint32_t flags;
  uint32_t reserved;
  // How long the output is, bytes.
  uint64_t length;
  // Records written, looked at or compared.
  uint64_t records;
  // Of a verification: the last good checkpoint, the first record that is wrong (0 for none), records that no checkpoint covers.
  uint64_t checkpoints;
  uint64_t first_bad;
  uint64_t unprotected;
  // Of a bundle or a backup: which one it is.
  uint64_t revision;
  // Of a bundle or a list: what became of its records.
  uint64_t added;
  uint64_t changed;
  uint64_t removed;
  uint64_t unchanged;
  uint64_t held;
  uint64_t rejected;
  // Of an export: the log's own record of it.
  uint64_t record;
  // Until when a bundle is good: seconds since 1970, UTC.
  int64_t until_s;
  // Of a calibration: the rate, the threshold, and how many pairs of people reach it.
  double rate;
  double threshold;
  uint64_t reached;
  // SHA-256 of the output, in hex.
  char sha256[72];
  // What is wrong with the first bad record, as a stable word; the handle of a card that was bound.
  char word[72];
} mbt_report;

static inline mbt_report mbt_report_init(void) {
  mbt_report made;
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

// The newest small picture of what the camera sees, JPEG, its longer side `side` px (64 to 480): for whoever is enrolled to
// see themselves by. Only of sessions of mbt_enrol_begin. MBT_E_AGAIN where no newer one is there yet; only once it is asked
// for is any made. Free it with mbt_buffer_free.
MBT_API mbt_status mbt_session_preview(const struct mbt_session *session,
                               uint32_t side,
                               struct mbt_buffer *out);

// Tells of a card that the host has read, as "KIND:HEX"; NULL: it was taken away. For that the policy must list the host.
MBT_API mbt_status mbt_session_push_card(const struct mbt_session *session,
                                 const char *card);

// Hands in what the person typed, UTF-8, as the one factor MBT_F_*; a card's PIN where it would be the last try with
// MBT_F_LAST_TRY, or the card is not asked. Of MBT_F_HOST_PASSWORD only that it was typed: NULL and
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

// A signed assertion of who this is, a JSON Web Token, for an audience that the policy lists; `nonce` is what they drew. Free it
// with mbt_buffer_free.
MBT_API mbt_status mbt_grant_assertion(const struct mbt_grant *grant,
                               const char *audience,
                               const char *nonce,
                               struct mbt_buffer *out);

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

// Adds somebody.
MBT_API mbt_status mbt_person_add(const struct mbt_engine *engine,
                          const struct mbt_grant *by,
                          const struct mbt_person *person);

// Changes what is known of somebody to what is passed: begin with mbt_person_get.
MBT_API mbt_status mbt_person_change(const struct mbt_engine *engine,
                             const struct mbt_grant *by,
                             const struct mbt_person *person);

// One person.
MBT_API mbt_status mbt_person_get(const struct mbt_engine *engine,
                          const struct mbt_grant *by,
                          const char *id,
                          struct mbt_person *out);

// People in the order of their ids. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
// the last. `item_size` is sizeof of one entry, `room` how many there may be.
MBT_API mbt_status mbt_person_list(const struct mbt_engine *engine,
                           const struct mbt_grant *by,
                           const struct mbt_person *after,
                           struct mbt_person *items,
                           size_t item_size,
                           size_t room,
                           size_t *count);

// Whether somebody may come in: MBT_STATUS_ACTIVE, _DISABLED or _ON_LEAVE. Their grants end at once where they may not.
MBT_API mbt_status mbt_person_set_status(const struct mbt_engine *engine,
                                 const struct mbt_grant *by,
                                 const char *id,
                                 uint32_t status);

// Somebody has left for good: cards, face, password and logins go; id and name are kept.
MBT_API mbt_status mbt_person_retire(const struct mbt_engine *engine, const struct mbt_grant *by, const char *id);

// Erases somebody, with everything that is theirs; the log keeps the name. `record` (may be NULL) is the number of the record in
// the log that tells of it.
MBT_API mbt_status mbt_person_remove(const struct mbt_engine *engine,
                             const struct mbt_grant *by,
                             const char *id,
                             uint64_t *record);

// Forgets a face, for good. The person, their cards and their password stay.
MBT_API mbt_status mbt_person_forget_face(const struct mbt_engine *engine,
                                  const struct mbt_grant *by,
                                  const char *id);

// Lets somebody do without showing the face until a time, and says why; where the policy has something in its place. Without a
// reason (NULL) and a time (0) the exception is over.
MBT_API mbt_status mbt_person_except(const struct mbt_engine *engine,
                             const struct mbt_grant *by,
                             const char *id,
                             const char *reason,
                             int64_t until_s);

// Notes that somebody has agreed to the use of their face: which form they signed, and the day on it, such as 2026-12-31.
// Without a form (NULL) and a day (NULL) they have taken it back.
MBT_API mbt_status mbt_person_consent(const struct mbt_engine *engine,
                              const struct mbt_grant *by,
                              const char *id,
                              const char *form,
                              const char *day);

// Ties a card that the host has read, as KIND:HEX, to a person; only in stores for trials. Elsewhere the service reads it:
// mbt_job_begin with MBT_JOB_BIND_CARD. `out` may be NULL.
MBT_API mbt_status mbt_card_bind(const struct mbt_engine *engine,
                         const struct mbt_grant *by,
                         const char *person,
                         const char *card,
                         const char *label,
                         struct mbt_card *out);

// Cards of one person, or of all (NULL), in the order of their handles. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
// the last. `item_size` is sizeof of one entry, `room` how many there may be.
MBT_API mbt_status mbt_card_list(const struct mbt_engine *engine,
                         const struct mbt_grant *by,
                         const char *person,
                         const struct mbt_card *after,
                         struct mbt_card *items,
                         size_t item_size,
                         size_t room,
                         size_t *count);

// A card may be used no more: MBT_STOP_*.
MBT_API mbt_status mbt_card_stop(const struct mbt_engine *engine,
                         const struct mbt_grant *by,
                         const char *handle,
                         uint32_t why);

// It may be used again.
MBT_API mbt_status mbt_card_restore(const struct mbt_engine *engine, const struct mbt_grant *by, const char *handle);

// It is nobody's any more.
MBT_API mbt_status mbt_card_remove(const struct mbt_engine *engine, const struct mbt_grant *by, const char *handle);

// Gives a card to one more person (`shared` 1), or takes it from them (0): a department card, which lets in only where the policy
// knows such cards.
MBT_API mbt_status mbt_card_share(const struct mbt_engine *engine,
                          const struct mbt_grant *by,
                          const char *handle,
                          const char *person,
                          uint32_t shared);

// Sets somebody's password: `flags` is MBT_PASSWORD_MUST_CHANGE or 0.
MBT_API mbt_status mbt_password_set(const struct mbt_engine *engine,
                            const struct mbt_grant *by,
                            const char *person,
                            const char *password,
                            size_t len,
                            uint32_t flags);

// Takes somebody's password away. MBT_E_NOT_FOUND where they had none.
MBT_API mbt_status mbt_password_remove(const struct mbt_engine *engine,
                               const struct mbt_grant *by,
                               const char *person);

// Somebody changes their own password. It takes no grant, but the password that they have.
MBT_API mbt_status mbt_password_change(const struct mbt_engine *engine,
                               const char *person,
                               const char *old,
                               size_t old_len,
                               const char *new_password,
                               size_t new_len);

// Appoints the first administrator of a store, by the one-time token that was shown when it was made.
MBT_API mbt_status mbt_engine_set_up(const struct mbt_engine *engine,
                             const char *token,
                             size_t token_len,
                             const char *id,
                             const char *name,
                             const char *password,
                             size_t len);

// Logins of one person, or of all (NULL), in the order of people and applications. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
// the last. `item_size` is sizeof of one entry, `room` how many there may be.
MBT_API mbt_status mbt_login_list(const struct mbt_engine *engine,
                          const struct mbt_grant *by,
                          const char *person,
                          const struct mbt_login_entry *after,
                          struct mbt_login_entry *items,
                          size_t item_size,
                          size_t room,
                          size_t *count);

// Puts a login, in the place of the one that there was.
MBT_API mbt_status mbt_login_put(const struct mbt_engine *engine,
                         const struct mbt_grant *by,
                         const struct mbt_login_params *params);

// Puts the person's own login for an application that the grant opens: they have changed their password there. `person` in
// `params` is NULL.
MBT_API mbt_status mbt_grant_login_put(const struct mbt_grant *grant,
                               const struct mbt_login_params *params);

// Takes a login away. MBT_E_NOT_FOUND where there was none.
MBT_API mbt_status mbt_login_remove(const struct mbt_engine *engine,
                            const struct mbt_grant *by,
                            const char *person,
                            const char *application);

// What too many failed tries have shut. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
// the last. `item_size` is sizeof of one entry, `room` how many there may be.
MBT_API mbt_status mbt_lockout_list(const struct mbt_engine *engine,
                            const struct mbt_grant *by,
                            const struct mbt_lockout *after,
                            struct mbt_lockout *items,
                            size_t item_size,
                            size_t room,
                            size_t *count);

// Opens it again, for a person or for a department card (the other is NULL): one MBT_F_*, or all (0). `cleared` (may be NULL) is
// how many counters there were.
MBT_API mbt_status mbt_lockout_clear(const struct mbt_engine *engine,
                             const struct mbt_grant *by,
                             const char *person,
                             const char *card,
                             uint32_t factor,
                             uint32_t *cleared);

// Who is let in at the moment. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
// the last. `item_size` is sizeof of one entry, `room` how many there may be.
MBT_API mbt_status mbt_grant_list(const struct mbt_engine *engine,
                          const struct mbt_grant *by,
                          const struct mbt_grant_entry *after,
                          struct mbt_grant_entry *items,
                          size_t item_size,
                          size_t room,
                          size_t *count);

// Ends somebody's grant, by its `session`.
MBT_API mbt_status mbt_grant_revoke(const struct mbt_engine *engine, const struct mbt_grant *by, const char *session);

// Records of the log after the number `after`, the oldest first, a page at a time; MBT_E_END after the last. That somebody read them
// stands in the log from then on.
MBT_API mbt_status mbt_log_list(const struct mbt_engine *engine,
                        const struct mbt_grant *by,
                        uint64_t after,
                        struct mbt_log_entry *items,
                        size_t item_size,
                        size_t room,
                        size_t *count);

// The last checkpoint; with `sign` 1 the log is signed to here first. MBT_E_NOT_FOUND before the first.
MBT_API mbt_status mbt_log_checkpoint(const struct mbt_engine *engine,
                              const struct mbt_grant *by,
                              uint32_t sign,
                              struct mbt_checkpoint *out);

// The policy in force: TOML. Free it with mbt_buffer_free.
MBT_API mbt_status mbt_policy_get(const struct mbt_engine *engine,
                          const struct mbt_grant *by,
                          struct mbt_buffer *out);

// Reads a policy and says what is wrong with it: MBT_OK with the faults, or MBT_E_END where there is none. It asks no service.
MBT_API mbt_status mbt_policy_check(const char *text,
                            size_t len,
                            struct mbt_fault *items,
                            size_t item_size,
                            size_t room,
                            size_t *count);

// Sets another policy. One with a fault is refused as a whole: mbt_policy_check names them. `warnings` (may be NULL) is a set of
// MBT_POLICY_*.
MBT_API mbt_status mbt_policy_set(const struct mbt_engine *engine,
                          const struct mbt_grant *by,
                          const char *text,
                          size_t len,
                          uint32_t *warnings);

// How the terminal stands. It takes no grant: whoever looks at the terminal may know.
MBT_API mbt_status mbt_engine_state(const struct mbt_engine *engine, struct mbt_state *out);

// Believes the clock as it stands: MBT_STATE_CLOCK_BEHIND.
MBT_API mbt_status mbt_clock_accept(const struct mbt_engine *engine, const struct mbt_grant *by);

// Has the service open store, model pack and runtime anew for what is asked from now on. For whoever installs: root, or the
// service's own user.
MBT_API mbt_status mbt_engine_reload(const struct mbt_engine *engine);

// The keys that assertions are verified by, as a JSON Web Key Set. Free it with mbt_buffer_free.
MBT_API mbt_status mbt_engine_keys(const struct mbt_engine *engine, struct mbt_buffer *out);

// Issues a code that lets somebody work for `minutes`, and may wait `valid_s` to be used. `person` may be NULL for anybody,
// `terminal` for this one. `code` is told this once, and kept nowhere: free it with mbt_buffer_free.
MBT_API mbt_status mbt_emergency_issue(const struct mbt_engine *engine,
                               const struct mbt_grant *by,
                               const char *person,
                               const char *terminal,
                               uint32_t minutes,
                               uint64_t valid_s,
                               struct mbt_emergency *out,
                               struct mbt_buffer *code);

// Codes, open and past. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
// the last. `item_size` is sizeof of one entry, `room` how many there may be.
MBT_API mbt_status mbt_emergency_list(const struct mbt_engine *engine,
                              const struct mbt_grant *by,
                              const struct mbt_emergency *after,
                              struct mbt_emergency *items,
                              size_t item_size,
                              size_t room,
                              size_t *count);

// Takes a code back.
MBT_API mbt_status mbt_emergency_revoke(const struct mbt_engine *engine,
                                const struct mbt_grant *by,
                                const char *handle);

// How codes and disasters were used: what waits for a review, or all (1). A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
// the last. `item_size` is sizeof of one entry, `room` how many there may be.
MBT_API mbt_status mbt_emergency_use_list(const struct mbt_engine *engine,
                                  const struct mbt_grant *by,
                                  uint32_t all,
                                  const struct mbt_emergency_use *after,
                                  struct mbt_emergency_use *items,
                                  size_t item_size,
                                  size_t room,
                                  size_t *count);

// Notes that a use was looked at, and what was found. Nobody reviews what they made possible themselves.
MBT_API mbt_status mbt_emergency_review(const struct mbt_engine *engine,
                                const struct mbt_grant *by,
                                const char *handle,
                                const char *note);

// Declares a disaster, together with whoever has the grant `second` (NULL only in a store for trials).
MBT_API mbt_status mbt_disaster_declare(const struct mbt_engine *engine,
                                const struct mbt_grant *by,
                                const struct mbt_grant *second,
                                uint64_t length_s,
                                const char *reason);

// Ends it. MBT_E_NOT_FOUND where there was none.
MBT_API mbt_status mbt_disaster_end(const struct mbt_engine *engine, const struct mbt_grant *by);

// Enrolments that wait for a second pair of eyes. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
// the last. `item_size` is sizeof of one entry, `room` how many there may be.
MBT_API mbt_status mbt_enrolment_list(const struct mbt_engine *engine,
                              const struct mbt_grant *by,
                              const struct mbt_enrolment *after,
                              struct mbt_enrolment *items,
                              size_t item_size,
                              size_t room,
                              size_t *count);

// Approves of an enrolment (1), or refuses it (0). Nobody decides about what they enrolled themselves.
MBT_API mbt_status mbt_enrolment_decide(const struct mbt_engine *engine,
                                const struct mbt_grant *by,
                                const char *person,
                                uint32_t approve);

// This terminal, as it shows itself to others. `introduction` (may be NULL) is what the other one is to read: free it with
// mbt_buffer_free.
MBT_API mbt_status mbt_terminal_identity(const struct mbt_engine *engine,
                                 struct mbt_terminal *out,
                                 struct mbt_buffer *introduction);

// Draws new keys for this terminal. Peers take them from the introduction: mbt_peer_renew.
MBT_API mbt_status mbt_terminal_rotate(const struct mbt_engine *engine,
                               const struct mbt_grant *by,
                               struct mbt_terminal *out,
                               struct mbt_buffer *introduction);

// Terminals that this one is, or was, paired with. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
// the last. `item_size` is sizeof of one entry, `room` how many there may be.
MBT_API mbt_status mbt_peer_list(const struct mbt_engine *engine,
                         const struct mbt_grant *by,
                         const struct mbt_peer *after,
                         struct mbt_peer *items,
                         size_t item_size,
                         size_t room,
                         size_t *count);

// Pairs with a terminal, whose fingerprint somebody has compared. `out` may be NULL.
MBT_API mbt_status mbt_peer_pair(const struct mbt_engine *engine,
                         const struct mbt_grant *by,
                         const struct mbt_pair_params *params,
                         struct mbt_peer *out);

// Takes the new keys of a terminal that this one is paired with, from its introduction. `out` may be NULL.
MBT_API mbt_status mbt_peer_renew(const struct mbt_engine *engine,
                          const struct mbt_grant *by,
                          const uint8_t *introduction,
                          size_t len,
                          struct mbt_peer *out);

// Ends a pairing: nothing passes any more. `out` may be NULL.
MBT_API mbt_status mbt_peer_unpair(const struct mbt_engine *engine,
                           const struct mbt_grant *by,
                           const char *name,
                           struct mbt_peer *out);

// Begins a job. That the grant lacks the right for it is told by mbt_job_wait. Who has begun one holds a place as for a session
// until it ends.
MBT_API mbt_status mbt_job_begin(const struct mbt_engine *engine,
                         const struct mbt_grant *by,
                         const struct mbt_job_params *params,
                         struct mbt_job **out);

// Waits until there is something new: how far it is, or that it has ended. MBT_E_TIMEOUT when nothing was heard for so long,
// MBT_E_CANCELLED once it was called off; where it was not done, why.
MBT_API mbt_status mbt_job_wait(const struct mbt_job *job,
                        uint32_t timeout_ms,
                        struct mbt_progress *out);

// A file descriptor that becomes readable when mbt_job_wait would answer at once. It is the library's.
MBT_API mbt_status mbt_job_waitable(const struct mbt_job *job, ptrdiff_t *out);

// What came of it, once mbt_job_wait has said that it is done.
MBT_API mbt_status mbt_job_report(const struct mbt_job *job, struct mbt_report *out);

// The next piece of its output, once it is done: as much as fits into `room` bytes. `count` is 0 at the end.
MBT_API mbt_status mbt_job_read(const struct mbt_job *job, uint8_t *data, size_t room, size_t *count);

// Calls it off, from any thread. What is being written out stops; what is being taken in is taken in whole, or not at all.
MBT_API mbt_status mbt_job_cancel(const struct mbt_job *job);

// Closes it, and calls it off if it is still under way. NULL is let be.
MBT_API mbt_status mbt_job_end(struct mbt_job *job);

// Why the last failed call on this job failed.
MBT_API mbt_status mbt_job_error(const struct mbt_job *job, struct mbt_error *out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif /* MABATAKI_H */
