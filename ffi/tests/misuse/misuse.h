/* What every abuse of an export is made of. */
#ifndef MISUSE_H
#define MISUSE_H
#include <stdio.h>
#include <stdlib.h>
#include "mabataki.h"

typedef struct { const char *name; void (*abuse)(void); } abuse;
extern const abuse BASICS[], ENGINE[], SESSIONS[], GRANTS[];
extern int failures;

/* What is open while the abuse goes on, and handles of each kind that are closed. */
extern mbt_config config;
extern mbt_engine *engine, *closed_engine;
extern mbt_session *session, *closed_session;
extern mbt_grant *grant, *closed_grant;

/* A session that waits for a card of the host's and a password, and one that has come to its grant. */
mbt_session *begin_session(void);
mbt_grant *let_in(void);

/* Sizes that no struct has: 0, one byte, one short of the least, and the greatest number there is. */
static const uint32_t SIZES[] = { 0, 1, 7, 0x7FFFFFFFu, 0xFFFFFFFFu };
/* Not UTF-8, and longer than anything may be. */
#define BROKEN "\xC3\x28"
extern char LONG[70000];
#define COUNT(array) (sizeof (array) / sizeof (array)[0])

#define FAIL(...) (fprintf(stderr, "%s:%d: ", __FILE__, __LINE__), fprintf(stderr, __VA_ARGS__), \
                   fputc('\n', stderr), (void)failures++)
/* A known negative status, and no fault of the library's. */
#define REFUSED(call) do { mbt_status refused_ = (call); \
  if (refused_ >= 0 || strcmp(mbt_status_name(refused_), "MBT_E_UNKNOWN") == 0 || refused_ == MBT_E_INTERNAL) \
    FAIL("%s: %s", #call, mbt_status_name(refused_)); } while (0)
#define IS(wanted, call) do { mbt_status is_ = (call); \
  if (is_ != (wanted)) { mbt_error e_ = mbt_error_init(); (void)mbt_error_last(&e_); \
    FAIL("%s: expected %s, found %s: %s", #call, #wanted, mbt_status_name(is_), e_.text); } } while (0)
#define THAT(truth) do { if (!(truth)) FAIL("not so: %s", #truth); } while (0)

/* A handle `h` of the type `kind` as it must not be: NULL, closed, of another kind, and the address of something. */
#define HANDLES(kind, call) do { kind *h; uint64_t own_ = 0; \
  h = NULL; IS(MBT_E_INVALID, call); \
  h = closed_##kind; IS(MBT_E_STATE, call); \
  h = foreign_##kind; IS(MBT_E_INVALID, call); \
  h = (kind *)(void *)&own_; IS(MBT_E_STATE, call); \
  h = (kind *)(void *)(uintptr_t)0xFFFFFFF1u; IS(MBT_E_STATE, call); (void)h; } while (0)
#define closed_mbt_engine closed_engine
#define closed_mbt_session closed_session
#define closed_mbt_grant closed_grant
#define foreign_mbt_engine ((mbt_engine *)(void *)session)
#define foreign_mbt_session ((mbt_session *)(void *)grant)
#define foreign_mbt_grant ((mbt_grant *)(void *)engine)

/* A struct `s` to be filled: absent, not aligned, and of each wrong size. Its size stays as it was. */
#define STRUCTS(type, call) do { type whole_ = type##_init(), *s; size_t i_; \
  s = NULL; IS(MBT_E_INVALID, call); \
  s = (type *)(void *)((char *)&whole_ + 1); IS(MBT_E_INVALID, call); \
  s = &whole_; \
  for (i_ = 0; i_ < COUNT(SIZES); i_++) { whole_.size = SIZES[i_]; IS(MBT_E_ABI, call); THAT(whole_.size == SIZES[i_]); } \
  } while (0)
/* A place `p` for one value: absent, and not aligned. */
#define PLACES(type, call) do { type there_[2]; type *p; \
  p = NULL; IS(MBT_E_INVALID, call); \
  p = (type *)(void *)((char *)there_ + 1); IS(MBT_E_INVALID, call); } while (0)
/* A text `t`: not UTF-8, and too long. */
#define TEXTS(call) do { const char *t; t = BROKEN; REFUSED(call); t = LONG; REFUSED(call); } while (0)

#endif
