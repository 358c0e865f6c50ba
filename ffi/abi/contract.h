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
