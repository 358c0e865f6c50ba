/* How a test in C says what is not as it should be: each failure is told and counted, and the program goes on. */
#ifndef CHECK_H
#define CHECK_H
#include <stdio.h>
#include "mabataki.h"

/* Counted by any thread. */
extern int failures;

#define FAIL(...) (fprintf(stderr, "%s:%d: ", __FILE__, __LINE__), fprintf(stderr, __VA_ARGS__), \
                   fputc('\n', stderr), (void)__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED))
#define IS(wanted, call) do { mbt_status is_ = (call); \
  if (is_ != (wanted)) { mbt_error e_ = mbt_error_init(); (void)mbt_error_last(&e_); \
    FAIL("%s: expected %s, found %s: %s", #call, #wanted, mbt_status_name(is_), e_.text); } } while (0)
#define THAT(truth) do { if (!(truth)) FAIL("not so: %s", #truth); } while (0)

#endif
