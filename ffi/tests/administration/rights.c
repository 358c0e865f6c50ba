/* Tries every call that takes an administrator's grant with grants that have one right each, and says by which of them each is
 * not denied. People have the ids of their rights; the cards are numbered in the same order. */
#include "desk.h"
#include <stdio.h>

static mbt_engine *at;
static mbt_terminal own;
static mbt_buffer introduction, rules;

#define PAGE(type, name, ...) type one_[1]; size_t n_; return name(at, by, __VA_ARGS__ NULL, one_, sizeof one_[0], 1, &n_)
typedef struct { const char *name; mbt_status (*call)(const mbt_grant *by); } right;

static mbt_person somebody(void) {
  mbt_person person = mbt_person_init();
  strcpy(person.id, "somebody");
  strcpy(person.name, "Somebody");
  return person;
}
static mbt_status person_add(const mbt_grant *by) { mbt_person p = somebody(); return mbt_person_add(at, by, &p); }
static mbt_status person_change(const mbt_grant *by) { mbt_person p = somebody(); return mbt_person_change(at, by, &p); }
static mbt_status person_get(const mbt_grant *by) { mbt_person p = mbt_person_init(); return mbt_person_get(at, by, "somebody", &p); }
static mbt_status person_list(const mbt_grant *by) { PAGE(mbt_person, mbt_person_list,); }
static mbt_status person_set_status(const mbt_grant *by) { return mbt_person_set_status(at, by, "somebody", MBT_STATUS_ON_LEAVE); }
static mbt_status person_except(const mbt_grant *by) { return mbt_person_except(at, by, "somebody", NULL, 0); }
static mbt_status person_consent(const mbt_grant *by) { return mbt_person_consent(at, by, "somebody", "form-1", "2026-11-22"); }
static mbt_status person_retire(const mbt_grant *by) { return mbt_person_retire(at, by, "nobody"); }
static mbt_status person_remove(const mbt_grant *by) { return mbt_person_remove(at, by, "nobody", NULL); }
static mbt_status person_forget_face(const mbt_grant *by) { return mbt_person_forget_face(at, by, "nobody"); }
static mbt_status card_bind(const mbt_grant *by) { return mbt_card_bind(at, by, "nobody", "felica:0114B34C1A2B3CFF", "card", NULL); }
static mbt_status card_list(const mbt_grant *by) { PAGE(mbt_card, mbt_card_list, NULL,); }
static mbt_status card_stop(const mbt_grant *by) { return mbt_card_stop(at, by, "0000-0000", MBT_STOP_LOST); }
static mbt_status card_restore(const mbt_grant *by) { return mbt_card_restore(at, by, "0000-0000"); }
static mbt_status card_remove(const mbt_grant *by) { return mbt_card_remove(at, by, "0000-0000"); }
static mbt_status card_share(const mbt_grant *by) { return mbt_card_share(at, by, "0000-0000", "somebody", 1); }
static mbt_status password_set(const mbt_grant *by) { return mbt_password_set(at, by, "nobody", "quiet-Heron-43", 14, 0); }
static mbt_status password_remove(const mbt_grant *by) { return mbt_password_remove(at, by, "nobody"); }
static mbt_status login_list(const mbt_grant *by) { PAGE(mbt_login_entry, mbt_login_list, NULL,); }
static mbt_status login_put(const mbt_grant *by) {
  mbt_login_params params = mbt_login_params_init();
  params.person = "nobody"; params.application = "chart"; params.user = "n-1"; params.secret = "typed"; params.secret_len = 5;
  return mbt_login_put(at, by, &params);
}
static mbt_status login_remove(const mbt_grant *by) { return mbt_login_remove(at, by, "nobody", "chart"); }
static mbt_status lockout_list(const mbt_grant *by) { PAGE(mbt_lockout, mbt_lockout_list,); }
static mbt_status lockout_clear(const mbt_grant *by) { return mbt_lockout_clear(at, by, "nobody", NULL, 0, NULL); }
static mbt_status grant_list(const mbt_grant *by) { PAGE(mbt_grant_entry, mbt_grant_list,); }
static mbt_status grant_revoke(const mbt_grant *by) { return mbt_grant_revoke(at, by, "nothing"); }
static mbt_status log_list(const mbt_grant *by) {
  mbt_log_entry one[1];
  size_t count;
  return mbt_log_list(at, by, 0, one, sizeof one[0], 1, &count);
}
static mbt_status log_checkpoint(const mbt_grant *by) { mbt_checkpoint c = mbt_checkpoint_init(); return mbt_log_checkpoint(at, by, 1, &c); }
static mbt_status policy_get(const mbt_grant *by) {
  mbt_buffer text = { NULL, 0 };
  mbt_status status = mbt_policy_get(at, by, &text);
  mbt_buffer_free(&text);
  return status;
}
static mbt_status policy_set(const mbt_grant *by) { return mbt_policy_set(at, by, (const char *)rules.data, rules.len, NULL); }
static mbt_status clock_accept(const mbt_grant *by) { return mbt_clock_accept(at, by); }
static mbt_status emergency_issue(const mbt_grant *by) {
  mbt_emergency out = mbt_emergency_init();
  mbt_buffer code = { NULL, 0 };
  mbt_status status = mbt_emergency_issue(at, by, "nobody", NULL, 30, 3600, &out, &code);
  mbt_buffer_free(&code);
  return status;
}
static mbt_status emergency_list(const mbt_grant *by) { PAGE(mbt_emergency, mbt_emergency_list,); }
static mbt_status emergency_revoke(const mbt_grant *by) { return mbt_emergency_revoke(at, by, "nothing"); }
static mbt_status emergency_use_list(const mbt_grant *by) { PAGE(mbt_emergency_use, mbt_emergency_use_list, 1,); }
static mbt_status emergency_review(const mbt_grant *by) { return mbt_emergency_review(at, by, "nothing", "looked at"); }
static mbt_status disaster_declare(const mbt_grant *by) { return mbt_disaster_declare(at, by, NULL, 3600, "an earthquake"); }
static mbt_status disaster_end(const mbt_grant *by) { return mbt_disaster_end(at, by); }
static mbt_status enrolment_list(const mbt_grant *by) { PAGE(mbt_enrolment, mbt_enrolment_list,); }
static mbt_status enrolment_decide(const mbt_grant *by) { return mbt_enrolment_decide(at, by, "nobody", 1); }
static mbt_status terminal_rotate(const mbt_grant *by) { mbt_terminal t = mbt_terminal_init(); return mbt_terminal_rotate(at, by, &t, NULL); }
static mbt_status peer_list(const mbt_grant *by) { PAGE(mbt_peer, mbt_peer_list,); }
static mbt_status peer_pair(const mbt_grant *by) {
  mbt_pair_params params = mbt_pair_params_init();
  params.flags = MBT_PEER_SENDS; params.sends_wards = "*"; params.fingerprint = own.fingerprint;
  params.introduction = introduction.data; params.introduction_len = introduction.len;
  return mbt_peer_pair(at, by, &params, NULL);
}
static mbt_status peer_renew(const mbt_grant *by) { return mbt_peer_renew(at, by, introduction.data, introduction.len, NULL); }
static mbt_status peer_unpair(const mbt_grant *by) { return mbt_peer_unpair(at, by, "nothing", NULL); }
static mbt_status enrol_begin(const mbt_grant *by) {
  mbt_enrol_params params = mbt_enrol_params_init();
  mbt_session *begun = NULL;
  mbt_status status;
  params.person = "somebody";
  params.frames_from = MBT_FROM_RECORDING;
  status = mbt_enrol_begin(at, by, &params, &begun);
  (void)mbt_session_end(begun);
  return status;
}

static mbt_status job_of(const mbt_grant *by, uint32_t kind) {
  mbt_job_params params = mbt_job_params_init();
  mbt_job *begun = NULL;
  mbt_status status;
  params.kind = kind; params.name = "nothing"; params.person = "somebody"; params.label = "card"; params.valid_s = 3600;
  params.format = MBT_FORMAT_CSV; params.of = MBT_OF_RECORDS;
  if (kind == MBT_JOB_BUNDLE_IMPORT || kind == MBT_JOB_PEOPLE_IMPORT) {
    params.data = (const uint8_t *)"id,name\nsomebody,Somebody\n"; params.data_len = 26;
  }
  if (kind == MBT_JOB_LOG_REVIEW) { params.format = MBT_FORMAT_HTML; params.from_day = "2026-10"; }
  status = work(at, by, &params, &begun);
  (void)mbt_job_end(begun);
  return status;
}
#define JOB(name, kind) static mbt_status name(const mbt_grant *by) { return job_of(by, kind); }
JOB(log_export, MBT_JOB_LOG_EXPORT)
JOB(log_verify, MBT_JOB_LOG_VERIFY)
JOB(store_check, MBT_JOB_STORE_CHECK)
JOB(backup, MBT_JOB_BACKUP)
JOB(bundle_export, MBT_JOB_BUNDLE_EXPORT)
JOB(bundle_import, MBT_JOB_BUNDLE_IMPORT)
JOB(people_import, MBT_JOB_PEOPLE_IMPORT)
JOB(calibrate, MBT_JOB_CALIBRATE)
JOB(bind_card, MBT_JOB_BIND_CARD)
JOB(log_review, MBT_JOB_LOG_REVIEW)
JOB(people_dormant, MBT_JOB_PEOPLE_DORMANT)

#define CALL(name) { "mbt_" #name, name }
static const right CALLS[] = {
  CALL(person_add), CALL(person_change), CALL(person_get), CALL(person_list), CALL(person_set_status), CALL(person_except),
  CALL(person_consent), CALL(person_retire), CALL(person_remove), CALL(person_forget_face), CALL(card_bind), CALL(card_list),
  CALL(card_stop), CALL(card_restore), CALL(card_remove), CALL(card_share), CALL(password_set), CALL(password_remove),
  CALL(login_list), CALL(login_put), CALL(login_remove), CALL(lockout_list), CALL(lockout_clear), CALL(grant_list),
  CALL(grant_revoke), CALL(log_list), CALL(log_checkpoint), CALL(policy_get), CALL(policy_set), CALL(clock_accept),
  CALL(emergency_issue), CALL(emergency_list), CALL(emergency_revoke), CALL(emergency_use_list), CALL(emergency_review),
  CALL(disaster_declare), CALL(disaster_end), CALL(enrolment_list), CALL(enrolment_decide), CALL(terminal_rotate),
  CALL(peer_list), CALL(peer_pair), CALL(peer_renew), CALL(peer_unpair), CALL(enrol_begin),
  { "MBT_JOB_LOG_EXPORT", log_export }, { "MBT_JOB_LOG_VERIFY", log_verify }, { "MBT_JOB_STORE_CHECK", store_check },
  { "MBT_JOB_BACKUP", backup }, { "MBT_JOB_BUNDLE_EXPORT", bundle_export }, { "MBT_JOB_BUNDLE_IMPORT", bundle_import },
  { "MBT_JOB_PEOPLE_IMPORT", people_import }, { "MBT_JOB_CALIBRATE", calibrate }, { "MBT_JOB_BIND_CARD", bind_card },
  { "MBT_JOB_LOG_REVIEW", log_review }, { "MBT_JOB_PEOPLE_DORMANT", people_dormant },
};

int main(int argc, char **argv) {
  mbt_grant *grants[32];
  mbt_grant *nurse;
  int rights = argc - 6, of;
  size_t call;
  if (rights < 1 || rights > 32) {
    fprintf(stderr, "usage: rights STATE KEY WITNESS PACK RUNTIME RIGHT...\n");
    return 2;
  }
  at = open_store(argv + 1);
  own = mbt_terminal_init();
  IS(MBT_OK, mbt_terminal_identity(at, &own, &introduction));
  IS(MBT_OK, mbt_policy_get(at, NULL, &rules));
  for (of = 0; of < rights; of++) {
    char card[32];
    snprintf(card, sizeof card, "felica:0114B34C1A2B3C%02X", 0x10 + of);
    grants[of] = let_in_by(at, MBT_PURPOSE_ADMIN, card, "quiet-Heron-42");
    THAT(grants[of] != NULL);
  }
  nurse = let_in_by(at, MBT_PURPOSE_LOGIN, "felica:0114B34C1A2B3C01", "quiet-Heron-42");
  THAT(nurse != NULL);
  for (call = 0; call < COUNT(CALLS) && failures == 0; call++) {
    IS(MBT_E_DENIED, CALLS[call].call(nurse));
    printf("%s", CALLS[call].name);
    for (of = 0; of < rights; of++)
      if (CALLS[call].call(grants[of]) != MBT_E_DENIED) printf(" %s", argv[6 + of]);
    printf("\n");
  }
  mbt_buffer_free(&introduction);
  mbt_buffer_free(&rules);
  IS(MBT_OK, mbt_engine_close(at));
  return failures != 0;
}
