/* A service that is killed at any moment. One thread waits for a card that never comes, others let somebody in again and again.
 * Each life of the service goes so, on standard output:
 *   waiting     a session is under way
 *   granted N   somebody was let in: one of the team to each thread, since a try that was cut off counts as a wrong one
 *   gone        the one who waited heard that the service is not there
 * The end of standard input ends the program. */
#include "endurance.h"

#define WORKERS 3

static int over;

/* That the service is not there, and nothing else, may be in the way. Whether it is. */
static int is_gone(mbt_status status, const char *what) {
  if (status == MBT_OK) return 0;
  if (status != MBT_E_SERVICE) FAIL("%s: expected MBT_OK or MBT_E_SERVICE, found %s", what, mbt_status_name(status));
  return 1;
}

static void say(const char *word) {
  flockfile(stdout);
  printf("%s\n", word);
  fflush(stdout);
  funlockfile(stdout);
}

/* Opens the engine anew until the service is there. */
static mbt_engine *reopened(dice *dice) {
  mbt_engine *engine = NULL;
  while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
    if (!is_gone(mbt_engine_open(MBT_ABI, &config, &engine), "open")) return engine;
    dawdle(dice, 10);
  }
  return NULL;
}

/* An engine whose service is gone stays so, also when another one is there. */
static void must_be_gone(mbt_engine *engine) {
  mbt_info info = mbt_info_init();
  mbt_session *session = NULL;
  IS(MBT_E_SERVICE, mbt_engine_info(engine, &info));
  IS(MBT_E_SERVICE, begin(engine, &session));
}

static void *wait_on(void *unused) {
  dice dice = shaken();
  mbt_engine *engine, *before = NULL;
  (void)unused;
  while ((engine = reopened(&dice))) {
    mbt_session *session = NULL;
    if (!is_gone(begin(engine, &session), "begin")) {
      mbt_event event = mbt_event_init();
      mbt_status status;
      say("waiting");
      do status = mbt_session_wait(session, 200, &event);
      while ((status == MBT_OK && event.kind != MBT_EV_DONE)
             || (status == MBT_E_TIMEOUT && !__atomic_load_n(&over, __ATOMIC_RELAXED)));
      if (status != MBT_E_TIMEOUT && is_gone(status, "wait")) say("gone");
    }
    /* What is no more is closed all the same. */
    IS(MBT_OK, mbt_session_end(session));
    if (before) must_be_gone(before);
    IS(MBT_OK, mbt_engine_close(before));
    before = engine;
  }
  IS(MBT_OK, mbt_engine_close(before));
  return NULL;
}

static void *work(void *of) {
  unsigned who = *(unsigned *)of;
  dice dice = shaken();
  mbt_engine *engine;
  char card[32], word[32];
  snprintf(card, sizeof card, TEAM_CARD, who);
  snprintf(word, sizeof word, "granted %u", who);
  while ((engine = reopened(&dice))) {
    int gone = 0;
    while (!gone && !__atomic_load_n(&over, __ATOMIC_RELAXED)) {
      mbt_result result = mbt_result_init();
      mbt_grant *grant = NULL;
      gone = is_gone(attempt(engine, card, PASSWORD, &result, &grant), "attempt");
      if (!gone && result.outcome == MBT_GRANTED) say(word);
      else if (!gone) FAIL("%u was not let in: %s", who, mbt_text(MBT_TEXT_REASON, result.reason, MBT_LANG_EN));
      if (grant) gone = is_gone(mbt_grant_end(grant), "log off");
      mbt_grant_close(grant);
      dawdle(&dice, 20);
    }
    IS(MBT_OK, mbt_engine_close(engine));
  }
  return NULL;
}

void outlive(void) {
  unsigned threads_before = threads(), descriptors_before = descriptors();
  pthread_t all[1 + WORKERS];
  unsigned who[1 + WORKERS], i;
  for (i = 0; i <= WORKERS; i++) {
    who[i] = i;
    THAT(pthread_create(&all[i], NULL, i ? work : wait_on, &who[i]) == 0);
  }
  while (getchar() != EOF) {}
  __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
  for (i = 0; i <= WORKERS; i++) THAT(pthread_join(all[i], NULL) == 0);
  settle(threads_before);
  if (descriptors() != descriptors_before)
    FAIL("expected %u descriptors, found %u", descriptors_before - 2, descriptors() - 2);
}
