/* Exports for the site: the log, the policy, emergencies, reviews, other terminals. */
#include "misuse.h"

static void log_list(void) {
  mbt_log_entry entry[1];
  size_t number = 0;
  HANDLES(mbt_engine, mbt_log_list(h, NULL, 0, entry, sizeof entry[0], 1, &number));
  GRANTED(mbt_log_list(engine, by, 0, entry, sizeof entry[0], 1, &number));
  ARRAYS(mbt_log_entry, mbt_log_list(engine, NULL, 0, items, item, room, count));
  IS(MBT_OK, mbt_log_list(engine, NULL, 0, entry, sizeof entry[0], 1, &number));
  THAT(number == 1 && entry[0].number == 1 && entry[0].size == sizeof entry[0]);
}

static void log_checkpoint(void) {
  mbt_checkpoint checkpoint = mbt_checkpoint_init();
  HANDLES(mbt_engine, mbt_log_checkpoint(h, NULL, 1, &checkpoint));
  GRANTED(mbt_log_checkpoint(engine, by, 1, &checkpoint));
  STRUCTS(mbt_checkpoint, mbt_log_checkpoint(engine, NULL, 1, s));
  IS(MBT_OK, mbt_log_checkpoint(engine, NULL, 1, &checkpoint));
  THAT(checkpoint.number > 0 && checkpoint.code[0] != '\0');
}

static void policy_get(void) {
  mbt_buffer buffer = { NULL, 0 };
  HANDLES(mbt_engine, mbt_policy_get(h, NULL, &buffer));
  GRANTED(mbt_policy_get(engine, by, &buffer));
  PLACES(mbt_buffer, mbt_policy_get(engine, NULL, p));
  IS(MBT_OK, mbt_policy_get(engine, NULL, &buffer));
  THAT(buffer.len > 0 && buffer.data[buffer.len] == '\0');
  mbt_buffer_free(&buffer);
}

static void policy_check(void) {
  mbt_fault fault[1];
  size_t number = 0;
  ARRAYS(mbt_fault, mbt_policy_check("x", 1, items, item, room, count));
  IS(MBT_E_INVALID, mbt_policy_check(NULL, 1, fault, sizeof fault[0], 1, &number));
  IS(MBT_E_INVALID, mbt_policy_check("x", SIZE_MAX, fault, sizeof fault[0], 1, &number));
  IS(MBT_E_CORRUPT, mbt_policy_check(BROKEN, 2, fault, sizeof fault[0], 1, &number));
  IS(MBT_OK, mbt_policy_check("x", 1, fault, sizeof fault[0], 1, &number));
  THAT(number == 1 && fault[0].line == 1 && fault[0].text[0] != '\0');
}

static void policy_set(void) {
  uint32_t warnings = 0;
  HANDLES(mbt_engine, mbt_policy_set(h, NULL, "x", 1, &warnings));
  GRANTED(mbt_policy_set(engine, by, "format = 1", 10, &warnings));
  IS(MBT_E_INVALID, mbt_policy_set(engine, NULL, NULL, 1, &warnings));
  IS(MBT_E_INVALID, mbt_policy_set(engine, NULL, "x", SIZE_MAX, &warnings));
  IS(MBT_E_INVALID, mbt_policy_set(engine, NULL, "x", 1, (uint32_t *)(void *)((char *)&warnings + 1)));
  IS(MBT_E_CORRUPT, mbt_policy_set(engine, NULL, "x", 1, &warnings));
}

static void engine_state(void) {
  mbt_state state = mbt_state_init();
  HANDLES(mbt_engine, mbt_engine_state(h, &state));
  STRUCTS(mbt_state, mbt_engine_state(engine, s));
  IS(MBT_OK, mbt_engine_state(engine, &state));
  THAT(state.now_s > 0 && state.flags == 0 && strlen(state.log_key) == 64);
}

static void clock_accept(void) {
  HANDLES(mbt_engine, mbt_clock_accept(h, NULL));
  GRANTED(mbt_clock_accept(engine, by));
}

static void engine_reload(void) {
  HANDLES(mbt_engine, mbt_engine_reload(h));
  IS(MBT_OK, mbt_engine_reload(engine));
}

static void engine_keys(void) {
  mbt_buffer buffer = { NULL, 0 };
  HANDLES(mbt_engine, mbt_engine_keys(h, &buffer));
  PLACES(mbt_buffer, mbt_engine_keys(engine, p));
  IS(MBT_OK, mbt_engine_keys(engine, &buffer));
  THAT(buffer.len > 0 && buffer.data[0] == '{');
  mbt_buffer_free(&buffer);
}

static void grant_assertion(void) {
  mbt_buffer buffer = { NULL, 0 };
  HANDLES(mbt_grant, mbt_grant_assertion(h, "portal", "nonce", &buffer));
  PLACES(mbt_buffer, mbt_grant_assertion(grant, "portal", "nonce", p));
  TEXTS(mbt_grant_assertion(grant, t, "nonce", &buffer));
  TEXTS(mbt_grant_assertion(grant, "portal", t, &buffer));
  IS(MBT_E_INVALID, mbt_grant_assertion(grant, NULL, "nonce", &buffer));
  IS(MBT_E_INVALID, mbt_grant_assertion(grant, "portal", NULL, &buffer));
  REFUSED(mbt_grant_assertion(grant, "portal", "nonce", &buffer));
  THAT(buffer.data == NULL);
}

static void emergency_issue(void) {
  mbt_emergency out = mbt_emergency_init();
  mbt_buffer code = { NULL, 0 };
  HANDLES(mbt_engine, mbt_emergency_issue(h, NULL, "nurse01", NULL, 30, 3600, &out, &code));
  GRANTED(mbt_emergency_issue(engine, by, "nurse01", NULL, 30, 3600, &out, &code));
  STRUCTS(mbt_emergency, mbt_emergency_issue(engine, NULL, "nurse01", NULL, 30, 3600, s, &code));
  PLACES(mbt_buffer, mbt_emergency_issue(engine, NULL, "nurse01", NULL, 30, 3600, &out, p));
  TEXTS(mbt_emergency_issue(engine, NULL, t, NULL, 30, 3600, &out, &code));
  TEXTS(mbt_emergency_issue(engine, NULL, "nurse01", t, 30, 3600, &out, &code));
  REFUSED(mbt_emergency_issue(engine, NULL, "nurse01", NULL, UINT32_MAX, UINT64_MAX, &out, &code));
  THAT(code.data == NULL);
}

static void emergency_list(void) { LISTS(mbt_emergency, mbt_emergency_list,); }

static void emergency_revoke(void) {
  HANDLES(mbt_engine, mbt_emergency_revoke(h, NULL, "nobody"));
  GRANTED(mbt_emergency_revoke(engine, by, "nobody"));
  IS(MBT_E_INVALID, mbt_emergency_revoke(engine, NULL, NULL));
  TEXTS(mbt_emergency_revoke(engine, NULL, t));
  REFUSED(mbt_emergency_revoke(engine, NULL, "nobody"));
}

static void emergency_use_list(void) { LISTS(mbt_emergency_use, mbt_emergency_use_list, 1,); }

static void emergency_review(void) {
  HANDLES(mbt_engine, mbt_emergency_review(h, NULL, "nothing", "looked at"));
  GRANTED(mbt_emergency_review(engine, by, "nothing", "looked at"));
  TEXTS(mbt_emergency_review(engine, NULL, t, "looked at"));
  TEXTS(mbt_emergency_review(engine, NULL, "nothing", t));
  IS(MBT_E_INVALID, mbt_emergency_review(engine, NULL, NULL, "looked at"));
  IS(MBT_E_INVALID, mbt_emergency_review(engine, NULL, "nothing", NULL));
  REFUSED(mbt_emergency_review(engine, NULL, "nothing", "looked at"));
}

static void disaster_declare(void) {
  HANDLES(mbt_engine, mbt_disaster_declare(h, NULL, NULL, 3600, "an earthquake"));
  GRANTED(mbt_disaster_declare(engine, by, NULL, 3600, "an earthquake"));
  IS(MBT_E_STATE, mbt_disaster_declare(engine, NULL, closed_grant, 3600, "an earthquake"));
  IS(MBT_E_INVALID, mbt_disaster_declare(engine, NULL, foreign_mbt_grant, 3600, "an earthquake"));
  TEXTS(mbt_disaster_declare(engine, NULL, NULL, 3600, t));
  IS(MBT_E_INVALID, mbt_disaster_declare(engine, NULL, NULL, 3600, NULL));
  REFUSED(mbt_disaster_declare(engine, NULL, NULL, UINT64_MAX, "an earthquake"));
}

static void disaster_end(void) {
  HANDLES(mbt_engine, mbt_disaster_end(h, NULL));
  GRANTED(mbt_disaster_end(engine, by));
  IS(MBT_E_NOT_FOUND, mbt_disaster_end(engine, NULL));
}

static void enrolment_list(void) { LISTS(mbt_enrolment, mbt_enrolment_list,); }

static void enrolment_decide(void) {
  HANDLES(mbt_engine, mbt_enrolment_decide(h, NULL, "nobody", 1));
  GRANTED(mbt_enrolment_decide(engine, by, "nobody", 1));
  IS(MBT_E_INVALID, mbt_enrolment_decide(engine, NULL, NULL, 1));
  TEXTS(mbt_enrolment_decide(engine, NULL, t, 1));
  REFUSED(mbt_enrolment_decide(engine, NULL, "nobody", 1));
}

static void terminal_identity(void) {
  mbt_terminal out = mbt_terminal_init();
  mbt_buffer text = { NULL, 0 };
  HANDLES(mbt_engine, mbt_terminal_identity(h, &out, &text));
  STRUCTS(mbt_terminal, mbt_terminal_identity(engine, s, &text));
  IS(MBT_E_INVALID, mbt_terminal_identity(engine, &out, (mbt_buffer *)(void *)((char *)&text + 1)));
  IS(MBT_OK, mbt_terminal_identity(engine, &out, NULL));
  THAT(strcmp(out.name, "ward3-a") == 0 && out.fingerprint[0] != '\0');
}

static void terminal_rotate(void) {
  mbt_terminal out = mbt_terminal_init();
  HANDLES(mbt_engine, mbt_terminal_rotate(h, NULL, &out, NULL));
  GRANTED(mbt_terminal_rotate(engine, by, &out, NULL));
  STRUCTS(mbt_terminal, mbt_terminal_rotate(engine, NULL, s, NULL));
}

static void peer_list(void) { LISTS(mbt_peer, mbt_peer_list,); }

static void peer_pair(void) {
  static const uint8_t NOTHING[] = "{}";
  mbt_pair_params params = mbt_pair_params_init(), wrong;
  mbt_peer out = mbt_peer_init();
  params.introduction = NOTHING; params.introduction_len = 2; params.fingerprint = "x";
  params.flags = MBT_PEER_SENDS; params.sends_wards = "er-*";
  HANDLES(mbt_engine, mbt_peer_pair(h, NULL, &params, &out));
  IS(MBT_E_STATE, mbt_peer_pair(engine, closed_grant, &params, &out));
  IS(MBT_E_INVALID, mbt_peer_pair(engine, foreign_mbt_grant, &params, &out));
  STRUCTS(mbt_pair_params, mbt_peer_pair(engine, NULL, s, NULL));
  out.size = 1; IS(MBT_E_ABI, mbt_peer_pair(engine, NULL, &params, &out));
  wrong = params; wrong.introduction = NULL; IS(MBT_E_INVALID, mbt_peer_pair(engine, NULL, &wrong, NULL));
  wrong = params; wrong.introduction_len = SIZE_MAX; IS(MBT_E_INVALID, mbt_peer_pair(engine, NULL, &wrong, NULL));
  wrong = params; wrong.fingerprint = NULL; IS(MBT_E_INVALID, mbt_peer_pair(engine, NULL, &wrong, NULL));
  wrong = params; TEXTS((wrong.fingerprint = t, mbt_peer_pair(engine, NULL, &wrong, NULL)));
  wrong = params; TEXTS((wrong.sends_wards = t, mbt_peer_pair(engine, NULL, &wrong, NULL)));
  wrong = params; wrong.flags = 0; IS(MBT_E_INVALID, mbt_peer_pair(engine, NULL, &wrong, NULL));
  wrong = params; wrong.flags |= 64; IS(MBT_E_INVALID, mbt_peer_pair(engine, NULL, &wrong, NULL));
  wrong = params; wrong.takes_applications = "chart"; IS(MBT_E_INVALID, mbt_peer_pair(engine, NULL, &wrong, NULL));
  REFUSED(mbt_peer_pair(engine, NULL, &params, NULL));
}

static void peer_renew(void) {
  static const uint8_t NOTHING[] = "{}";
  HANDLES(mbt_engine, mbt_peer_renew(h, NULL, NOTHING, 2, NULL));
  IS(MBT_E_STATE, mbt_peer_renew(engine, closed_grant, NOTHING, 2, NULL));
  IS(MBT_E_INVALID, mbt_peer_renew(engine, foreign_mbt_grant, NOTHING, 2, NULL));
  IS(MBT_E_INVALID, mbt_peer_renew(engine, NULL, NULL, 2, NULL));
  IS(MBT_E_INVALID, mbt_peer_renew(engine, NULL, NOTHING, SIZE_MAX, NULL));
  REFUSED(mbt_peer_renew(engine, NULL, NOTHING, 2, NULL));
}

static void peer_unpair(void) {
  HANDLES(mbt_engine, mbt_peer_unpair(h, NULL, "nobody", NULL));
  GRANTED(mbt_peer_unpair(engine, by, "nobody", NULL));
  IS(MBT_E_INVALID, mbt_peer_unpair(engine, NULL, NULL, NULL));
  TEXTS(mbt_peer_unpair(engine, NULL, t, NULL));
  REFUSED(mbt_peer_unpair(engine, NULL, "nobody", NULL));
}

const abuse SITE[] = {
  { "mbt_log_list", log_list },
  { "mbt_log_checkpoint", log_checkpoint },
  { "mbt_policy_get", policy_get },
  { "mbt_policy_check", policy_check },
  { "mbt_policy_set", policy_set },
  { "mbt_engine_state", engine_state },
  { "mbt_clock_accept", clock_accept },
  { "mbt_engine_reload", engine_reload },
  { "mbt_engine_keys", engine_keys },
  { "mbt_grant_assertion", grant_assertion },
  { "mbt_emergency_issue", emergency_issue },
  { "mbt_emergency_list", emergency_list },
  { "mbt_emergency_revoke", emergency_revoke },
  { "mbt_emergency_use_list", emergency_use_list },
  { "mbt_emergency_review", emergency_review },
  { "mbt_disaster_declare", disaster_declare },
  { "mbt_disaster_end", disaster_end },
  { "mbt_enrolment_list", enrolment_list },
  { "mbt_enrolment_decide", enrolment_decide },
  { "mbt_terminal_identity", terminal_identity },
  { "mbt_terminal_rotate", terminal_rotate },
  { "mbt_peer_list", peer_list },
  { "mbt_peer_pair", peer_pair },
  { "mbt_peer_renew", peer_renew },
  { "mbt_peer_unpair", peer_unpair },
  { NULL, NULL },
};
