/* What the programs of an administrator's day share. */
#include "desk.h"

int failures;

mbt_engine *open_store(char **places) {
  mbt_config opened = mbt_config_init();
  mbt_engine *at = NULL;
  opened.flags = MBT_IN_PROCESS;
  opened.name = "desk";
  opened.state = places[0];
  opened.key = places[1];
  opened.witness = places[2];
  opened.pack = places[3];
  opened.runtime = places[4];
  opened.timeout_ms = 30000;
  IS(MBT_OK, mbt_engine_open(MBT_ABI, &opened, &at));
  return at;
}

mbt_grant *let_in_by(mbt_engine *at, uint32_t purpose, const char *card, const char *password) {
  mbt_auth_params params = mbt_auth_params_init();
  mbt_event event = mbt_event_init();
  mbt_session *asked = NULL;
  mbt_grant *given = NULL;
  mbt_status status;
  params.purpose = purpose;
  params.cards_from = MBT_FROM_HOST;
  params.secrets = MBT_F_PASSWORD;
  params.timeout_ms = 10000;
  IS(MBT_OK, mbt_auth_begin(at, &params, &asked));
  IS(MBT_OK, mbt_session_push_card(asked, card));
  IS(MBT_OK, mbt_session_push_secret(asked, MBT_F_PASSWORD, password, strlen(password)));
  do status = mbt_session_wait(asked, 20000, &event); while (status == MBT_OK && event.kind != MBT_EV_DONE);
  IS(MBT_OK, status);
  if (mbt_session_grant(asked, &given) != MBT_OK) given = NULL;
  IS(MBT_OK, mbt_session_end(asked));
  return given;
}

mbt_status work(mbt_engine *at, const mbt_grant *by, const mbt_job_params *params, mbt_job **out) {
  mbt_progress progress = mbt_progress_init();
  mbt_status status;
  IS(MBT_OK, mbt_job_begin(at, by, params, out));
  do status = mbt_job_wait(*out, 60000, &progress); while (status == MBT_OK && progress.state == MBT_PENDING);
  return status;
}

uint8_t *output(mbt_job *of, size_t *length) {
  mbt_report report = mbt_report_init();
  uint8_t *all;
  size_t count = 0;
  IS(MBT_OK, mbt_job_report(of, &report));
  all = malloc((size_t)report.length + 1);
  if (all == NULL) abort();
  *length = 0;
  /* In pieces that do not fit its length, as a host with a small buffer does. */
  do {
    size_t room = (size_t)report.length + 1 - *length;
    if (mbt_job_read(of, all + *length, room < 777 ? room : 777, &count) != MBT_OK) break;
    *length += count;
  } while (count > 0);
  THAT(*length == report.length);
  all[*length] = '\0';
  return all;
}
