/* Exports on an engine, and the beginning of sessions. */
#include "misuse.h"

static void engine_open(void) {
  static const uint32_t abis[] = { 0, MBT_ABI + 1, MBT_ABI + 0x10000, UINT32_MAX };
  mbt_engine *out = NULL;
  mbt_config other = config;
  size_t i;
  for (i = 0; i < COUNT(abis); i++) IS(MBT_E_ABI, mbt_engine_open(abis[i], &config, &out));
  PLACES(mbt_engine *, mbt_engine_open(MBT_ABI, &config, p));
  for (i = 0; i < COUNT(SIZES); i++) {
    other.size = SIZES[i];
    IS(MBT_E_ABI, mbt_engine_open(MBT_ABI, &other, &out));
  }
  other = config; other.flags = 0xFFFF; IS(MBT_E_INVALID, mbt_engine_open(MBT_ABI, &other, &out));
  other = config; other.reserved = 1; IS(MBT_E_INVALID, mbt_engine_open(MBT_ABI, &other, &out));
  other = config; other.socket = "/x"; IS(MBT_E_INVALID, mbt_engine_open(MBT_ABI, &other, &out));
  other = config; other.state = NULL; IS(MBT_E_INVALID, mbt_engine_open(MBT_ABI, &other, &out));
  other = config; other.flags = 0; IS(MBT_E_INVALID, mbt_engine_open(MBT_ABI, &other, &out));
  other = config; TEXTS((other.state = t, mbt_engine_open(MBT_ABI, &other, &out)));
  other = config; TEXTS((other.name = t, mbt_engine_open(MBT_ABI, &other, &out)));
  other = mbt_config_init(); TEXTS((other.socket = t, mbt_engine_open(MBT_ABI, &other, &out)));
  other.socket = "/nowhere/mabataki.sock";
  IS(MBT_E_SERVICE, mbt_engine_open(MBT_ABI, &other, &out));
  THAT(out == NULL);
}

static void engine_close(void) {
  uint64_t own = 0;
  IS(MBT_OK, mbt_engine_close(NULL));
  IS(MBT_E_STATE, mbt_engine_close(closed_engine));
  IS(MBT_E_INVALID, mbt_engine_close(foreign_mbt_engine));
  IS(MBT_E_STATE, mbt_engine_close((mbt_engine *)(void *)&own));
}

static void engine_info(void) {
  mbt_info info = mbt_info_init();
  HANDLES(mbt_engine, mbt_engine_info(h, &info));
  STRUCTS(mbt_info, mbt_engine_info(engine, s));
  IS(MBT_OK, mbt_engine_info(engine, &info));
  THAT((info.flags & MBT_INFO_IN_PROCESS) != 0 && strcmp(info.terminal, "ward3-a") == 0);
}

static void engine_device(void) {
  mbt_device device = mbt_device_init();
  HANDLES(mbt_engine, mbt_engine_device(h, 0, &device));
  STRUCTS(mbt_device, mbt_engine_device(engine, 0, s));
  IS(MBT_E_END, mbt_engine_device(engine, UINT32_MAX, &device));
}

static void engine_error(void) {
  mbt_error error = mbt_error_init();
  mbt_device device = mbt_device_init();
  HANDLES(mbt_engine, mbt_engine_error(h, &error));
  STRUCTS(mbt_error, mbt_engine_error(engine, s));
  IS(MBT_E_END, mbt_engine_device(engine, UINT32_MAX, &device));
  IS(MBT_OK, mbt_engine_error(engine, &error));
  THAT(error.status == MBT_E_END && strcmp(error.code, "end") == 0);
}

static void auth_begin(void) {
  mbt_session *out = NULL;
  mbt_auth_params params = mbt_auth_params_init(), wrong;
  params.purpose = MBT_PURPOSE_LOGIN;
  params.cards_from = MBT_FROM_HOST;
  HANDLES(mbt_engine, mbt_auth_begin(h, &params, &out));
  STRUCTS(mbt_auth_params, mbt_auth_begin(engine, s, &out));
  PLACES(mbt_session *, mbt_auth_begin(engine, &params, p));
  wrong = params; wrong.purpose = 0; IS(MBT_E_INVALID, mbt_auth_begin(engine, &wrong, &out));
  wrong = params; wrong.purpose = UINT32_MAX; IS(MBT_E_INVALID, mbt_auth_begin(engine, &wrong, &out));
  wrong = params; wrong.secrets = UINT32_MAX; IS(MBT_E_INVALID, mbt_auth_begin(engine, &wrong, &out));
  wrong = params; wrong.frames_from = 99; IS(MBT_E_INVALID, mbt_auth_begin(engine, &wrong, &out));
  wrong = params; wrong.cards_from = MBT_FROM_RECORDING; IS(MBT_E_INVALID, mbt_auth_begin(engine, &wrong, &out));
  wrong = params; wrong.camera = "x"; IS(MBT_E_INVALID, mbt_auth_begin(engine, &wrong, &out));
  wrong = params; wrong.replaces = closed_grant; IS(MBT_E_STATE, mbt_auth_begin(engine, &wrong, &out));
  wrong = params; wrong.replaces = foreign_mbt_grant; IS(MBT_E_INVALID, mbt_auth_begin(engine, &wrong, &out));
  wrong = params; TEXTS((wrong.policy = t, mbt_auth_begin(engine, &wrong, &out)));
  wrong = params; TEXTS((wrong.application = t, mbt_auth_begin(engine, &wrong, &out)));
  wrong = params; TEXTS((wrong.account = t, mbt_auth_begin(engine, &wrong, &out)));
  wrong = params; TEXTS((wrong.id = t, mbt_auth_begin(engine, &wrong, &out)));
  wrong = params; TEXTS((wrong.origin = t, mbt_auth_begin(engine, &wrong, &out)));
  wrong = params; TEXTS((wrong.reason = t, mbt_auth_begin(engine, &wrong, &out)));
  wrong = params; wrong.cards_from = MBT_FROM_DEVICE; TEXTS((wrong.reader = t, mbt_auth_begin(engine, &wrong, &out)));
  THAT(out == NULL);
}

static void enrol_begin(void) {
  mbt_session *out = NULL;
  mbt_enrol_params params = mbt_enrol_params_init(), wrong;
  params.person = "nurse01";
  params.frames_from = MBT_FROM_RECORDING;
  HANDLES(mbt_engine, mbt_enrol_begin(h, NULL, &params, &out));
  STRUCTS(mbt_enrol_params, mbt_enrol_begin(engine, NULL, s, &out));
  PLACES(mbt_session *, mbt_enrol_begin(engine, NULL, &params, p));
  IS(MBT_E_STATE, mbt_enrol_begin(engine, closed_grant, &params, &out));
  IS(MBT_E_INVALID, mbt_enrol_begin(engine, foreign_mbt_grant, &params, &out));
  wrong = params; wrong.person = NULL; IS(MBT_E_INVALID, mbt_enrol_begin(engine, NULL, &wrong, &out));
  wrong = params; wrong.reserved = 1; IS(MBT_E_INVALID, mbt_enrol_begin(engine, NULL, &wrong, &out));
  wrong = params; wrong.role = "r"; IS(MBT_E_INVALID, mbt_enrol_begin(engine, NULL, &wrong, &out));
  wrong = params; TEXTS((wrong.person = t, mbt_enrol_begin(engine, NULL, &wrong, &out)));
  wrong = params; TEXTS((wrong.name = t, mbt_enrol_begin(engine, NULL, &wrong, &out)));
  wrong = params; TEXTS((wrong.label = t, mbt_enrol_begin(engine, NULL, &wrong, &out)));
  /* There are no nets here: nobody's face can be enrolled. */
  REFUSED(mbt_enrol_begin(engine, NULL, &params, &out));
  THAT(out == NULL);
}

static void watch_begin(void) {
  mbt_session *out = NULL;
  mbt_watch_params params = mbt_watch_params_init(), wrong;
  HANDLES(mbt_engine, mbt_watch_begin(h, grant, &params, &out));
  HANDLES(mbt_grant, mbt_watch_begin(engine, h, &params, &out));
  STRUCTS(mbt_watch_params, mbt_watch_begin(engine, grant, s, &out));
  PLACES(mbt_session *, mbt_watch_begin(engine, grant, &params, p));
  wrong = params; wrong.frames_from = 99; IS(MBT_E_INVALID, mbt_watch_begin(engine, grant, &wrong, &out));
  wrong = params; wrong.frames_from = MBT_FROM_DEVICE; TEXTS((wrong.camera = t, mbt_watch_begin(engine, grant, &wrong, &out)));
  THAT(out == NULL);
}

const abuse ENGINE[] = {
  { "mbt_engine_open", engine_open },
  { "mbt_engine_close", engine_close },
  { "mbt_engine_info", engine_info },
  { "mbt_engine_device", engine_device },
  { "mbt_engine_error", engine_error },
  { "mbt_auth_begin", auth_begin },
  { "mbt_enrol_begin", enrol_begin },
  { "mbt_watch_begin", watch_begin },
  { NULL, NULL },
};
