/* Reads the log from where it was read to before, a line for each record, as whoever collects it centrally does.
 *   log [--socket PATH] [--after NUMBER]
 * In a store for trials no administrator is asked for; elsewhere the NULL below is the grant of one with the right `log`. The last
 * line says what --after is to be next time. Exit: 0 done, 2 misuse, 3 unavailable. */
#include "host.h"
#include <inttypes.h>

#define PAGE 8

int main(int argc, char **argv) {
  const char *from = option(argc, argv, "--after");
  uint64_t after = from ? strtoull(from, NULL, 10) : 0;
  mbt_engine *engine = open_engine(argc, argv);
  mbt_log_entry page[PAGE];
  size_t count = 0, i;
  mbt_status status;
  for (i = 0; i < PAGE; i++) page[i] = mbt_log_entry_init();
  /* A page that is not full is the last: that the log was read stands in it from then on, and would come next. */
  do {
    status = mbt_log_list(engine, NULL, after, page, sizeof page[0], PAGE, &count);
    for (i = 0; status == MBT_OK && i < count; i++) {
      const mbt_log_entry *is = &page[i];
      after = is->number;
      printf("%" PRIu64 " %" PRId64 " %s %s %s %s\n", after, is->time_ms / 1000, is->operation, is->outcome, is->reason, is->subject);
    }
  } while (status == MBT_OK && count == PAGE);
  if (status != MBT_E_END) must(status, "read the log");
  printf("after %" PRIu64 "\n", after);
  must(mbt_engine_close(engine), "close");
  return 0;
}
