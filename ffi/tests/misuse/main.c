/* Abuses every export and says each one's name. The test reads the names: none of the header's may be missing. */
#include "misuse.h"
#include <sys/wait.h>
#include <unistd.h>

int failures;
char LONG[70000];
mbt_config config;
mbt_engine *engine, *closed_engine;
mbt_session *session, *closed_session;
mbt_grant *grant, *closed_grant;
mbt_job *job, *closed_job;

static void run(const abuse *table) {
  for (; table->name; table++) {
    table->abuse();
    printf("%s\n", table->name);
    fflush(stdout);
  }
}

mbt_session *begin_session(void) {
  mbt_auth_params params = mbt_auth_params_init();
  mbt_session *begun = NULL;
  params.purpose = MBT_PURPOSE_LOGIN;
  params.cards_from = MBT_FROM_HOST;
  params.secrets = MBT_F_PASSWORD;
  params.account = "ward3";
  IS(MBT_OK, mbt_auth_begin(engine, &params, &begun));
  return begun;
}

mbt_grant *let_in(void) {
  mbt_session *begun = begin_session();
  mbt_event event = mbt_event_init();
  mbt_result result = mbt_result_init();
  mbt_grant *given = NULL;
  IS(MBT_OK, mbt_session_push_card(begun, "felica:0114B34C1A2B3C01"));
  IS(MBT_OK, mbt_session_push_secret(begun, MBT_F_PASSWORD, "quiet-Heron-42", 14));
  do IS(MBT_OK, mbt_session_wait(begun, 20000, &event)); while (event.kind != MBT_EV_DONE && failures == 0);
  IS(MBT_E_END, mbt_session_wait(begun, 0, &event));
  IS(MBT_OK, mbt_session_result(begun, &result));
  THAT(result.outcome == MBT_GRANTED && result.factors == (MBT_F_CARD | MBT_F_PASSWORD));
  IS(MBT_OK, mbt_session_grant(begun, &given));
  IS(MBT_OK, mbt_session_end(begun));
  return given;
}

mbt_job *begin_job(void) {
  mbt_job_params params = mbt_job_params_init();
  mbt_job *begun = NULL;
  params.kind = MBT_JOB_LOG_EXPORT;
  params.format = MBT_FORMAT_JSONL;
  params.of = MBT_OF_RECORDS;
  IS(MBT_OK, mbt_job_begin(engine, NULL, &params, &begun));
  return begun;
}

/* A child has none of its parent's handles, and may open its own. */
static void forked(void) {
  int status = -1;
  pid_t child = fork();
  if (child == 0) {
    mbt_info info = mbt_info_init();
    mbt_event event = mbt_event_init();
    mbt_grant_info read = mbt_grant_info_init();
    failures = 0;
    IS(MBT_E_FORKED, mbt_engine_info(engine, &info));
    IS(MBT_E_FORKED, mbt_session_wait(session, 0, &event));
    IS(MBT_E_FORKED, mbt_grant_read(grant, &read));
    IS(MBT_E_FORKED, mbt_session_end(session));
    IS(MBT_E_FORKED, mbt_job_cancel(job));
    IS(MBT_E_FORKED, mbt_engine_close(engine));
    _exit(failures != 0);
  }
  THAT(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

int main(int argc, char **argv) {
  mbt_event event = mbt_event_init();
  mbt_grant_info read = mbt_grant_info_init();
  if (argc < 6) {
    fprintf(stderr, "usage: misuse STATE KEY WITNESS PACK RUNTIME [--no-fork]\n");
    return 2;
  }
  memset(LONG, 'a', sizeof LONG - 1);
  config = mbt_config_init();
  config.flags = MBT_IN_PROCESS;
  config.state = argv[1];
  config.key = argv[2];
  config.witness = argv[3];
  config.pack = argv[4];
  config.runtime = argv[5];
  /* Two passwords are compared for one login: 10 s each under valgrind on a machine that is busy. */
  config.timeout_ms = 120000;
  run(BASICS);
  IS(MBT_OK, mbt_engine_open(MBT_ABI, &config, &closed_engine));
  IS(MBT_OK, mbt_engine_close(closed_engine));
  IS(MBT_OK, mbt_engine_open(MBT_ABI, &config, &engine));
  closed_grant = let_in();
  IS(MBT_OK, mbt_grant_close(closed_grant));
  grant = let_in();
  closed_session = begin_session();
  IS(MBT_OK, mbt_session_end(closed_session));
  session = begin_session();
  closed_job = begin_job();
  IS(MBT_OK, mbt_job_end(closed_job));
  job = begin_job();
  run(ENGINE);
  run(SESSIONS);
  run(GRANTS);
  run(ADMINISTRATION);
  run(SITE);
  run(JOBS);
  if (argc == 6) forked();
  /* With a session and a grant open: both are ended, and their handles still want closing. */
  IS(MBT_OK, mbt_engine_close(engine));
  IS(MBT_E_STATE, mbt_session_wait(session, 0, &event));
  IS(MBT_E_STATE, mbt_grant_read(grant, &read));
  IS(MBT_E_STATE, mbt_job_cancel(job));
  IS(MBT_OK, mbt_session_end(session));
  IS(MBT_OK, mbt_job_end(job));
  IS(MBT_OK, mbt_grant_close(grant));
  IS(MBT_E_STATE, mbt_session_end(session));
  return failures != 0;
}
