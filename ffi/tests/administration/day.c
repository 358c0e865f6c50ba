/* A day of administration through the library alone: from the first set-up to the log's export, and a bundle for another terminal. */
#include "desk.h"

static const char *const PASSWORD = "quiet-Heron-42";
#define ADMIN_CARD "felica:0114B34C1A2B3C01"
#define NURSE_CARD "felica:0114B34C1A2B3C02"

static mbt_engine *at;
static mbt_grant *admin;

/* Somebody who may administer is taken in while nobody need be named. */
static void appoint(void) {
  mbt_person person = mbt_person_init();
  strcpy(person.id, "admin1");
  strcpy(person.name, "管理者 一郎");
  strcpy(person.role, "administrator");
  IS(MBT_OK, mbt_person_add(at, NULL, &person));
  IS(MBT_OK, mbt_card_bind(at, NULL, "admin1", ADMIN_CARD, "staff card", NULL));
  IS(MBT_OK, mbt_password_set(at, NULL, "admin1", PASSWORD, strlen(PASSWORD), 0));
  admin = let_in_by(at, MBT_PURPOSE_ADMIN, ADMIN_CARD, PASSWORD);
  THAT(admin != NULL);
}

static void people(void) {
  mbt_person person = mbt_person_init(), found = mbt_person_init(), page[1];
  size_t count = 0, seen = 0;
  const mbt_person *after = NULL;
  strcpy(person.id, "nurse01");
  strcpy(person.name, "看護師 花子");
  strcpy(person.reading, "かんごし はなこ");
  strcpy(person.accounts, "ward3\nER 1");
  strcpy(person.wards, "er-1");
  person.flags = MBT_PERSON_TEMPORARY;
  IS(MBT_E_INVALID, mbt_person_add(at, admin, &person));
  person.valid_until_s = 4102444800;
  IS(MBT_OK, mbt_person_add(at, admin, &person));
  IS(MBT_OK, mbt_person_get(at, admin, "nurse01", &found));
  THAT(strcmp(found.accounts, person.accounts) == 0 && strcmp(found.reading, person.reading) == 0);
  THAT(found.valid_until_s == person.valid_until_s && found.status == MBT_STATUS_ACTIVE && found.created_s > 0);
  found.flags &= ~MBT_PERSON_TEMPORARY;
  found.valid_until_s = 0;
  strcpy(found.role, "others");
  IS(MBT_OK, mbt_person_change(at, admin, &found));
  IS(MBT_OK, mbt_person_consent(at, admin, "nurse01", "form-2", "2026-11-22"));
  IS(MBT_OK, mbt_person_except(at, admin, "nurse01", "an eye patch", 4102444800));
  IS(MBT_OK, mbt_person_get(at, admin, "nurse01", &found));
  THAT(strcmp(found.consent_form, "form-2") == 0 && strcmp(found.consent_day, "2026-11-22") == 0);
  THAT(found.except_until_s == 4102444800 && strcmp(found.role, "others") == 0 && found.valid_until_s == 0);
  IS(MBT_OK, mbt_person_set_status(at, admin, "nurse01", MBT_STATUS_ON_LEAVE));
  IS(MBT_OK, mbt_person_set_status(at, admin, "nurse01", MBT_STATUS_ACTIVE));
  /* One at a time, each after the one before. */
  while (mbt_person_list(at, admin, after, page, sizeof page[0], 1, &count) == MBT_OK) {
    THAT(count == 1 && strcmp(page[0].id, seen == 0 ? "admin1" : "nurse01") == 0);
    after = page;
    seen++;
  }
  THAT(seen == 2);
}

static void cards_and_secrets(void) {
  mbt_card card = mbt_card_init(), cards[4];
  mbt_login_params params = mbt_login_params_init();
  mbt_login_entry logins[2];
  mbt_login login = mbt_login_init();
  mbt_grant *nurse;
  size_t count = 0;
  IS(MBT_OK, mbt_card_bind(at, admin, "nurse01", NURSE_CARD, "staff card", &card));
  THAT(card.status == MBT_CARD_ACTIVE && strcmp(card.people, "nurse01") == 0 && strcmp(card.kind, "felica") == 0);
  IS(MBT_OK, mbt_card_stop(at, admin, card.handle, MBT_STOP_LOST));
  IS(MBT_OK, mbt_card_list(at, admin, "nurse01", NULL, cards, sizeof cards[0], 4, &count));
  THAT(count == 1 && cards[0].status == MBT_CARD_LOST && strcmp(cards[0].handle, card.handle) == 0);
  IS(MBT_OK, mbt_card_restore(at, admin, card.handle));
  IS(MBT_OK, mbt_card_list(at, admin, NULL, NULL, cards, sizeof cards[0], 4, &count));
  THAT(count == 2);
  IS(MBT_E_END, mbt_card_list(at, admin, NULL, &cards[1], cards, sizeof cards[0], 4, &count));
  IS(MBT_OK, mbt_password_set(at, admin, "nurse01", "first-Crane-11", 14, MBT_PASSWORD_MUST_CHANGE));
  IS(MBT_OK, mbt_password_change(at, "nurse01", "first-Crane-11", 14, PASSWORD, strlen(PASSWORD)));
  params.person = "nurse01"; params.application = "chart"; params.user = "n-1";
  params.secret = "typed"; params.secret_len = 5; params.fields = "department\000ER"; params.fields_len = 14;
  IS(MBT_OK, mbt_login_put(at, admin, &params));
  IS(MBT_OK, mbt_login_list(at, admin, NULL, NULL, logins, sizeof logins[0], 2, &count));
  THAT(count == 1 && logins[0].field_count == 1 && strcmp(logins[0].user, "n-1") == 0);
  /* She is let in, and may administer nothing. */
  nurse = let_in_by(at, MBT_PURPOSE_LOGIN, NURSE_CARD, PASSWORD);
  THAT(nurse != NULL);
  IS(MBT_E_DENIED, mbt_person_set_status(at, nurse, "admin1", MBT_STATUS_DISABLED));
  IS(MBT_E_DENIED, mbt_login_list(at, nurse, NULL, NULL, logins, sizeof logins[0], 2, &count));
  IS(MBT_E_REAUTH, mbt_grant_login(nurse, "chart", &login));
  IS(MBT_OK, mbt_grant_end(nurse));
  IS(MBT_OK, mbt_grant_close(nurse));
  IS(MBT_OK, mbt_login_remove(at, admin, "nurse01", "chart"));
  IS(MBT_E_NOT_FOUND, mbt_login_remove(at, admin, "nurse01", "chart"));
}

static void who_is_in_and_who_is_shut_out(void) {
  mbt_grant_entry grants[4];
  mbt_lockout lockouts[4];
  mbt_grant_info info = mbt_grant_info_init();
  mbt_grant *nurse = let_in_by(at, MBT_PURPOSE_LOGIN, NURSE_CARD, PASSWORD);
  size_t count = 0, i;
  uint32_t cleared = 0;
  IS(MBT_OK, mbt_grant_list(at, admin, NULL, grants, sizeof grants[0], 4, &count));
  THAT(count == 2);
  for (i = 0; i < count; i++)
    if (strcmp(grants[i].subject, "nurse01") == 0) {
      THAT(grants[i].factors == (MBT_F_CARD | MBT_F_PASSWORD) && grants[i].left_ms > 0);
      IS(MBT_OK, mbt_grant_revoke(at, admin, grants[i].session));
    }
  IS(MBT_E_REAUTH, mbt_grant_read(nurse, &info));
  IS(MBT_OK, mbt_grant_close(nurse));
  THAT(let_in_by(at, MBT_PURPOSE_LOGIN, NURSE_CARD, "quiet-Heron-99") == NULL);
  IS(MBT_OK, mbt_lockout_list(at, admin, NULL, lockouts, sizeof lockouts[0], 4, &count));
  THAT(count == 1 && strcmp(lockouts[0].person, "nurse01") == 0 && lockouts[0].factor == MBT_F_PASSWORD && lockouts[0].failures == 1);
  IS(MBT_E_END, mbt_lockout_list(at, admin, &lockouts[0], lockouts, sizeof lockouts[0], 4, &count));
  IS(MBT_OK, mbt_lockout_clear(at, admin, "nurse01", NULL, MBT_F_PASSWORD, &cleared));
  THAT(cleared == 1);
  IS(MBT_E_END, mbt_lockout_list(at, admin, NULL, lockouts, sizeof lockouts[0], 4, &count));
}

static void rules_and_emergencies(void) {
  mbt_buffer text = { NULL, 0 }, code = { NULL, 0 };
  mbt_fault faults[4];
  mbt_emergency issued = mbt_emergency_init(), codes[2];
  mbt_emergency_use uses[2];
  mbt_state state = mbt_state_init();
  size_t count = 0;
  uint32_t warnings = 7;
  IS(MBT_OK, mbt_policy_get(at, admin, &text));
  IS(MBT_E_END, mbt_policy_check((const char *)text.data, text.len, faults, sizeof faults[0], 4, &count));
  IS(MBT_OK, mbt_policy_set(at, admin, (const char *)text.data, text.len, &warnings));
  THAT(warnings == 0);
  mbt_buffer_free(&text);
  IS(MBT_OK, mbt_policy_check("format = 1\nnothing = 2\n", 23, faults, sizeof faults[0], 4, &count));
  THAT(count >= 1 && faults[0].line >= 1 && faults[0].text[0] != '\0');
  IS(MBT_OK, mbt_emergency_issue(at, admin, "nurse01", NULL, 30, 3600, &issued, &code));
  THAT(code.len > 8 && issued.state == MBT_CODE_OPEN && strcmp(issued.issuer, "admin1") == 0);
  mbt_buffer_free(&code);
  IS(MBT_OK, mbt_emergency_list(at, admin, NULL, codes, sizeof codes[0], 2, &count));
  THAT(count == 1 && strcmp(codes[0].handle, issued.handle) == 0);
  IS(MBT_OK, mbt_emergency_revoke(at, admin, issued.handle));
  IS(MBT_E_END, mbt_emergency_use_list(at, admin, 1, NULL, uses, sizeof uses[0], 2, &count));
  IS(MBT_OK, mbt_disaster_declare(at, admin, NULL, 3600, "an earthquake"));
  IS(MBT_OK, mbt_engine_state(at, &state));
  THAT((state.flags & MBT_STATE_DISASTER) != 0 && state.disaster_until_s > state.now_s);
  IS(MBT_OK, mbt_disaster_end(at, admin));
}

static void lists(void) {
  static const char LIST[] = "id,name,wards\nnurse02,Nurse 2,er-1\nnurse03,Nurse 3,er-1;er-2\n";
  static const char ODD[] = "id,name\nnurse04,\n";
  mbt_job_params params = mbt_job_params_init();
  mbt_report report = mbt_report_init();
  mbt_job *taken = NULL;
  mbt_person found = mbt_person_init();
  uint8_t *rows;
  size_t length;
  params.kind = MBT_JOB_PEOPLE_IMPORT; params.data = (const uint8_t *)LIST; params.data_len = strlen(LIST);
  params.flags = MBT_JOB_CHECK;
  IS(MBT_OK, work(at, admin, &params, &taken));
  IS(MBT_OK, mbt_job_report(taken, &report));
  THAT(report.flags == 0 && report.added == 2);
  IS(MBT_OK, mbt_job_end(taken));
  IS(MBT_E_NOT_FOUND, mbt_person_get(at, admin, "nurse02", &found));
  params.flags = 0;
  IS(MBT_OK, work(at, admin, &params, &taken));
  IS(MBT_OK, mbt_job_report(taken, &report));
  THAT(report.flags == MBT_REPORT_TAKEN && report.added == 2);
  IS(MBT_OK, mbt_job_end(taken));
  IS(MBT_OK, mbt_person_get(at, admin, "nurse03", &found));
  THAT(strcmp(found.wards, "er-1\ner-2") == 0);
  params.data = (const uint8_t *)ODD; params.data_len = strlen(ODD);
  IS(MBT_OK, work(at, admin, &params, &taken));
  IS(MBT_OK, mbt_job_report(taken, &report));
  THAT(report.flags == 0 && report.rejected == 1);
  rows = output(taken, &length);
  THAT(strstr((const char *)rows, "\"result\":\"refused\"") != NULL);
  free(rows);
  IS(MBT_OK, mbt_job_end(taken));
}

/* Another terminal is told of the people of one ward. It has no administrator yet, so nobody need be named there. */
static void bundles(mbt_engine *other) {
  mbt_terminal here = mbt_terminal_init(), there = mbt_terminal_init();
  mbt_buffer from_here = { NULL, 0 }, from_there = { NULL, 0 };
  mbt_pair_params pair = mbt_pair_params_init();
  mbt_peer peer = mbt_peer_init(), peers[2];
  mbt_job_params params = mbt_job_params_init();
  mbt_report report = mbt_report_init();
  mbt_job *job = NULL;
  mbt_person found = mbt_person_init();
  uint8_t *bundle;
  size_t length, count = 0;
  IS(MBT_OK, mbt_terminal_identity(at, &here, &from_here));
  IS(MBT_OK, mbt_terminal_identity(other, &there, &from_there));
  pair.flags = MBT_PEER_SENDS; pair.sends_wards = "er-1";
  pair.introduction = from_there.data; pair.introduction_len = from_there.len; pair.fingerprint = here.fingerprint;
  IS(MBT_E_DENIED, mbt_peer_pair(at, admin, &pair, &peer));
  pair.fingerprint = there.fingerprint;
  IS(MBT_OK, mbt_peer_pair(at, admin, &pair, &peer));
  THAT(peer.flags == MBT_PEER_SENDS && strcmp(peer.name, there.name) == 0);
  pair = mbt_pair_params_init();
  pair.flags = MBT_PEER_TAKES; pair.takes_wards = "er-1\ner-2";
  pair.introduction = from_here.data; pair.introduction_len = from_here.len; pair.fingerprint = here.fingerprint;
  IS(MBT_OK, mbt_peer_pair(other, NULL, &pair, NULL));
  params.kind = MBT_JOB_BUNDLE_EXPORT; params.name = there.name; params.valid_s = 3600;
  IS(MBT_OK, work(at, admin, &params, &job));
  IS(MBT_OK, mbt_job_report(job, &report));
  THAT(report.revision == 1 && report.records >= 3 && report.until_s > 0);
  bundle = output(job, &length);
  IS(MBT_OK, mbt_job_end(job));
  params = mbt_job_params_init();
  params.kind = MBT_JOB_BUNDLE_IMPORT; params.data = bundle; params.data_len = length;
  bundle[length / 2] ^= 1;
  THAT(MBT_E_CORRUPT == work(other, NULL, &params, &job) || MBT_E_SIGNATURE == mbt_job_wait(job, 0, &(mbt_progress){ .size = sizeof(mbt_progress) }));
  IS(MBT_OK, mbt_job_end(job));
  bundle[length / 2] ^= 1;
  IS(MBT_OK, work(other, NULL, &params, &job));
  IS(MBT_OK, mbt_job_report(job, &report));
  THAT((report.flags & MBT_REPORT_TAKEN) != 0 && report.added >= 3 && report.rejected == 0);
  IS(MBT_OK, mbt_job_end(job));
  IS(MBT_OK, mbt_person_get(other, NULL, "nurse02", &found));
  IS(MBT_E_NOT_FOUND, mbt_person_get(other, NULL, "admin1", &found));
  IS(MBT_OK, work(other, NULL, &params, &job));
  IS(MBT_OK, mbt_job_report(job, &report));
  THAT((report.flags & MBT_REPORT_ALREADY) != 0);
  IS(MBT_OK, mbt_job_end(job));
  IS(MBT_OK, mbt_peer_list(at, admin, NULL, peers, sizeof peers[0], 2, &count));
  THAT(count == 1 && peers[0].sent == 1);
  IS(MBT_OK, mbt_peer_unpair(at, admin, there.name, &peer));
  THAT(peer.ended_s > 0);
  free(bundle);
  mbt_buffer_free(&from_here);
  mbt_buffer_free(&from_there);
}

/* The first administrator of a store that is no trial: by the token that was shown when it was made, once. */
static void set_up(mbt_engine *other, const char *token) {
  mbt_person page[1];
  size_t count = 0;
  IS(MBT_E_INVALID, mbt_engine_set_up(other, "no-token", 8, "chief", "Chief", PASSWORD, strlen(PASSWORD)));
  IS(MBT_OK, mbt_engine_set_up(other, token, strlen(token), "chief", "Chief", PASSWORD, strlen(PASSWORD)));
  IS(MBT_E_DENIED, mbt_engine_set_up(other, token, strlen(token), "second", "Second", PASSWORD, strlen(PASSWORD)));
  IS(MBT_E_DENIED, mbt_person_list(other, NULL, NULL, page, sizeof page[0], 1, &count));
}

static void log_and_store(void) {
  mbt_log_entry page[16];
  mbt_checkpoint checkpoint = mbt_checkpoint_init();
  mbt_job_params params = mbt_job_params_init();
  mbt_report report = mbt_report_init();
  mbt_state state = mbt_state_init();
  mbt_job *job = NULL;
  uint64_t after = 0, records = 0;
  size_t count = 0, i, length, lines = 0;
  int bound = 0, refused = 0;
  uint8_t *log;
  while (records < 10000 && mbt_log_list(at, admin, after, page, sizeof page[0], 16, &count) == MBT_OK) {
    for (i = 0; i < count; i++) {
      THAT(page[i].number == after + 1);
      after = page[i].number;
      bound += strcmp(page[i].operation, "card_bind") == 0 && strcmp(page[i].subject, "admin1") == 0;
      refused += strcmp(page[i].operation, "person_disable") == 0 && strcmp(page[i].outcome, "refused") == 0;
    }
    records += count;
    /* Each reading is a record itself: the last ones are but those. */
    if (count < 16) break;
  }
  THAT(bound == 1 && refused == 1);
  IS(MBT_OK, mbt_log_checkpoint(at, admin, 1, &checkpoint));
  THAT(checkpoint.last >= after);
  params.kind = MBT_JOB_LOG_EXPORT; params.format = MBT_FORMAT_JSONL; params.of = MBT_OF_RECORDS;
  IS(MBT_OK, work(at, admin, &params, &job));
  IS(MBT_OK, mbt_job_report(job, &report));
  THAT((report.flags & MBT_REPORT_VERIFIABLE) != 0 && report.records > records);
  log = output(job, &length);
  for (i = 0; i < length; i++) lines += log[i] == '\n';
  THAT(lines >= report.records && strstr((const char *)log, "nurse01") != NULL);
  free(log);
  IS(MBT_OK, mbt_job_end(job));
  IS(MBT_OK, mbt_engine_state(at, &state));
  params = mbt_job_params_init();
  params.kind = MBT_JOB_LOG_VERIFY; params.key = state.log_key;
  IS(MBT_OK, work(at, admin, &params, &job));
  IS(MBT_OK, mbt_job_report(job, &report));
  THAT(report.flags == MBT_REPORT_GOOD && report.records > records && report.checkpoints > 0);
  IS(MBT_OK, mbt_job_end(job));
  params.kind = MBT_JOB_LOG_REVIEW; params.format = MBT_FORMAT_HTML; params.from_day = "2026-10"; params.lang = MBT_LANG_JA;
  IS(MBT_OK, work(at, admin, &params, &job));
  log = output(job, &length);
  THAT(strstr((const char *)log, "<html") != NULL && strstr((const char *)log, "2026") != NULL);
  free(log);
  IS(MBT_OK, mbt_job_end(job));
  params.format = MBT_FORMAT_CSV;
  IS(MBT_E_INVALID, mbt_job_begin(at, admin, &params, &job));
  params = mbt_job_params_init();
  params.kind = MBT_JOB_PEOPLE_DORMANT; params.valid_s = 1;
  IS(MBT_OK, work(at, admin, &params, &job));
  IS(MBT_OK, mbt_job_end(job));
  params = mbt_job_params_init();
  params.kind = MBT_JOB_STORE_CHECK;
  IS(MBT_OK, work(at, admin, &params, &job));
  IS(MBT_OK, mbt_job_end(job));
}

/* Written to the file that the test then restores. */
static void back_up(const char *path) {
  mbt_job_params params = mbt_job_params_init();
  mbt_job *job = NULL;
  FILE *file = fopen(path, "wb");
  uint8_t *backup;
  size_t length;
  params.kind = MBT_JOB_BACKUP;
  IS(MBT_OK, work(at, admin, &params, &job));
  backup = output(job, &length);
  THAT(file != NULL && fwrite(backup, 1, length, file) == length);
  if (file != NULL) fclose(file);
  free(backup);
  IS(MBT_OK, mbt_job_end(job));
}

static void leave(void) {
  mbt_person found = mbt_person_init();
  uint64_t record = 0;
  IS(MBT_OK, mbt_person_retire(at, admin, "nurse03"));
  IS(MBT_OK, mbt_person_get(at, admin, "nurse03", &found));
  THAT(found.status == MBT_STATUS_RETIRED);
  IS(MBT_OK, mbt_person_remove(at, admin, "nurse02", &record));
  THAT(record > 0);
  IS(MBT_E_NOT_FOUND, mbt_person_get(at, admin, "nurse02", &found));
  IS(MBT_OK, mbt_grant_end(admin));
  IS(MBT_E_STATE, mbt_person_get(at, admin, "nurse01", &found));
  IS(MBT_OK, mbt_grant_close(admin));
}

int main(int argc, char **argv) {
  mbt_engine *other;
  if (argc != 13) {
    fprintf(stderr, "usage: day STATE KEY WITNESS PACK RUNTIME (twice: the ward and another terminal) TOKEN BACKUP\n");
    return 2;
  }
  at = open_store(argv + 1);
  other = open_store(argv + 6);
  appoint();
  people();
  cards_and_secrets();
  who_is_in_and_who_is_shut_out();
  rules_and_emergencies();
  lists();
  bundles(other);
  set_up(other, argv[11]);
  log_and_store();
  back_up(argv[12]);
  leave();
  IS(MBT_OK, mbt_engine_close(other));
  IS(MBT_OK, mbt_engine_close(at));
  return failures != 0;
}
