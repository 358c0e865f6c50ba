/*
 * pam_mabataki.so - lets somebody log in with IC card and face, over the service of this terminal.
 *
 *   session optional pam_mabataki.so        behind pam_loginuid.so and pam_systemd.so: leaves the grant for the agent in the session
 *   auth  required  pam_mabataki.so [socket=PATH] [lang=ja|en] [purpose=login|unlock] [policy=NAME] [timeout=SECONDS]
 *                                   [password=ask|earlier] [remote=ignore|refuse|policy] [unavailable=fail|ignore]
 *
 * granted               PAM_SUCCESS
 * refused, timed out, unknown user, alike
 *                       PAM_AUTH_ERR
 * locked out            PAM_MAXTRIES
 * nothing can be judged here and now
 *                       PAM_AUTHINFO_UNAVAIL, which fails; with unavailable=ignore PAM_IGNORE, for the stack to go on
 * from another machine  PAM_IGNORE; with remote=refuse PAM_AUTH_ERR, with remote=policy as the site's policy says
 * conversation failed   PAM_CONV_ERR
 *
 * Everything else fails too. Nothing is written to stdout or stderr: what is for the person goes through the conversation, and
 * what is for the operator to the system's log. The library stays loaded (-z nodelete) and begins no thread for a client of
 * the service, so unloading the module is harmless.
 */
#define _DEFAULT_SOURCE
#define PAM_SM_AUTH
#define PAM_SM_SESSION
#include <mabataki.h>
#include <errno.h>
#include <security/pam_appl.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdlib.h>
#include <syslog.h>

/* How long a person has, where timeout= says nothing, and the most that it may say, seconds. */
#define SECONDS 45
#define MOST_SECONDS 600
/* What ends a call that the service does not answer, and how long the last event of a session that was called off is
 * waited for. */
#define IO_MS 5000
#define LAST_MS 2000
/* How often somebody is asked again for what could not be one (empty, not UTF-8). The service counts no try for these. */
#define ASKED 3

/* What a log-in leaves for the session that is opened next, under this name. */
#define LEFT "mabataki_grant"

/* A grant between authentication and session. */
typedef struct {
  mbt_engine *engine;
  mbt_grant *grant;
} left;

/* One person at the terminal. */
typedef struct {
  pam_handle_t *pam;
  int silent;
  const char *socket, *policy, *user, *origin;
  uint32_t lang, purpose, timeout_ms;
  int earlier;                            /* whether the password of an earlier module is still to be handed in */
  int remote, unavailable;                /* what PAM is told; remote = PAM_SUCCESS: the policy decides */
  uint64_t end;                           /* of the time for it all, on mbt_clock_us */
} visit;

/* The rest of `argument` behind `name=`, or NULL. */
static const char *value(const char *argument, const char *name) {
  size_t len = strlen(name);
  return strncmp(argument, name, len) == 0 && argument[len] == '=' ? argument + len + 1 : NULL;
}

/* Whether this is one of two words, and which: what stands for it is put where `to` points. */
static int either(const char *is, const char *one, int for_one, const char *other, int for_other, int *to) {
  if (is && strcmp(is, one) == 0) *to = for_one;
  else if (is && strcmp(is, other) == 0) *to = for_other;
  else return 0;
  return 1;
}

/* A whole number of seconds; 0 for anything else. */
static uint32_t seconds(const char *is) {
  char *rest = NULL;
  long number;
  errno = 0;
  number = strtol(is, &rest, 10);
  return errno == 0 && rest != is && *rest == '\0' && number >= 1 && number <= MOST_SECONDS ? (uint32_t)number : 0;
}

/* Takes in one of the module's arguments; 0 when it is not to be understood. */
static int read_option(const char *argument, visit *to) {
  const char *is;
  int number = 0;
  if ((is = value(argument, "socket"))) return (to->socket = is)[0] == '/';
  if ((is = value(argument, "policy"))) return (to->policy = is)[0] != '\0';
  if ((is = value(argument, "timeout"))) return (to->timeout_ms = seconds(is) * 1000) > 0;
  if (either(value(argument, "lang"), "ja", MBT_LANG_JA, "en", MBT_LANG_EN, &number)) to->lang = (uint32_t)number;
  else if (either(value(argument, "purpose"), "login", MBT_PURPOSE_LOGIN, "unlock", MBT_PURPOSE_UNLOCK, &number))
    to->purpose = (uint32_t)number;
  else if (either(value(argument, "password"), "ask", 0, "earlier", 1, &to->earlier)) return 1;
  else if (either(value(argument, "remote"), "ignore", PAM_IGNORE, "refuse", PAM_AUTH_ERR, &to->remote)) return 1;
  else if (either(value(argument, "remote"), "policy", PAM_SUCCESS, "policy", PAM_SUCCESS, &to->remote)) return 1;
  else return either(value(argument, "unavailable"), "fail", PAM_AUTHINFO_UNAVAIL, "ignore", PAM_IGNORE, &to->unavailable);
  return 1;
}

/* Shows something, unless the application wants silence. */
static int say(const visit *at, int style, const char *text) {
  if (at->silent || !text[0]) return PAM_SUCCESS;
  return pam_prompt(at->pam, style, NULL, "%s", text) == PAM_SUCCESS ? PAM_SUCCESS : PAM_CONV_ERR;
}

static void say_reason(const visit *at, int32_t reason) {
  /* It is over: whether anybody reads it changes nothing. */
  (void)say(at, PAM_ERROR_MSG, mbt_text(MBT_TEXT_REASON, reason, at->lang));
}

/* What PAM is told where this kept anybody from being judged. */
static int unjudged(const visit *at, mbt_status status) {
  /* Who has no face here is a matter of that person, and no device's. */
  if (!MBT_UNAVAILABLE(status) || status == MBT_E_NO_TEMPLATES) {
    say_reason(at, MBT_REASON_REFUSED);
    return PAM_AUTH_ERR;
  }
  (void)say(at, PAM_ERROR_MSG, mbt_text(MBT_TEXT_STATUS, status, at->lang));
  return at->unavailable;
}

/* The same where a call failed a moment ago. */
static int failed(const visit *at, const char *what, mbt_status status) {
  mbt_error error = mbt_error_init();
  if (mbt_error_last(&error) != MBT_OK) error.text[0] = '\0';
  pam_syslog(at->pam, LOG_ERR, "%s: %s: %s", what, mbt_status_name(status), error.text);
  return unjudged(at, status);
}

static mbt_status hand_in(mbt_session *session, int32_t guidance, const char *typed) {
  return guidance == MBT_G_TYPE_ID ? mbt_session_claim(session, typed)
                                   : mbt_session_push_secret(session, MBT_F_PASSWORD, typed, strlen(typed));
}

/* Hands in the password that an earlier module of the stack asked for, if the options say so and there is one: once. */
static mbt_status hand_in_earlier(visit *at, mbt_session *session) {
  const void *typed = NULL;
  int wanted = at->earlier;
  at->earlier = 0;
  if (!wanted || pam_get_item(at->pam, PAM_AUTHTOK, &typed) != PAM_SUCCESS || !typed) return MBT_E_INVALID;
  return hand_in(session, MBT_G_TYPE_PASSWORD, typed);
}

/* Has id or password typed, and hands it in. PAM_AUTHTOK stays as it is: this password is no other module's. */
static int ask(visit *at, mbt_session *session, int32_t guidance) {
  int style = guidance == MBT_G_TYPE_ID ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF, asked;
  mbt_status status = guidance == MBT_G_TYPE_PASSWORD ? hand_in_earlier(at, session) : MBT_E_INVALID;
  for (asked = 0; status == MBT_E_INVALID; asked++) {
    char *typed = NULL;
    int told;
    if (asked == ASKED) {
      say_reason(at, MBT_REASON_REFUSED);
      return PAM_AUTH_ERR;
    }
    /* The one who waits for it says so. */
    if (mbt_clock_us() >= at->end) return PAM_SUCCESS;
    told = pam_prompt(at->pam, style, &typed, "%s ", mbt_text(MBT_TEXT_GUIDANCE, guidance, at->lang));
    if (!typed) return PAM_CONV_ERR;
    if (told == PAM_SUCCESS) status = hand_in(session, guidance, typed);
    explicit_bzero(typed, strlen(typed));
    free(typed);
    if (told != PAM_SUCCESS) return PAM_CONV_ERR;
  }
  /* A session that is over by now says itself how it ended. */
  return status == MBT_OK || status == MBT_E_STATE ? PAM_SUCCESS : failed(at, "typed", status);
}

/* Follows the session to its end or until the time is up. */
static int follow(visit *at, mbt_session *session) {
  for (;;) {
    mbt_event event = mbt_event_init();
    uint64_t now = mbt_clock_us();
    mbt_status status = MBT_E_TIMEOUT;
    int told = PAM_SUCCESS;
    if (now < at->end) status = mbt_session_wait(session, (uint32_t)((at->end - now) / 1000) + 1, &event);
    if (status == MBT_E_TIMEOUT) {
      say_reason(at, MBT_REASON_TOO_LATE);
      return PAM_AUTH_ERR;
    }
    if (status != MBT_OK) return failed(at, "wait", status);
    if (event.kind == MBT_EV_DONE) return PAM_SUCCESS;
    if (event.kind == MBT_EV_TURN) told = say(at, PAM_TEXT_INFO, mbt_text(MBT_TEXT_CAUSE, event.code, at->lang));
    else if (event.kind == MBT_EV_GUIDANCE && (event.code == MBT_G_TYPE_ID || event.code == MBT_G_TYPE_PASSWORD))
      told = ask(at, session, event.code);
    else if (event.kind == MBT_EV_GUIDANCE) told = say(at, PAM_TEXT_INFO, mbt_text(MBT_TEXT_GUIDANCE, event.code, at->lang));
    if (told != PAM_SUCCESS) return told;
  }
}

/* Calls off what came to no end in time: what was presented still counts, and what came of it may be a lock-out. Whatever else
 * ended it, mbt_session_end calls it off. */
static int call_off(const visit *at, mbt_session *session, int told) {
  mbt_event event = mbt_event_init();
  mbt_result result = mbt_result_init();
  mbt_status status;
  if (told != PAM_AUTH_ERR) return told;
  status = mbt_session_cancel(session);
  /* Nothing was heard because the service has stopped. */
  if (MBT_UNAVAILABLE(status)) return failed(at, "cancel", status);
  if (status != MBT_OK) return told;
  while (mbt_session_wait(session, LAST_MS, &event) == MBT_OK && event.kind != MBT_EV_DONE) {}
  status = mbt_session_result(session, &result);
  return status == MBT_OK && result.reason == MBT_REASON_LOCKED ? PAM_MAXTRIES : told;
}

/* The grant is left for the user's agent; a host that may not do that lets in all the same. */
static void keep(pam_handle_t *pam, mbt_grant *grant) {
  mbt_status status = mbt_grant_keep(grant);
  if (status != MBT_OK)
    pam_syslog(pam, LOG_NOTICE, "the grant cannot be claimed in the session: %s", mbt_status_name(status));
}

/* With the connection ends what was granted and no session was opened with. In a child of the host nothing is closed but the
 * child's copy. */
static void clean_up(pam_handle_t *pam, void *data, int error) {
  left *has = data;
  (void)pam; (void)error;
  mbt_grant_close(has->grant);
  mbt_engine_close(has->engine);
  free(has);
}

/* Who unlocks a screen is in a session already, and has the grant left for it at once. Who logs in is in none: until it is open,
 * whichever process of the account asked first would have it. `engine` is taken over, unless it is still there afterwards. */
static int leave(const visit *at, mbt_engine **engine, mbt_session *session) {
  mbt_grant *grant = NULL;
  left *has;
  mbt_status status = mbt_session_grant(session, &grant);
  if (status != MBT_OK) return failed(at, "grant", status);
  has = at->purpose == MBT_PURPOSE_LOGIN ? malloc(sizeof *has) : NULL;
  if (has) {
    has->engine = *engine;
    has->grant = grant;
    if (pam_set_data(at->pam, LEFT, has, clean_up) == PAM_SUCCESS) {
      *engine = NULL;
      return PAM_SUCCESS;
    }
    free(has);
  }
  if (at->purpose == MBT_PURPOSE_LOGIN) pam_syslog(at->pam, LOG_NOTICE, "no memory: the session will be without its grant");
  else keep(at->pam, grant);
  mbt_grant_close(grant);
  return PAM_SUCCESS;
}

/* What PAM is told of how the session ended. */
static int judge(const visit *at, mbt_engine **engine, mbt_session *session) {
  mbt_result result = mbt_result_init();
  mbt_status status = mbt_session_result(session, &result);
  if (status != MBT_OK) return failed(at, "result", status);
  if (result.outcome == MBT_FAILED) {
    pam_syslog(at->pam, LOG_ERR, "nothing could be judged: %s", mbt_status_name(result.status));
    return unjudged(at, result.status);
  }
  /* A grant that rests on a password which the system has yet to judge is none here: this module offers no such password. */
  if (result.outcome == MBT_GRANTED && !(result.flags & MBT_RESULT_PROVISIONAL)) return leave(at, engine, session);
  say_reason(at, result.outcome == MBT_GRANTED ? MBT_REASON_REFUSED : result.reason);
  if (result.outcome == MBT_OBSERVED) return PAM_IGNORE;
  if (result.outcome != MBT_REFUSED && result.outcome != MBT_ABANDONED) return PAM_AUTH_ERR;
  return result.reason == MBT_REASON_LOCKED ? PAM_MAXTRIES
       : result.reason == MBT_REASON_UNAVAILABLE ? at->unavailable : PAM_AUTH_ERR;
}

static int authenticate(visit *at) {
  mbt_config config = mbt_config_init();
  mbt_auth_params params = mbt_auth_params_init();
  mbt_engine *engine = NULL;
  mbt_session *session = NULL;
  mbt_status status;
  int told;
  at->end = mbt_clock_us() + (uint64_t)at->timeout_ms * 1000;
  config.socket = at->socket;
  config.name = "pam";
  config.timeout_ms = IO_MS;
  status = mbt_engine_open(MBT_ABI, &config, &engine);
  if (status != MBT_OK) return failed(at, "service", status);
  params.purpose = at->purpose;
  params.policy = at->policy;
  params.account = at->user;
  params.origin = at->origin;
  params.cards_from = params.frames_from = MBT_FROM_DEVICE;
  params.secrets = MBT_F_PASSWORD;
  /* Where this process stops, the service ends it by itself. */
  params.timeout_ms = at->timeout_ms + LAST_MS;
  status = mbt_auth_begin(engine, &params, &session);
  if (status != MBT_OK) told = failed(at, "begin", status);
  else {
    told = follow(at, session);
    told = told == PAM_SUCCESS ? judge(at, &engine, session) : call_off(at, session, told);
  }
  mbt_session_end(session);
  mbt_engine_close(engine);
  return told;
}

PAM_EXTERN int pam_sm_authenticate(pam_handle_t *pam, int flags, int count, const char **arguments) {
  visit at;
  const void *remote = NULL;
  int i;
  memset(&at, 0, sizeof at);
  at.pam = pam;
  at.silent = (flags & PAM_SILENT) != 0;
  at.lang = MBT_LANG_JA;
  at.purpose = MBT_PURPOSE_LOGIN;
  at.timeout_ms = SECONDS * 1000u;
  at.remote = PAM_IGNORE;
  at.unavailable = PAM_AUTHINFO_UNAVAIL;
  for (i = 0; i < count; i++)
    if (!read_option(arguments[i], &at)) {
      pam_syslog(pam, LOG_ERR, "not an option of pam_mabataki, so nobody is let in: %s", arguments[i]);
      return PAM_AUTH_ERR;
    }
  if (pam_get_item(pam, PAM_RHOST, &remote) != PAM_SUCCESS) return PAM_AUTH_ERR;
  if (remote && *(const char *)remote) {
    if (at.remote != PAM_SUCCESS) return at.remote;
    at.origin = remote;
  }
  if (pam_get_user(pam, &at.user, NULL) != PAM_SUCCESS || !at.user) return PAM_CONV_ERR;
  return at.user[0] ? authenticate(&at) : PAM_AUTH_ERR;
}

PAM_EXTERN int pam_sm_setcred(pam_handle_t *pam, int flags, int count, const char **arguments) {
  (void)pam; (void)flags; (void)count; (void)arguments;
  return PAM_SUCCESS;
}

PAM_EXTERN int pam_sm_open_session(pam_handle_t *pam, int flags, int count, const char **arguments) {
  const void *data = NULL;
  (void)flags; (void)count; (void)arguments;
  /* Whoever came in by other means has nothing left, and is let in by them. */
  if (pam_get_data(pam, LEFT, &data) == PAM_SUCCESS && data) keep(pam, ((const left *)data)->grant);
  return PAM_SUCCESS;
}

PAM_EXTERN int pam_sm_close_session(pam_handle_t *pam, int flags, int count, const char **arguments) {
  (void)pam; (void)flags; (void)count; (void)arguments;
  return PAM_SUCCESS;
}
