/* Enrols somebody's face from a recording, or with the service's camera.
 *   enrol PERSON [--name NAME] [--frames FILE.mjpeg] [--lang ja] [where the engine is: see authenticate.c]
 * In a store for trials no administrator is asked for. Exit: 0 enrolled, 1 not, 2 misuse, 3 unavailable. */
#include "host.h"

int main(int argc, char **argv) {
  const char *frames = option(argc, argv, "--frames");
  mbt_enrol_params params = mbt_enrol_params_init();
  uint32_t lang = language(argc, argv);
  mbt_engine *engine;
  mbt_session *session = NULL;
  mbt_result result = mbt_result_init();
  if (argc < 2 || argv[1][0] == '-') {
    fprintf(stderr, "usage: enrol PERSON [--name NAME] [--frames FILE.mjpeg]\n");
    return 2;
  }
  engine = open_engine(argc, argv);
  params.person = argv[1];
  params.name = option(argc, argv, "--name");
  params.frames_from = frames ? MBT_FROM_RECORDING : MBT_FROM_DEVICE;
  must(mbt_enrol_begin(engine, NULL, &params, &session), "begin");
  if (frames) play(session, frames, lang);
  else while (!follow(session, MBT_WAIT_FOREVER, lang)) {}
  must(mbt_session_result(session, &result), "result");
  if (result.failure) printf("%s\n", mbt_text(MBT_TEXT_FAILURE, result.failure, lang));
  if (result.review) printf("%s\n", mbt_text(MBT_TEXT_REVIEW, result.review, lang));
  printf("%u samples\n", result.samples);
  must(mbt_session_end(session), "end");
  must(mbt_engine_close(engine), "close");
  return result.flags & MBT_RESULT_ENROLLED ? 0 : result.outcome == MBT_FAILED ? 3 : 1;
}
