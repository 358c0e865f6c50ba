/* The same over and over: nothing of it may be left. */
#include "endurance.h"

/* Opened and closed, with something under way or not. */
static void reopen(void) {
  dice dice = shaken();
  unsigned round;
  for (round = 0; round < rounds; round++) {
    mbt_engine *engine = opened();
    mbt_session *session = NULL;
    mbt_grant *grant = NULL;
    mbt_result result = mbt_result_init();
    unsigned what = roll(&dice, 4);
    if (what & 1) IS(MBT_OK, begin(engine, &session));
    if (what & 2) IS(MBT_OK, attempt(engine, NURSE, PASSWORD, &result, &grant));
    if (session && roll(&dice, 2)) IS(MBT_OK, mbt_session_push_card(session, NURSE));
    IS(MBT_OK, mbt_engine_close(engine));
    IS(MBT_OK, mbt_session_end(session));
    IS(MBT_OK, mbt_grant_close(grant));
    count_round(round, rounds);
  }
}

typedef struct { mbt_session *session; pthread_t thread; mbt_status last; int32_t outcome; int wakes; } waiter;

/* Waits to the end, whatever that is. */
static void *wait_for_all(void *of) {
  waiter *self = of;
  mbt_event event = mbt_event_init();
  while ((self->last = mbt_session_wait(self->session, MBT_WAIT_FOREVER, &event)) == MBT_OK) {
    self->wakes++;
    if (event.kind != MBT_EV_DONE) continue;
    self->outcome = event.code;
    break;
  }
  return NULL;
}

static waiter *waiting(mbt_session *session) {
  waiter *made = calloc(1, sizeof *made);
  made->session = session;
  THAT(pthread_create(&made->thread, NULL, wait_for_all, made) == 0);
  return made;
}

/* Whether it comes back within the time. Else nothing more can be said of anything. */
static void must_come_back(pthread_t thread, const char *what) {
  struct timespec end;
  (void)clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += LONG_MS / 1000;
  if (pthread_timedjoin_np(thread, NULL, &end) == 0) return;
  FAIL("%s: a thread never came back", what);
  _exit(1);
}

static void *cancel(void *session) {
  dice dice = shaken();
  mbt_status status;
  dawdle(&dice, 15);
  status = mbt_session_cancel(session);
  if (status != MBT_OK) IS(MBT_E_STATE, status);
  return NULL;
}

/* Called off by another thread at any moment: it always ends, with a word. */
static void cancel_at_random(void) {
  dice dice = shaken();
  mbt_engine *engine = opened();
  unsigned round, granted = 0, called_off = 0;
  for (round = 0; round < rounds; round++) {
    mbt_session *session = NULL;
    mbt_event event = mbt_event_init();
    pthread_t canceller;
    int present = roll(&dice, 3) == 0;
    IS(MBT_OK, begin(engine, &session));
    THAT(pthread_create(&canceller, NULL, cancel, session) == 0);
    dawdle(&dice, 10);
    if (present) {
      (void)mbt_session_push_card(session, NURSE);
      (void)mbt_session_push_secret(session, MBT_F_PASSWORD, PASSWORD, strlen(PASSWORD));
    }
    do IS(MBT_OK, mbt_session_wait(session, LONG_MS, &event)); while (event.kind != MBT_EV_DONE && failures == 0);
    granted += event.code == MBT_GRANTED;
    called_off += event.code == MBT_ABANDONED || event.code == MBT_REFUSED;
    IS(MBT_E_END, mbt_session_wait(session, 0, &event));
    must_come_back(canceller, "cancel");
    IS(MBT_OK, mbt_session_end(session));
    if (over_socket) count_round(round, rounds);
  }
  THAT(granted + called_off == rounds && (called_off > 0 || rounds < 20));
  let_in(engine);
  IS(MBT_OK, mbt_engine_close(engine));
}

/* Ended while another thread waits: that one comes back. */
static void end_while_waiting(void) {
  dice dice = shaken();
  mbt_engine *engine = opened();
  unsigned round;
  for (round = 0; round < rounds; round++) {
    mbt_session *session = NULL;
    waiter *other;
    IS(MBT_OK, begin(engine, &session));
    other = waiting(session);
    dawdle(&dice, 15);
    IS(MBT_OK, mbt_session_end(session));
    must_come_back(other->thread, "end");
    if (other->last != MBT_OK) IS(MBT_E_STATE, other->last);
    else THAT(other->outcome == MBT_ABANDONED);
    free(other);
    if (over_socket) count_round(round, rounds);
  }
  let_in(engine);
  IS(MBT_OK, mbt_engine_close(engine));
}

/* Says things to a session until it takes no more. */
static void *talk(void *session) {
  dice dice = shaken();
  mbt_status status = MBT_OK;
  while (status == MBT_OK || status == MBT_E_LIMIT || status == MBT_E_SERVICE) {
    switch (roll(&dice, 4)) {
    case 0: status = mbt_session_push_card(session, STRANGER); break;
    case 1: status = mbt_session_push_card(session, NULL); break;
    case 2: status = mbt_session_claim(session, "nurse01"); break;
    default: status = mbt_session_choose(session, 0); break;
    }
    dawdle(&dice, 2);
  }
  if (status != MBT_E_STATE) IS(MBT_OK, status);
  return NULL;
}

/* Begins sessions until the engine takes no more, and leaves the last one as it is. */
typedef struct { mbt_engine *engine; mbt_session *last; } beginner;

static void *begin_on(void *of) {
  beginner *self = of;
  mbt_session *session = NULL;
  mbt_status status;
  while ((status = begin(self->engine, &session)) == MBT_OK) {
    IS(MBT_OK, mbt_session_end(self->last));
    self->last = session;
  }
  IS(MBT_E_STATE, status);
  return NULL;
}

/* Closed with all that under way: every call comes back, and nothing is left but handles to be closed. */
static void close_with_all_open(void) {
  dice dice = shaken();
  unsigned round, fewer = (rounds + 3) / 4, many_threads = threads();
  for (round = 0; round < fewer; round++) {
    mbt_engine *engine = opened();
    mbt_session *sessions[2] = { NULL, NULL };
    waiter *waiters[2];
    pthread_t talker, begins;
    beginner other = { engine, NULL };
    mbt_event event = mbt_event_init();
    int i;
    for (i = 0; i < 2; i++) {
      IS(MBT_OK, begin(engine, &sessions[i]));
      waiters[i] = waiting(sessions[i]);
    }
    THAT(pthread_create(&talker, NULL, talk, sessions[0]) == 0);
    THAT(pthread_create(&begins, NULL, begin_on, &other) == 0);
    dawdle(&dice, 40);
    IS(MBT_OK, mbt_engine_close(engine));
    must_come_back(talker, "talk");
    must_come_back(begins, "begin");
    /* Also what was being begun when it was closed. */
    if (other.last) IS(MBT_E_STATE, mbt_session_wait(other.last, 0, &event));
    IS(MBT_OK, mbt_session_end(other.last));
    for (i = 0; i < 2; i++) {
      must_come_back(waiters[i]->thread, "wait");
      if (waiters[i]->last != MBT_OK) IS(MBT_E_STATE, waiters[i]->last);
      IS(MBT_OK, mbt_session_end(sessions[i]));
      free(waiters[i]);
    }
    settle(many_threads);
    count_round(round, fewer);
  }
}

const trial ROUNDS[] = {
  { "reopen", reopen },
  { "cancel", cancel_at_random },
  { "end", end_while_waiting },
  { "close", close_with_all_open },
  { NULL, NULL },
};
