/* What every abuse of an export is made of. */
#ifndef MISUSE_H
#define MISUSE_H
#include <stdio.h>
#include <stdlib.h>
#include "mabataki.h"

typedef struct { const char *name; void (*abuse)(void); } abuse;
extern const abuse BASICS[];
extern int failures;

/* Sizes that no struct has: 0, one byte, one short of the least, and the greatest number there is. */
static const uint32_t SIZES[] = { 0, 1, 7, 0x7FFFFFFFu, 0xFFFFFFFFu };
#define COUNT(array) (sizeof (array) / sizeof (array)[0])

#define FAIL(...) (fprintf(stderr, "%s:%d: ", __FILE__, __LINE__), fprintf(stderr, __VA_ARGS__), \
                   fputc('\n', stderr), (void)failures++)
/* A known negative status and nothing else. */
#define REFUSED(call) do { mbt_status refused_ = (call); \
  if (refused_ >= 0 || strcmp(mbt_status_name(refused_), "MBT_E_UNKNOWN") == 0 || refused_ == MBT_E_INTERNAL) \
    FAIL("%s: %d %s", #call, (int)refused_, mbt_status_name(refused_)); } while (0)
#define IS(wanted, call) do { mbt_status is_ = (call); \
  if (is_ != (wanted)) FAIL("%s: expected %s, found %s", #call, #wanted, mbt_status_name(is_)); } while (0)
#define THAT(truth) do { if (!(truth)) FAIL("not so: %s", #truth); } while (0)

#endif
