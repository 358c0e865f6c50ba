/* Exports for administrators: people, cards, passwords, logins, lock-outs, grants. */
#include "misuse.h"

/* A handle as cards have them, of none. */
#define HANDLE "0000-0000"

static void person_add(void) {
  mbt_person person = mbt_person_init(), wrong;
  strcpy(person.id, "added1");
  strcpy(person.name, "somebody");
  HANDLES(mbt_engine, mbt_person_add(h, NULL, &person));
  GRANTED(mbt_person_add(engine, by, &person));
  STRUCTS(mbt_person, mbt_person_add(engine, NULL, s));
  wrong = person; wrong.flags = 0x80; IS(MBT_E_INVALID, mbt_person_add(engine, NULL, &wrong));
  wrong = person; wrong.flags = MBT_PERSON_CUT; IS(MBT_E_INVALID, mbt_person_add(engine, NULL, &wrong));
  wrong = person; memset(wrong.accounts, 'a', sizeof wrong.accounts); IS(MBT_E_INVALID, mbt_person_add(engine, NULL, &wrong));
  wrong = person; strcpy(wrong.name, BROKEN); IS(MBT_E_INVALID, mbt_person_add(engine, NULL, &wrong));
  wrong = person; wrong.valid_until_s = INT64_MAX; IS(MBT_E_INVALID, mbt_person_add(engine, NULL, &wrong));
  wrong = person; strcpy(wrong.scope, "room 7"); IS(MBT_E_INVALID, mbt_person_add(engine, NULL, &wrong));
  wrong = person; strcpy(wrong.id, "no id at all"); REFUSED(mbt_person_add(engine, NULL, &wrong));
  IS(MBT_OK, mbt_person_add(engine, NULL, &person));
  IS(MBT_E_EXISTS, mbt_person_add(engine, NULL, &person));
}

static void person_change(void) {
  mbt_person person = mbt_person_init();
  strcpy(person.id, "nobody");
  strcpy(person.name, "somebody");
  HANDLES(mbt_engine, mbt_person_change(h, NULL, &person));
  GRANTED(mbt_person_change(engine, by, &person));
  STRUCTS(mbt_person, mbt_person_change(engine, NULL, s));
  IS(MBT_E_NOT_FOUND, mbt_person_change(engine, NULL, &person));
  person.flags = MBT_PERSON_CUT; IS(MBT_E_INVALID, mbt_person_change(engine, NULL, &person));
}

static void person_get(void) {
  mbt_person person = mbt_person_init();
  HANDLES(mbt_engine, mbt_person_get(h, NULL, "nurse01", &person));
  GRANTED(mbt_person_get(engine, by, "nurse01", &person));
  STRUCTS(mbt_person, mbt_person_get(engine, NULL, "nurse01", s));
  IS(MBT_E_INVALID, mbt_person_get(engine, NULL, NULL, &person));
  TEXTS(mbt_person_get(engine, NULL, t, &person));
  IS(MBT_E_NOT_FOUND, mbt_person_get(engine, NULL, "nobody", &person));
  IS(MBT_OK, mbt_person_get(engine, NULL, "nurse01", &person));
  THAT(person.cards == 1 && strncmp(person.accounts, "ward3", 5) == 0);
}

static void person_list(void) { LISTS(mbt_person, mbt_person_list,); }

static void person_set_status(void) {
  HANDLES(mbt_engine, mbt_person_set_status(h, NULL, "nobody", MBT_STATUS_ACTIVE));
  GRANTED(mbt_person_set_status(engine, by, "nobody", MBT_STATUS_ACTIVE));
  TEXTS(mbt_person_set_status(engine, NULL, t, MBT_STATUS_ACTIVE));
  IS(MBT_E_INVALID, mbt_person_set_status(engine, NULL, NULL, MBT_STATUS_ACTIVE));
  IS(MBT_E_INVALID, mbt_person_set_status(engine, NULL, "nobody", 0));
  IS(MBT_E_INVALID, mbt_person_set_status(engine, NULL, "nobody", UINT32_MAX));
  IS(MBT_E_NOT_FOUND, mbt_person_set_status(engine, NULL, "nobody", MBT_STATUS_DISABLED));
}

static void person_except(void) {
  HANDLES(mbt_engine, mbt_person_except(h, NULL, "nobody", NULL, 0));
  GRANTED(mbt_person_except(engine, by, "nobody", NULL, 0));
  TEXTS(mbt_person_except(engine, NULL, t, NULL, 0));
  TEXTS(mbt_person_except(engine, NULL, "nurse01", t, 4102444800));
  IS(MBT_E_INVALID, mbt_person_except(engine, NULL, NULL, NULL, 0));
  IS(MBT_E_INVALID, mbt_person_except(engine, NULL, "nurse01", "eye patch", 0));
  IS(MBT_E_INVALID, mbt_person_except(engine, NULL, "nurse01", "eye patch", INT64_MIN));
}

static void person_consent(void) {
  HANDLES(mbt_engine, mbt_person_consent(h, NULL, "nobody", NULL, NULL));
  GRANTED(mbt_person_consent(engine, by, "nobody", NULL, NULL));
  TEXTS(mbt_person_consent(engine, NULL, t, NULL, NULL));
  TEXTS(mbt_person_consent(engine, NULL, "nurse01", t, "2026-11-22"));
  TEXTS(mbt_person_consent(engine, NULL, "nurse01", "form-1", t));
  IS(MBT_E_INVALID, mbt_person_consent(engine, NULL, NULL, NULL, NULL));
  IS(MBT_E_INVALID, mbt_person_consent(engine, NULL, "nurse01", "form-1", NULL));
  IS(MBT_E_INVALID, mbt_person_consent(engine, NULL, "nurse01", "form-1", "2026-02-31"));
}

static void person_retire(void) {
  HANDLES(mbt_engine, mbt_person_retire(h, NULL, "nobody"));
  GRANTED(mbt_person_retire(engine, by, "nobody"));
  IS(MBT_E_INVALID, mbt_person_retire(engine, NULL, NULL));
  TEXTS(mbt_person_retire(engine, NULL, t));
  REFUSED(mbt_person_retire(engine, NULL, "nobody"));
}

static void person_remove(void) {
  HANDLES(mbt_engine, mbt_person_remove(h, NULL, "nobody", NULL));
  GRANTED(mbt_person_remove(engine, by, "nobody", NULL));
  IS(MBT_E_INVALID, mbt_person_remove(engine, NULL, NULL, NULL));
  TEXTS(mbt_person_remove(engine, NULL, t, NULL));
  REFUSED(mbt_person_remove(engine, NULL, "nobody", NULL));
}

static void person_forget_face(void) {
  HANDLES(mbt_engine, mbt_person_forget_face(h, NULL, "nobody"));
  GRANTED(mbt_person_forget_face(engine, by, "nobody"));
  IS(MBT_E_INVALID, mbt_person_forget_face(engine, NULL, NULL));
  TEXTS(mbt_person_forget_face(engine, NULL, t));
  REFUSED(mbt_person_forget_face(engine, NULL, "nobody"));
}

static void card_bind(void) {
  mbt_card card = mbt_card_init();
  HANDLES(mbt_engine, mbt_card_bind(h, NULL, "nurse01", "felica:0114B34C1A2B3C02", "spare", &card));
  GRANTED(mbt_card_bind(engine, by, "nurse01", "felica:0114B34C1A2B3C02", "spare", &card));
  TEXTS(mbt_card_bind(engine, NULL, t, "felica:0114B34C1A2B3C02", "spare", &card));
  TEXTS(mbt_card_bind(engine, NULL, "nurse01", t, "spare", &card));
  TEXTS(mbt_card_bind(engine, NULL, "nurse01", "felica:0114B34C1A2B3C02", t, &card));
  IS(MBT_E_INVALID, mbt_card_bind(engine, NULL, NULL, "felica:0114B34C1A2B3C02", "spare", &card));
  IS(MBT_E_INVALID, mbt_card_bind(engine, NULL, "nurse01", NULL, "spare", &card));
  IS(MBT_E_INVALID, mbt_card_bind(engine, NULL, "nurse01", "felica:0114B34C1A2B3C02", NULL, &card));
  REFUSED(mbt_card_bind(engine, NULL, "nurse01", "felica:XY", "spare", &card));
  card.size = 7; IS(MBT_E_ABI, mbt_card_bind(engine, NULL, "nurse01", "felica:0114B34C1A2B3C02", "spare", &card));
  IS(MBT_OK, mbt_card_bind(engine, NULL, "nurse01", "felica:0114B34C1A2B3C02", "spare", NULL));
  IS(MBT_E_EXISTS, mbt_card_bind(engine, NULL, "nurse01", "felica:0114B34C1A2B3C02", "spare", NULL));
}

static void card_list(void) {
  mbt_card card[1];
  size_t count = 0;
  LISTS(mbt_card, mbt_card_list, NULL,);
  TEXTS(mbt_card_list(engine, NULL, t, NULL, card, sizeof card[0], 1, &count));
}

static void card_stop(void) {
  HANDLES(mbt_engine, mbt_card_stop(h, NULL, "nothing", MBT_STOP_LOST));
  GRANTED(mbt_card_stop(engine, by, HANDLE, MBT_STOP_LOST));
  TEXTS(mbt_card_stop(engine, NULL, t, MBT_STOP_LOST));
  IS(MBT_E_INVALID, mbt_card_stop(engine, NULL, NULL, MBT_STOP_LOST));
  IS(MBT_E_INVALID, mbt_card_stop(engine, NULL, "nothing", 0));
  REFUSED(mbt_card_stop(engine, NULL, "nothing", MBT_STOP_LOST));
}

static void card_restore(void) {
  HANDLES(mbt_engine, mbt_card_restore(h, NULL, "nobody"));
  GRANTED(mbt_card_restore(engine, by, HANDLE));
  IS(MBT_E_INVALID, mbt_card_restore(engine, NULL, NULL));
  TEXTS(mbt_card_restore(engine, NULL, t));
  REFUSED(mbt_card_restore(engine, NULL, "nobody"));
}

static void card_remove(void) {
  HANDLES(mbt_engine, mbt_card_remove(h, NULL, "nobody"));
  GRANTED(mbt_card_remove(engine, by, HANDLE));
  IS(MBT_E_INVALID, mbt_card_remove(engine, NULL, NULL));
  TEXTS(mbt_card_remove(engine, NULL, t));
  REFUSED(mbt_card_remove(engine, NULL, "nobody"));
}

static void card_share(void) {
  HANDLES(mbt_engine, mbt_card_share(h, NULL, HANDLE, "nurse01", 1));
  GRANTED(mbt_card_share(engine, by, HANDLE, "nurse01", 1));
  TEXTS(mbt_card_share(engine, NULL, t, "nurse01", 1));
  TEXTS(mbt_card_share(engine, NULL, HANDLE, t, 0));
  IS(MBT_E_INVALID, mbt_card_share(engine, NULL, NULL, "nurse01", 1));
  IS(MBT_E_INVALID, mbt_card_share(engine, NULL, HANDLE, NULL, 1));
  REFUSED(mbt_card_share(engine, NULL, HANDLE, "nurse01", 1));
}

static void password_set(void) {
  HANDLES(mbt_engine, mbt_password_set(h, NULL, "nobody", "quiet-Heron-43", 14, 0));
  GRANTED(mbt_password_set(engine, by, "nobody", "quiet-Heron-43", 14, 0));
  TEXTS(mbt_password_set(engine, NULL, t, "quiet-Heron-43", 14, 0));
  IS(MBT_E_INVALID, mbt_password_set(engine, NULL, NULL, "quiet-Heron-43", 14, 0));
  IS(MBT_E_INVALID, mbt_password_set(engine, NULL, "nobody", NULL, 14, 0));
  IS(MBT_E_INVALID, mbt_password_set(engine, NULL, "nobody", NULL, SIZE_MAX, 0));
  IS(MBT_E_INVALID, mbt_password_set(engine, NULL, "nobody", "x", SIZE_MAX, 0));
  IS(MBT_E_INVALID, mbt_password_set(engine, NULL, "nobody", BROKEN, 2, 0));
  IS(MBT_E_INVALID, mbt_password_set(engine, NULL, "nobody", "quiet-Heron-43", 14, 2));
  REFUSED(mbt_password_set(engine, NULL, "nurse01", "", 0, 0));
  IS(MBT_E_NOT_FOUND, mbt_password_set(engine, NULL, "nobody", "quiet-Heron-43", 14, 0));
}

static void password_remove(void) {
  HANDLES(mbt_engine, mbt_password_remove(h, NULL, "nobody"));
  GRANTED(mbt_password_remove(engine, by, "nobody"));
  IS(MBT_E_INVALID, mbt_password_remove(engine, NULL, NULL));
  TEXTS(mbt_password_remove(engine, NULL, t));
  REFUSED(mbt_password_remove(engine, NULL, "nobody"));
}

static void password_change(void) {
  HANDLES(mbt_engine, mbt_password_change(h, "nobody", "a", 1, "b", 1));
  TEXTS(mbt_password_change(engine, t, "a", 1, "b", 1));
  IS(MBT_E_INVALID, mbt_password_change(engine, NULL, "a", 1, "b", 1));
  IS(MBT_E_INVALID, mbt_password_change(engine, "nobody", NULL, 1, "b", 1));
  IS(MBT_E_INVALID, mbt_password_change(engine, "nobody", "a", 1, NULL, 1));
  IS(MBT_E_INVALID, mbt_password_change(engine, "nobody", "a", SIZE_MAX, "b", 1));
  IS(MBT_E_INVALID, mbt_password_change(engine, "nobody", BROKEN, 2, "b", 1));
  REFUSED(mbt_password_change(engine, "nobody", "quiet-Heron-42", 14, "quiet-Heron-43", 14));
}

static void engine_set_up(void) {
  HANDLES(mbt_engine, mbt_engine_set_up(h, "a", 1, "admin1", "Admin", "quiet-Heron-43", 14));
  TEXTS(mbt_engine_set_up(engine, "a", 1, t, "Admin", "quiet-Heron-43", 14));
  TEXTS(mbt_engine_set_up(engine, "a", 1, "admin1", t, "quiet-Heron-43", 14));
  IS(MBT_E_INVALID, mbt_engine_set_up(engine, NULL, 1, "admin1", "Admin", "quiet-Heron-43", 14));
  IS(MBT_E_INVALID, mbt_engine_set_up(engine, "a", SIZE_MAX, "admin1", "Admin", "quiet-Heron-43", 14));
  IS(MBT_E_INVALID, mbt_engine_set_up(engine, "a", 1, NULL, "Admin", "quiet-Heron-43", 14));
  IS(MBT_E_INVALID, mbt_engine_set_up(engine, "a", 1, "admin1", NULL, "quiet-Heron-43", 14));
  IS(MBT_E_INVALID, mbt_engine_set_up(engine, "a", 1, "admin1", "Admin", NULL, 14));
  REFUSED(mbt_engine_set_up(engine, "a", 1, "admin1", "Admin", "quiet-Heron-43", 14));
}

static void login_list(void) {
  mbt_login_entry login[1];
  size_t count = 0;
  LISTS(mbt_login_entry, mbt_login_list, NULL,);
  TEXTS(mbt_login_list(engine, NULL, t, NULL, login, sizeof login[0], 1, &count));
}

static void login_put(void) {
  mbt_login_params params = mbt_login_params_init(), wrong;
  params.person = "nurse01"; params.application = "chart2"; params.user = "n-1";
  params.secret = "typed"; params.secret_len = 5;
  HANDLES(mbt_engine, mbt_login_put(h, NULL, &params));
  GRANTED(mbt_login_put(engine, by, &params));
  STRUCTS(mbt_login_params, mbt_login_put(engine, NULL, s));
  wrong = params; wrong.reserved = 1; IS(MBT_E_INVALID, mbt_login_put(engine, NULL, &wrong));
  wrong = params; TEXTS((wrong.person = t, mbt_login_put(engine, NULL, &wrong)));
  wrong = params; TEXTS((wrong.application = t, mbt_login_put(engine, NULL, &wrong)));
  wrong = params; TEXTS((wrong.user = t, mbt_login_put(engine, NULL, &wrong)));
  wrong = params; wrong.secret = NULL; IS(MBT_E_INVALID, mbt_login_put(engine, NULL, &wrong));
  wrong = params; wrong.secret_len = SIZE_MAX; IS(MBT_E_INVALID, mbt_login_put(engine, NULL, &wrong));
  wrong = params; wrong.fields_len = 4; IS(MBT_E_INVALID, mbt_login_put(engine, NULL, &wrong));
  wrong = params; wrong.fields = "ward"; wrong.fields_len = SIZE_MAX; IS(MBT_E_INVALID, mbt_login_put(engine, NULL, &wrong));
  wrong.fields_len = 4; IS(MBT_E_INVALID, mbt_login_put(engine, NULL, &wrong));
  wrong.fields_len = 5; IS(MBT_E_INVALID, mbt_login_put(engine, NULL, &wrong));
  wrong.fields = "ward\0007"; wrong.fields_len = 7; IS(MBT_OK, mbt_login_put(engine, NULL, &wrong));
}

static void login_remove(void) {
  HANDLES(mbt_engine, mbt_login_remove(h, NULL, "nobody", "chart"));
  GRANTED(mbt_login_remove(engine, by, "nobody", "chart"));
  TEXTS(mbt_login_remove(engine, NULL, t, "chart"));
  TEXTS(mbt_login_remove(engine, NULL, "nobody", t));
  IS(MBT_E_INVALID, mbt_login_remove(engine, NULL, NULL, "chart"));
  IS(MBT_E_INVALID, mbt_login_remove(engine, NULL, "nobody", NULL));
  IS(MBT_E_NOT_FOUND, mbt_login_remove(engine, NULL, "nobody", "chart"));
}

static void lockout_list(void) { LISTS(mbt_lockout, mbt_lockout_list,); }

static void lockout_clear(void) {
  uint32_t cleared = 0;
  HANDLES(mbt_engine, mbt_lockout_clear(h, NULL, "nobody", NULL, 0, &cleared));
  GRANTED(mbt_lockout_clear(engine, by, "nobody", NULL, 0, &cleared));
  TEXTS(mbt_lockout_clear(engine, NULL, t, NULL, 0, &cleared));
  TEXTS(mbt_lockout_clear(engine, NULL, NULL, t, 0, &cleared));
  IS(MBT_E_INVALID, mbt_lockout_clear(engine, NULL, NULL, NULL, 0, &cleared));
  IS(MBT_E_INVALID, mbt_lockout_clear(engine, NULL, "nobody", HANDLE, 0, &cleared));
  IS(MBT_E_INVALID, mbt_lockout_clear(engine, NULL, "nobody", NULL, 3, &cleared));
  IS(MBT_E_INVALID, mbt_lockout_clear(engine, NULL, "nobody", NULL, 0, (uint32_t *)(void *)((char *)&cleared + 1)));
}

static void grant_list(void) { LISTS(mbt_grant_entry, mbt_grant_list,); }

static void grant_revoke(void) {
  HANDLES(mbt_engine, mbt_grant_revoke(h, NULL, "nobody"));
  GRANTED(mbt_grant_revoke(engine, by, "nobody"));
  IS(MBT_E_INVALID, mbt_grant_revoke(engine, NULL, NULL));
  TEXTS(mbt_grant_revoke(engine, NULL, t));
  REFUSED(mbt_grant_revoke(engine, NULL, "nobody"));
}

const abuse ADMINISTRATION[] = {
  { "mbt_person_add", person_add },
  { "mbt_person_change", person_change },
  { "mbt_person_get", person_get },
  { "mbt_person_list", person_list },
  { "mbt_person_set_status", person_set_status },
  { "mbt_person_except", person_except },
  { "mbt_person_consent", person_consent },
  { "mbt_person_retire", person_retire },
  { "mbt_person_remove", person_remove },
  { "mbt_person_forget_face", person_forget_face },
  { "mbt_card_bind", card_bind },
  { "mbt_card_list", card_list },
  { "mbt_card_stop", card_stop },
  { "mbt_card_restore", card_restore },
  { "mbt_card_remove", card_remove },
  { "mbt_card_share", card_share },
  { "mbt_password_set", password_set },
  { "mbt_password_remove", password_remove },
  { "mbt_password_change", password_change },
  { "mbt_engine_set_up", engine_set_up },
  { "mbt_login_list", login_list },
  { "mbt_login_put", login_put },
  { "mbt_login_remove", login_remove },
  { "mbt_lockout_list", lockout_list },
  { "mbt_lockout_clear", lockout_clear },
  { "mbt_grant_list", grant_list },
  { "mbt_grant_revoke", grant_revoke },
  { NULL, NULL },
};
