/* Exports on jobs. */
#include "misuse.h"

static void begin(void) {
  mbt_job_params params = mbt_job_params_init(), wrong;
  mbt_job *out = NULL;
  uint32_t kind;
  params.kind = MBT_JOB_LOG_EXPORT; params.format = MBT_FORMAT_CSV; params.of = MBT_OF_RECORDS;
  HANDLES(mbt_engine, mbt_job_begin(h, NULL, &params, &out));
  IS(MBT_E_STATE, mbt_job_begin(engine, closed_grant, &params, &out));
  IS(MBT_E_INVALID, mbt_job_begin(engine, foreign_mbt_grant, &params, &out));
  STRUCTS(mbt_job_params, mbt_job_begin(engine, NULL, s, &out));
  PLACES(mbt_job *, mbt_job_begin(engine, NULL, &params, p));
  wrong = params; wrong.kind = 0; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  wrong = params; wrong.kind = UINT32_MAX; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  wrong = params; wrong.format = 0; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  wrong = params; wrong.of = 99; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  wrong = params; wrong.reserved = 1; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  wrong = params; wrong.from_day = "2026-13-01"; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  wrong = params; TEXTS((wrong.to_day = t, mbt_job_begin(engine, NULL, &wrong, &out)));
  wrong = params; wrong.data = (const uint8_t *)"x"; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  for (kind = MBT_JOB_LOG_EXPORT; kind <= MBT_JOB_PEOPLE_DORMANT; kind++) {
    wrong = params; wrong.kind = kind; wrong.flags = 0x8000; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  }
  wrong = mbt_job_params_init();
  wrong.kind = MBT_JOB_BUNDLE_IMPORT; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  wrong.data = (const uint8_t *)"x"; wrong.data_len = SIZE_MAX; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  wrong = mbt_job_params_init();
  wrong.kind = MBT_JOB_BUNDLE_EXPORT; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  TEXTS((wrong.name = t, mbt_job_begin(engine, NULL, &wrong, &out)));
  wrong = mbt_job_params_init();
  wrong.kind = MBT_JOB_CALIBRATE; wrong.rate = -1; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  wrong.rate = 0.0 / (wrong.valid_s > 0 ? 1.0 : 0.0); IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  wrong = mbt_job_params_init();
  wrong.kind = MBT_JOB_BIND_CARD; IS(MBT_E_INVALID, mbt_job_begin(engine, NULL, &wrong, &out));
  THAT(out == NULL);
}

/* What is taken in is not believed, and what was not done says why each time it is asked. */
static void wait_for_it(void) {
  mbt_progress progress = mbt_progress_init();
  mbt_job_params params = mbt_job_params_init();
  mbt_job *odd = NULL;
  mbt_status status;
  HANDLES(mbt_job, mbt_job_wait(h, 0, &progress));
  STRUCTS(mbt_progress, mbt_job_wait(job, 0, s));
  params.kind = MBT_JOB_BUNDLE_IMPORT; params.data = (const uint8_t *)"no bundle"; params.data_len = 9;
  IS(MBT_OK, mbt_job_begin(engine, NULL, &params, &odd));
  do status = mbt_job_wait(odd, 20000, &progress); while (status == MBT_OK && progress.state == MBT_PENDING);
  THAT(status == MBT_E_CORRUPT && status == mbt_job_wait(odd, 0, &progress));
  IS(MBT_OK, mbt_job_end(odd));
  do IS(MBT_OK, mbt_job_wait(job, 20000, &progress)); while (progress.state == MBT_PENDING && failures == 0);
  IS(MBT_OK, mbt_job_wait(job, 0, &progress));
  THAT(progress.state == MBT_ENDED);
}

static void waitable(void) {
  intptr_t fd = -1;
  HANDLES(mbt_job, mbt_job_waitable(h, &fd));
  PLACES(intptr_t, mbt_job_waitable(job, p));
  IS(MBT_OK, mbt_job_waitable(job, &fd));
  THAT(fd >= 0);
}

static void report(void) {
  mbt_report out = mbt_report_init();
  HANDLES(mbt_job, mbt_job_report(h, &out));
  STRUCTS(mbt_report, mbt_job_report(job, s));
  IS(MBT_OK, mbt_job_report(job, &out));
  THAT(out.kind == MBT_JOB_LOG_EXPORT && out.records > 0 && out.length > 0 && strlen(out.sha256) == 64);
}

static void read_piece(void) {
  mbt_report out = mbt_report_init();
  uint8_t piece[100];
  size_t count = 7;
  uint64_t length = 0;
  HANDLES(mbt_job, mbt_job_read(h, piece, sizeof piece, &count));
  IS(MBT_E_INVALID, mbt_job_read(job, NULL, sizeof piece, &count));
  IS(MBT_E_INVALID, mbt_job_read(job, piece, 0, &count));
  IS(MBT_E_INVALID, mbt_job_read(job, piece, sizeof piece, NULL));
  IS(MBT_OK, mbt_job_report(job, &out));
  do {
    IS(MBT_OK, mbt_job_read(job, piece, sizeof piece, &count));
    THAT(count <= sizeof piece);
    length += count;
  } while (count > 0 && failures == 0);
  THAT(length == out.length);
}

static void error(void) {
  mbt_error out = mbt_error_init();
  mbt_progress progress = mbt_progress_init();
  HANDLES(mbt_job, mbt_job_error(h, &out));
  STRUCTS(mbt_error, mbt_job_error(job, s));
  progress.size = 1;
  IS(MBT_E_ABI, mbt_job_wait(job, 0, &progress));
  IS(MBT_OK, mbt_job_error(job, &out));
  THAT(out.status == MBT_E_ABI);
}

static void cancel(void) {
  mbt_job *other = begin_job();
  mbt_progress progress = mbt_progress_init();
  mbt_report out = mbt_report_init();
  mbt_status status;
  HANDLES(mbt_job, mbt_job_cancel(h));
  IS(MBT_OK, mbt_job_cancel(other));
  status = mbt_job_wait(other, 20000, &progress);
  THAT(status == MBT_E_CANCELLED);
  IS(MBT_E_STATE, mbt_job_report(other, &out));
  IS(MBT_OK, mbt_job_end(other));
}

static void end(void) {
  IS(MBT_OK, mbt_job_end(NULL));
  IS(MBT_E_STATE, mbt_job_end(closed_job));
  IS(MBT_E_INVALID, mbt_job_end(foreign_mbt_job));
}

const abuse JOBS[] = {
  { "mbt_job_begin", begin },
  { "mbt_job_wait", wait_for_it },
  { "mbt_job_waitable", waitable },
  { "mbt_job_report", report },
  { "mbt_job_read", read_piece },
  { "mbt_job_error", error },
  { "mbt_job_cancel", cancel },
  { "mbt_job_end", end },
  { NULL, NULL },
};
