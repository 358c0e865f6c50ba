/* Lets somebody in.
 *   authenticate [--socket PATH | --state DIR --key FILE --witness DIR --pack DIR --runtime LIB]
 *                [--account NAME] [--card KIND:HEX] [--frames FILE.mjpeg] [--password TEXT] [--lang ja] [--keep yes]
 * Without --card the service's reader is asked, without --frames its camera. With --keep the grant is left for the
 * user of the account. Exit: 0 granted, 1 not, 2 misuse, 3 unavailable. */
#include "host.h"

int main(int argc, char **argv) {
  const char *card = option(argc, argv, "--card"), *frames = option(argc, argv, "--frames");
  const char *password = option(argc, argv, "--password");
  uint32_t lang = language(argc, argv);
  mbt_engine *engine = open_engine(argc, argv);
  mbt_auth_params params = mbt_auth_params_init();
  mbt_session *session = NULL;
  mbt_result result = mbt_result_init();
  mbt_grant *grant = NULL;

  params.purpose = MBT_PURPOSE_LOGIN;
  params.account = option(argc, argv, "--account");
  params.cards_from = card ? MBT_FROM_HOST : MBT_FROM_DEVICE;
  params.frames_from = frames ? MBT_FROM_RECORDING : password ? MBT_FROM_NONE : MBT_FROM_DEVICE;
  params.secrets = password ? MBT_F_PASSWORD : 0;
  params.timeout_ms = 60000;
  must(mbt_auth_begin(engine, &params, &session), "begin");
  if (card) must(mbt_session_push_card(session, card), "card");
  if (password) must(mbt_session_push_secret(session, MBT_F_PASSWORD, password, strlen(password)), "password");
  if (frames) play(session, frames, lang);
  else while (!follow(session, MBT_WAIT_FOREVER, lang)) {}

  must(mbt_session_result(session, &result), "result");
  printf("%s\n", mbt_text(MBT_TEXT_REASON, result.reason, lang));
  if (result.outcome == MBT_FAILED) fprintf(stderr, "%s\n", mbt_text(MBT_TEXT_STATUS, result.status, lang));
  if (result.outcome == MBT_GRANTED) {
    mbt_grant_info info = mbt_grant_info_init();
    must(mbt_session_grant(session, &grant), "grant");
    must(mbt_grant_read(grant, &info), "read the grant");
    printf("%s %s\n", info.subject, info.name);
    if (option(argc, argv, "--keep")) must(mbt_grant_keep(grant), "keep");
    else must(mbt_grant_end(grant), "log off");
    mbt_grant_close(grant);
  }
  must(mbt_session_end(session), "end");
  must(mbt_engine_close(engine), "close");
  return result.outcome == MBT_GRANTED ? 0 : result.outcome == MBT_FAILED ? 3 : 1;
}
