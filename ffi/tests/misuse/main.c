/* Abuses every export and says each one's name. The test reads the names: none of the header's may be missing. */
#include "misuse.h"

int failures;

static void run(const abuse *table) {
  for (; table->name; table++) {
    table->abuse();
    printf("%s\n", table->name);
  }
}

int main(void) {
  run(BASICS);
  return failures != 0;
}
