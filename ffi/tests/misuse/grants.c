/* Exports on a grant. */
#include "misuse.h"

static void grant_claim(void) {
  mbt_grant *out = NULL;
  HANDLES(mbt_engine, mbt_grant_claim(h, &out));
  PLACES(mbt_grant *, mbt_grant_claim(engine, p));
  REFUSED(mbt_grant_claim(engine, &out));
  THAT(out == NULL);
}

static void grant_read(void) {
  mbt_grant_info info = mbt_grant_info_init();
  HANDLES(mbt_grant, mbt_grant_read(h, &info));
  STRUCTS(mbt_grant_info, mbt_grant_read(grant, s));
  IS(MBT_OK, mbt_grant_read(grant, &info));
  THAT(strcmp(info.subject, "nurse01") == 0 && strcmp(info.account, "ward3") == 0 && info.left_ms > 0);
}

static void grant_check(void) {
  HANDLES(mbt_grant, mbt_grant_check(h, "chart"));
  IS(MBT_E_INVALID, mbt_grant_check(grant, NULL));
  TEXTS(mbt_grant_check(grant, t));
  IS(MBT_E_REAUTH, mbt_grant_check(grant, "chart"));
}

static void grant_login(void) {
  mbt_login login = mbt_login_init();
  HANDLES(mbt_grant, mbt_grant_login(h, "chart", &login));
  STRUCTS(mbt_login, mbt_grant_login(grant, "chart", s));
  login.size = 16;
  IS(MBT_E_ABI, mbt_grant_login(grant, "chart", &login));
  login = mbt_login_init();
  IS(MBT_E_INVALID, mbt_grant_login(grant, NULL, &login));
  TEXTS(mbt_grant_login(grant, t, &login));
  IS(MBT_E_REAUTH, mbt_grant_login(grant, "chart", &login));
  THAT(login.user.data == NULL && login.secret.data == NULL);
}

static void grant_login_put(void) {
  mbt_login_params params = mbt_login_params_init(), wrong;
  params.application = "chart"; params.user = "n-1"; params.secret = "typed"; params.secret_len = 5;
  HANDLES(mbt_grant, mbt_grant_login_put(h, &params));
  STRUCTS(mbt_login_params, mbt_grant_login_put(grant, s));
  wrong = params; wrong.person = "nurse01"; IS(MBT_E_INVALID, mbt_grant_login_put(grant, &wrong));
  wrong = params; wrong.secret = NULL; IS(MBT_E_INVALID, mbt_grant_login_put(grant, &wrong));
  wrong = params; TEXTS((wrong.application = t, mbt_grant_login_put(grant, &wrong)));
  wrong = params; TEXTS((wrong.user = t, mbt_grant_login_put(grant, &wrong)));
  IS(MBT_E_REAUTH, mbt_grant_login_put(grant, &params));
}

static void login_free(void) {
  mbt_login login = mbt_login_init();
  size_t i;
  mbt_login_free(NULL);
  mbt_login_free((mbt_login *)(void *)((char *)&login + 1));
  for (i = 0; i < COUNT(SIZES); i++) { login.size = SIZES[i]; mbt_login_free(&login); }
  login = mbt_login_init();
  mbt_login_free(&login);
  login.secret.data = (uint8_t *)&login;
  login.secret.len = SIZE_MAX;
  mbt_login_free(&login);
  THAT(login.secret.data == NULL);
}

static void grant_login_report(void) {
  HANDLES(mbt_grant, mbt_grant_login_report(h, "chart", 1));
  IS(MBT_E_INVALID, mbt_grant_login_report(grant, NULL, 1));
  TEXTS(mbt_grant_login_report(grant, t, 1));
  IS(MBT_E_REAUTH, mbt_grant_login_report(grant, "chart", 1));
}

static void grant_report(void) {
  uint64_t record = 0;
  HANDLES(mbt_grant, mbt_grant_report(h, "opened", "door", &record));
  IS(MBT_E_INVALID, mbt_grant_report(grant, NULL, NULL, NULL));
  TEXTS(mbt_grant_report(grant, t, NULL, NULL));
  TEXTS(mbt_grant_report(grant, "opened", t, NULL));
  IS(MBT_E_INVALID, mbt_grant_report(grant, "opened", NULL, (uint64_t *)(void *)((char *)&record + 1)));
}

static void grant_confirm(void) {
  HANDLES(mbt_grant, mbt_grant_confirm(h, 1));
}

static void grant_keep(void) {
  HANDLES(mbt_grant, mbt_grant_keep(h));
  REFUSED(mbt_grant_keep(grant));
}

static void grant_end(void) {
  mbt_grant *other = let_in();
  mbt_grant_info info = mbt_grant_info_init();
  HANDLES(mbt_grant, mbt_grant_end(h));
  IS(MBT_OK, mbt_grant_end(other));
  REFUSED(mbt_grant_end(other));
  REFUSED(mbt_grant_read(other, &info));
  IS(MBT_OK, mbt_grant_close(other));
  IS(MBT_E_STATE, mbt_grant_end(other));
}

static void grant_close(void) {
  IS(MBT_OK, mbt_grant_close(NULL));
  IS(MBT_E_STATE, mbt_grant_close(closed_grant));
  IS(MBT_E_INVALID, mbt_grant_close(foreign_mbt_grant));
}

static void grant_error(void) {
  mbt_error error = mbt_error_init();
  HANDLES(mbt_grant, mbt_grant_error(h, &error));
  STRUCTS(mbt_error, mbt_grant_error(grant, s));
  IS(MBT_E_REAUTH, mbt_grant_check(grant, "chart"));
  IS(MBT_OK, mbt_grant_error(grant, &error));
  THAT(error.status == MBT_E_REAUTH);
}

const abuse GRANTS[] = {
  { "mbt_grant_claim", grant_claim },
  { "mbt_grant_read", grant_read },
  { "mbt_grant_check", grant_check },
  { "mbt_grant_login", grant_login },
  { "mbt_grant_login_put", grant_login_put },
  { "mbt_login_free", login_free },
  { "mbt_grant_login_report", grant_login_report },
  { "mbt_grant_report", grant_report },
  { "mbt_grant_confirm", grant_confirm },
  { "mbt_grant_keep", grant_keep },
  { "mbt_grant_end", grant_end },
  { "mbt_grant_close", grant_close },
  { "mbt_grant_error", grant_error },
  { NULL, NULL },
};
