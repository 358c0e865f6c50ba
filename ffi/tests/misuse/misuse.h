/* What every abuse of an export is made of. */
#ifndef MISUSE_H
#define MISUSE_H
#include <stdlib.h>
#include "../common/check.h"

typedef struct { const char *name; void (*abuse)(void); } abuse;
extern const abuse BASICS[], ENGINE[], SESSIONS[], GRANTS[], ADMINISTRATION[], SITE[], JOBS[];

/* What is open while the abuse goes on, and handles of each kind that are closed. */
extern mbt_config config;
extern mbt_engine *engine, *closed_engine;
extern mbt_session *session, *closed_session;
extern mbt_grant *grant, *closed_grant;
extern mbt_job *job, *closed_job;

/* A session that waits for a card of the host's and a password, and one that has come to its grant. */
mbt_session *begin_session(void);
mbt_grant *let_in(void);
/* A job that takes the log out. */
mbt_job *begin_job(void);

/* Sizes that no struct has: 0, one byte, one short of the least, and the greatest number there is. */
static const uint32_t SIZES[] = { 0, 1, 7, 0x7FFFFFFFu, 0xFFFFFFFFu };
/* Not UTF-8, and longer than anything may be. */
#define BROKEN "\xC3\x28"
extern char LONG[70000];
#define COUNT(array) (sizeof (array) / sizeof (array)[0])

/* A known negative status, and no fault of the library's. */
#define REFUSED(call) do { mbt_status refused_ = (call); \
  if (refused_ >= 0 || strcmp(mbt_status_name(refused_), "MBT_E_UNKNOWN") == 0 || refused_ == MBT_E_INTERNAL) \
    FAIL("%s: %s", #call, mbt_status_name(refused_)); } while (0)

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
#define closed_mbt_job closed_job
#define foreign_mbt_engine ((mbt_engine *)(void *)session)
#define foreign_mbt_session ((mbt_session *)(void *)grant)
#define foreign_mbt_grant ((mbt_grant *)(void *)engine)
#define foreign_mbt_job ((mbt_job *)(void *)engine)

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
/* The grant `by` of whoever administers, which may be NULL: closed, of another kind, and one that has no right. */
#define GRANTED(call) do { mbt_grant *by; uint64_t own_ = 0; \
  by = closed_grant; IS(MBT_E_STATE, call); \
  by = foreign_mbt_grant; IS(MBT_E_INVALID, call); \
  by = (mbt_grant *)(void *)&own_; IS(MBT_E_STATE, call); \
  by = grant; IS(MBT_E_DENIED, call); } while (0)
/* An array `items` of `room` structs of `item`, and their number `count`: absent, not aligned, too small and too large. */
#define ARRAYS(type, call) do { type there_[2], *items = there_; size_t item = sizeof(type), room = 2, number_ = 7, *count = &number_; \
  static const size_t ODD_[] = { 0, 1, 7, 13, (size_t)1 << 20, SIZE_MAX }; size_t i_; \
  memset(there_, 0, sizeof there_); \
  items = NULL; IS(MBT_E_INVALID, call); \
  items = (type *)(void *)((char *)there_ + 1); IS(MBT_E_INVALID, call); items = there_; \
  count = NULL; IS(MBT_E_INVALID, call); \
  count = (size_t *)(void *)((char *)&number_ + 1); IS(MBT_E_INVALID, call); count = &number_; \
  room = 0; IS(MBT_E_INVALID, call); room = SIZE_MAX; IS(MBT_E_INVALID, call); room = 2; \
  for (i_ = 0; i_ < COUNT(ODD_); i_++) { item = ODD_[i_]; IS(MBT_E_ABI, call); } \
  THAT(number_ == 7); } while (0)
/* The entry before, `after`: not aligned, of each wrong size, and with a text that does not end. */
#define AFTERS(type, call) do { type there_[2], last_, *items = there_, *after; size_t item = sizeof(type), room = 2, number_ = 0, *count = &number_, i_; \
  after = (type *)(void *)((char *)&last_ + 1); IS(MBT_E_INVALID, call); after = &last_; \
  last_ = type##_init(); \
  for (i_ = 0; i_ < COUNT(SIZES); i_++) { last_.size = SIZES[i_]; IS(MBT_E_ABI, call); } \
  memset(&last_, 'a', sizeof last_); last_.size = (uint32_t)sizeof last_; IS(MBT_E_INVALID, call); } while (0)
/* A list that is read page by page, with all that can be wrong about it. */
#define LISTS(type, name, ...) do { \
  type one_[1]; size_t many_ = 0; \
  HANDLES(mbt_engine, name(h, NULL, __VA_ARGS__ NULL, one_, sizeof(type), 1, &many_)); \
  GRANTED(name(engine, by, __VA_ARGS__ NULL, one_, sizeof(type), 1, &many_)); \
  ARRAYS(type, name(engine, NULL, __VA_ARGS__ NULL, items, item, room, count)); \
  AFTERS(type, name(engine, NULL, __VA_ARGS__ after, items, item, room, count)); } while (0)
#endif
