/* Uses the library for long, in many threads and at bad moments, and sees that nothing of it is left.
 *   endurance SEED ROUNDS TRIAL SOCKET
 *   endurance SEED ROUNDS TRIAL STATE KEY WITNESS PACK RUNTIME
 * TRIAL is the name of one, `all`, `rounds` for those of one thread after another, or `outlive`. */
#include "endurance.h"
#include <dirent.h>
#include <malloc.h>
#include <time.h>

int failures;
mbt_config config;
unsigned rounds;
int over_socket;
static uint64_t seed;

dice shaken(void) {
  static uint64_t shakes;
  dice made = seed + __atomic_add_fetch(&shakes, 1, __ATOMIC_RELAXED) * 0x9E3779B97F4A7C15u;
  (void)roll(&made, 1);
  return made;
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016). */
unsigned roll(dice *with, unsigned sides) {
  *with |= *with == 0;
  *with ^= *with >> 12;
  *with ^= *with << 25;
  *with ^= *with >> 27;
  return (unsigned)((*with * 0x2545F4914F6CDD1Du) >> 33) % sides;
}

void dawdle(dice *with, unsigned most_ms) {
  struct timespec time = { 0, 0 };
  time.tv_nsec = (long)roll(with, most_ms * 1000 + 1) * 1000;
  while (time.tv_nsec >= 1000000000) { time.tv_sec++; time.tv_nsec -= 1000000000; }
  (void)nanosleep(&time, NULL);
}

mbt_engine *opened(void) {
  mbt_engine *engine = NULL;
  IS(MBT_OK, mbt_engine_open(MBT_ABI, &config, &engine));
  return engine;
}

mbt_status begin(mbt_engine *engine, mbt_session **out) {
  mbt_auth_params params = mbt_auth_params_init();
  uint64_t end = mbt_clock_us() + LONG_MS * 1000u;
  mbt_status status;
  params.purpose = MBT_PURPOSE_APPLICATION;
  params.application = "chart";
  params.cards_from = MBT_FROM_HOST;
  params.secrets = MBT_F_PASSWORD;
  while ((status = mbt_auth_begin(engine, &params, out)) == MBT_E_LIMIT && mbt_clock_us() < end) usleep(5000);
  return status;
}

mbt_status attempt(mbt_engine *engine, const char *card, const char *password, mbt_result *result, mbt_grant **grant) {
  mbt_session *session = NULL;
  mbt_event event = mbt_event_init();
  mbt_status status = begin(engine, &session);
  if (status == MBT_OK && card) status = mbt_session_push_card(session, card);
  if (status == MBT_OK && password) status = mbt_session_push_secret(session, MBT_F_PASSWORD, password, strlen(password));
  if (status == MBT_OK && !password) status = mbt_session_cancel(session);
  /* What was judged by the card alone is over before the password comes. */
  if (status == MBT_E_STATE) status = MBT_OK;
  while (status == MBT_OK) {
    status = mbt_session_wait(session, LONG_MS, &event);
    if (status == MBT_OK && event.kind == MBT_EV_DONE) break;
  }
  if (status == MBT_OK) status = mbt_session_result(session, result);
  if (status == MBT_OK && result->outcome == MBT_GRANTED) status = mbt_session_grant(session, grant);
  (void)mbt_session_end(session);
  return status;
}

void let_in(mbt_engine *engine) {
  mbt_result result = mbt_result_init();
  mbt_grant *grant = NULL;
  IS(MBT_OK, attempt(engine, NURSE, PASSWORD, &result, &grant));
  THAT(result.outcome == MBT_GRANTED && strcmp(result.subject, "nurse01") == 0);
  IS(MBT_OK, mbt_grant_end(grant));
  IS(MBT_OK, mbt_grant_close(grant));
}

static unsigned entries(const char *folder) {
  DIR *dir = opendir(folder);
  unsigned count = 0;
  while (dir && readdir(dir)) count++;
  if (dir) closedir(dir);
  return count;
}

unsigned threads(void) { return entries("/proc/self/task"); }
unsigned descriptors(void) { return entries("/proc/self/fd"); }

void settle(unsigned many_threads) {
  uint64_t end = mbt_clock_us() + 5000000;
  while (threads() != many_threads && mbt_clock_us() < end) usleep(1000);
  if (threads() != many_threads) FAIL("expected %u threads, found %u", many_threads - 2, threads() - 2);
}

/* Bytes that are no growth: what a process comes to have once for all, as tables that have become long enough. In process it was
   160 KB after 50 rounds, and no more after 800. */
#define SLACK (over_socket ? 16u * 1024u : 128u * 1024u)
#define SLACK_OF_TRIAL (256u * 1024u)

/* Bytes that this process has allocated. */
static size_t in_use(void) {
  struct mallinfo2 all = mallinfo2();
  return all.uordblks + all.hblkhd;
}

void count_round(unsigned round, unsigned all) {
  static size_t before, after;
  size_t now = in_use();
  unsigned tenth = round * 10 / all;
  if (round == 0) before = after = SIZE_MAX;
  /* The least of several rounds: what is only there for a moment does not count. */
  if (tenth == 1 && now < before) before = now;
  if (tenth == 9 && now < after) after = now;
  if (round + 1 == all && all >= 20 && after > before + SLACK)
    FAIL("%u rounds took %zu bytes for good: %zu in use, then %zu", all, after - before, before, after);
}

/* Runs all of a table, or the one of this name. */
static int run(const trial *table, int all, const char *wanted) {
  int found = 0;
  for (; table->name; table++) {
    unsigned threads_before = threads(), descriptors_before = descriptors();
    size_t before = in_use(), after;
    uint64_t begun = mbt_clock_us();
    int failed = failures;
    if (!all && strcmp(wanted, table->name) != 0) continue;
    found = 1;
    table->run();
    settle(threads_before);
    if (descriptors() != descriptors_before)
      FAIL("expected %u descriptors, found %u", descriptors_before - 2, descriptors() - 2);
    after = in_use();
    if (after > before + SLACK_OF_TRIAL) FAIL("%zu bytes were in use before, and %zu are still", before, after);
    printf("%-10s %6.2f s%s\n", table->name, (double)(mbt_clock_us() - begun) / 1e6, failed == failures ? "" : "  FAILED");
    fflush(stdout);
  }
  return found;
}

int main(int argc, char **argv) {
  mbt_engine *first;
  int found;
  if (argc != 5 && argc != 9) {
    fprintf(stderr, "usage: endurance SEED ROUNDS TRIAL SOCKET | STATE KEY WITNESS PACK RUNTIME\n");
    return 2;
  }
  seed = strtoull(argv[1], NULL, 10);
  rounds = (unsigned)strtoul(argv[2], NULL, 10);
  config = mbt_config_init();
  config.timeout_ms = 120000;
  over_socket = argc == 5;
  if (over_socket) config.socket = argv[4];
  else {
    config.flags = MBT_IN_PROCESS;
    config.state = argv[4];
    config.key = argv[5];
    config.witness = argv[6];
    config.pack = argv[7];
    config.runtime = argv[8];
  }
  /* What a process has once for all is there from here on. */
  first = opened();
  let_in(first);
  IS(MBT_OK, mbt_engine_close(first));
  if (strcmp(argv[3], "outlive") == 0) {
    outlive();
    found = 1;
  } else {
    int all = strcmp(argv[3], "all") == 0;
    found = run(ROUNDS, all || strcmp(argv[3], "rounds") == 0, argv[3]);
    found |= run(THREADS, all, argv[3]);
  }
  if (!found) FAIL("no trial is called %s", argv[3]);
  if (failures) fprintf(stderr, "seed %s, %s rounds\n", argv[1], argv[2]);
  return failures != 0;
}
