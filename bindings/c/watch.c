/* Watches over whoever is logged in here, as the agent in a session does: a line for each event, until the grant has ended.
 *   watch [--socket PATH] [--frames FILE.mjpeg] [--lang ja]
 * The log-in left the grant for this user (authenticate --keep does). Without --frames the service's camera looks who is there,
 * and its reader whether the card still lies on it. Exit: 0 the grant has ended, 2 misuse, 3 unavailable. */
#include "host.h"

int main(int argc, char **argv) {
  const char *frames = option(argc, argv, "--frames");
  uint32_t lang = language(argc, argv);
  mbt_engine *engine = open_engine(argc, argv);
  mbt_watch_params params = mbt_watch_params_init();
  mbt_grant_info info = mbt_grant_info_init();
  mbt_result result = mbt_result_init();
  mbt_grant *grant = NULL;
  mbt_session *watch = NULL;
  uint64_t record = 0;

  must(mbt_grant_claim(engine, &grant), "claim");
  must(mbt_grant_read(grant, &info), "read the grant");
  printf("%s %s\n", info.subject, info.name);
  params.frames_from = frames ? MBT_FROM_RECORDING : MBT_FROM_DEVICE;
  params.cards_from = frames ? MBT_FROM_NONE : MBT_FROM_DEVICE;
  must(mbt_watch_begin(engine, grant, &params, &watch), "begin");
  /* What is done under a grant stands in the log. */
  must(mbt_grant_report(grant, "watched", NULL, &record), "report");
  if (frames) play(watch, frames, lang);
  else while (!follow(watch, MBT_WAIT_FOREVER, lang)) {}

  must(mbt_session_result(watch, &result), "result");
  if (result.outcome == MBT_FAILED) fprintf(stderr, "%s\n", mbt_text(MBT_TEXT_STATUS, result.status, lang));
  mbt_grant_close(grant);
  must(mbt_session_end(watch), "end");
  must(mbt_engine_close(engine), "close");
  return result.outcome == MBT_FAILED ? 3 : 0;
}
