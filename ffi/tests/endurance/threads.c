/* Many threads, two engines, and a fork: the same results as of one. */
#include "endurance.h"
#include <sys/wait.h>

/* What comes of an attempt of one of the team. */
typedef struct { mbt_result result; char user[64]; } told;
#define TEAM 8
/* With card and password, by the card alone and called off, and called off at once. */
#define KINDS 3

static told do_one(mbt_engine *engine, unsigned who, unsigned kind) {
  told one;
  char card[32];
  mbt_grant *grant = NULL;
  mbt_login login = mbt_login_init();
  memset(&one, 0, sizeof one);
  one.result = mbt_result_init();
  snprintf(card, sizeof card, TEAM_CARD, who + 1);
  IS(MBT_OK, attempt(engine, kind < 2 ? card : NULL, kind < 1 ? PASSWORD : NULL, &one.result, &grant));
  if (!grant) return one;
  IS(MBT_OK, mbt_grant_login(grant, "chart", &login));
  snprintf(one.user, sizeof one.user, "%.*s", (int)login.user.len, (const char *)login.user.data);
  mbt_login_free(&login);
  IS(MBT_OK, mbt_grant_end(grant));
  IS(MBT_OK, mbt_grant_close(grant));
  return one;
}

/* One of the team, who does the same again and again while the others do. */
typedef struct { mbt_engine *engine; unsigned who; told alone[KINDS]; pthread_t thread; } member;
static member team[TEAM];

static void *do_many(void *of) {
  member *self = of;
  dice dice = shaken();
  unsigned round;
  for (round = 0; round < (rounds + 15) / 16; round++) {
    unsigned kind = roll(&dice, KINDS);
    told one = do_one(self->engine, self->who, kind), *alone = &self->alone[kind];
    if (memcmp(&one, alone, sizeof one) != 0)
      FAIL("alone: outcome %d, reason %d, \"%s\", \"%s\"; among others: %d, %d, \"%s\", \"%s\"", alone->result.outcome,
           alone->result.reason, alone->result.subject, alone->user, one.result.outcome, one.result.reason,
           one.result.subject, one.user);
  }
  return NULL;
}

static void do_all(mbt_engine **engines, unsigned count) {
  unsigned who;
  for (who = 0; who < TEAM; who++) {
    team[who].engine = engines[who % count];
    THAT(pthread_create(&team[who].thread, NULL, do_many, &team[who]) == 0);
  }
  for (who = 0; who < TEAM; who++) THAT(pthread_join(team[who].thread, NULL) == 0);
}

static void many(void) {
  mbt_engine *engines[2];
  unsigned who, kind;
  engines[0] = opened();
  for (who = 0; who < TEAM; who++) {
    team[who].who = who;
    for (kind = 0; kind < KINDS; kind++) team[who].alone[kind] = do_one(engines[0], who, kind);
    THAT(team[who].alone[0].result.outcome == MBT_GRANTED && team[who].alone[0].user[2] == (char)('1' + who));
    THAT(team[who].alone[2].result.outcome == MBT_ABANDONED);
  }
  do_all(engines, 1);
  engines[1] = opened();
  do_all(engines, 2);
  IS(MBT_OK, mbt_engine_close(engines[0]));
  /* The other one has nothing to do with it. */
  let_in(engines[1]);
  IS(MBT_OK, mbt_engine_close(engines[1]));
}

static void *wait_for_one(void *session) {
  mbt_event event = mbt_event_init();
  mbt_status status;
  while ((status = mbt_session_wait(session, LONG_MS, &event)) == MBT_OK && event.kind != MBT_EV_DONE) {}
  IS(MBT_OK, status);
  return NULL;
}

static void in_the_child(mbt_engine *engine, mbt_session *session, mbt_grant *grant) {
  mbt_info info = mbt_info_init();
  mbt_event event = mbt_event_init();
  mbt_result result = mbt_result_init();
  mbt_grant_info read = mbt_grant_info_init();
  mbt_session *begun = NULL;
  mbt_engine *own = NULL;
  IS(MBT_E_FORKED, mbt_engine_info(engine, &info));
  IS(MBT_E_FORKED, begin(engine, &begun));
  IS(MBT_E_FORKED, mbt_session_wait(session, 0, &event));
  IS(MBT_E_FORKED, mbt_session_cancel(session));
  IS(MBT_E_FORKED, mbt_session_result(session, &result));
  IS(MBT_E_FORKED, mbt_grant_read(grant, &read));
  IS(MBT_E_FORKED, mbt_grant_end(grant));
  IS(MBT_E_FORKED, mbt_session_end(session));
  IS(MBT_E_FORKED, mbt_grant_close(grant));
  IS(MBT_E_FORKED, mbt_engine_close(engine));
  own = opened();
  let_in(own);
  IS(MBT_E_FORKED, mbt_engine_info(engine, &info));
  IS(MBT_OK, mbt_engine_close(own));
}

/* A child has none of its parent's, and may have its own; the parent goes on as if nothing had been. */
static void forked(void) {
  mbt_engine *engine = opened();
  mbt_session *session = NULL;
  mbt_grant *grant = NULL;
  mbt_grant_info read = mbt_grant_info_init();
  mbt_result result = mbt_result_init();
  pthread_t waiter;
  dice dice = shaken();
  int round;
  IS(MBT_OK, attempt(engine, NURSE, PASSWORD, &result, &grant));
  IS(MBT_OK, begin(engine, &session));
  THAT(pthread_create(&waiter, NULL, wait_for_one, session) == 0);
  for (round = 0; round < 3; round++) {
    int status = -1;
    pid_t child;
    dawdle(&dice, 10);
    child = fork();
    if (child == 0) {
      failures = 0;
      in_the_child(engine, session, grant);
      _exit(failures != 0);
    }
    THAT(child > 0 && waitpid(child, &status, 0) == child);
    if (status != 0) FAIL("the child ended with %#x", (unsigned)status);
    let_in(engine);
    IS(MBT_OK, mbt_grant_read(grant, &read));
    THAT(strcmp(read.subject, "nurse01") == 0);
  }
  IS(MBT_OK, mbt_session_cancel(session));
  THAT(pthread_join(waiter, NULL) == 0);
  IS(MBT_OK, mbt_session_end(session));
  IS(MBT_OK, mbt_grant_close(grant));
  IS(MBT_OK, mbt_engine_close(engine));
}

const trial THREADS[] = {
  { "many", many },
  { "fork", forked },
  { NULL, NULL },
};
