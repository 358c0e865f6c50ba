/* Exports on a session. */
#include "misuse.h"

static void session_wait(void) {
  mbt_event event = mbt_event_init();
  HANDLES(mbt_session, mbt_session_wait(h, 0, &event));
  STRUCTS(mbt_event, mbt_session_wait(session, 0, s));
}

static void session_waitable(void) {
  intptr_t waitable = -1;
  HANDLES(mbt_session, mbt_session_waitable(h, &waitable));
  PLACES(intptr_t, mbt_session_waitable(session, p));
  IS(MBT_OK, mbt_session_waitable(session, &waitable));
  THAT(waitable >= 0);
}

static void session_push_frame(void) {
  static uint8_t pixels[64 * 48 * 3];
  mbt_frame frame = mbt_frame_init(), wrong;
  uint64_t dropped = 0;
  frame.format = MBT_PX_RGB24;
  frame.width = 64;
  frame.height = 48;
  frame.data = pixels;
  frame.len = sizeof pixels;
  HANDLES(mbt_session, mbt_session_push_frame(h, &frame, 0, &dropped));
  STRUCTS(mbt_frame, mbt_session_push_frame(session, s, 0, &dropped));
  wrong = frame; wrong.format = 0; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.format = UINT32_MAX; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.data = NULL; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.len = 0; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.len = SIZE_MAX; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.stride = INT64_MIN; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.stride = INT64_MAX; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.width = UINT32_MAX; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.rotation = 45; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.rotation = 360; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.flags = ~(uint32_t)MBT_FRAME_MIRRORED; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.len2 = 1; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.data2 = pixels; wrong.len2 = 1; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.stride2 = 64; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.format = MBT_PX_NV12; wrong.data2 = pixels; wrong.len2 = SIZE_MAX; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.format = MBT_PX_NV12; wrong.stride2 = INT64_MIN; IS(MBT_E_INVALID, mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.format = MBT_PX_NV12; wrong.stride2 = UINT32_MAX; REFUSED(mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.format = MBT_PX_NV12; wrong.width = 63; REFUSED(mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.width = wrong.height = UINT32_MAX; wrong.stride = 1; REFUSED(mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.width = wrong.height = 0; REFUSED(mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.len -= 1; REFUSED(mbt_session_push_frame(session, &wrong, 0, NULL));
  wrong = frame; wrong.time_us = UINT64_MAX; REFUSED(mbt_session_push_frame(session, &wrong, 0, NULL));
  /* This session takes no frames at all. */
  REFUSED(mbt_session_push_frame(session, &frame, 0, NULL));
}

static void session_end_frames(void) {
  HANDLES(mbt_session, mbt_session_end_frames(h));
  REFUSED(mbt_session_end_frames(session));
}

static void session_preview(void) {
  mbt_buffer picture = { NULL, 0 };
  HANDLES(mbt_session, mbt_session_preview(h, 320, &picture));
  REFUSED(mbt_session_preview(session, 320, NULL));
  REFUSED(mbt_session_preview(session, 0, &picture));
  REFUSED(mbt_session_preview(session, 63, &picture));
  REFUSED(mbt_session_preview(session, 481, &picture));
  REFUSED(mbt_session_preview(session, UINT32_MAX, &picture));
  /* Nobody is enrolled in this session. */
  REFUSED(mbt_session_preview(session, 320, &picture));
  IS(1, picture.data == NULL && picture.len == 0);
}

static void session_push_card(void) {
  HANDLES(mbt_session, mbt_session_push_card(h, NULL));
  TEXTS(mbt_session_push_card(session, t));
  REFUSED(mbt_session_push_card(session, ""));
  REFUSED(mbt_session_push_card(session, "felica"));
  REFUSED(mbt_session_push_card(session, "felica:XYZ"));
  REFUSED(mbt_session_push_card(session, "stone:0102"));
}

static void session_push_secret(void) {
  HANDLES(mbt_session, mbt_session_push_secret(h, MBT_F_PASSWORD, "x", 1));
  REFUSED(mbt_session_push_secret(session, 0, "x", 1));
  REFUSED(mbt_session_push_secret(session, MBT_F_CARD | MBT_F_PASSWORD, "x", 1));
  REFUSED(mbt_session_push_secret(session, UINT32_MAX, "x", 1));
  IS(MBT_E_INVALID, mbt_session_push_secret(session, MBT_F_PASSWORD, NULL, 0));
  IS(MBT_E_INVALID, mbt_session_push_secret(session, MBT_F_PASSWORD, NULL, 5));
  IS(MBT_E_INVALID, mbt_session_push_secret(session, MBT_F_PASSWORD, "x", SIZE_MAX));
  IS(MBT_E_INVALID, mbt_session_push_secret(session, MBT_F_PASSWORD, BROKEN, 2));
  IS(MBT_E_INVALID, mbt_session_push_secret(session, MBT_F_HOST_PASSWORD, "x", 1));
}

static void session_claim(void) {
  HANDLES(mbt_session, mbt_session_claim(h, "nurse01"));
  IS(MBT_E_INVALID, mbt_session_claim(session, NULL));
  TEXTS(mbt_session_claim(session, t));
}

static void session_choose(void) {
  HANDLES(mbt_session, mbt_session_choose(h, 0));
  IS(MBT_E_INVALID, mbt_session_choose(session, UINT32_MAX));
}

static void session_cancel(void) {
  mbt_session *other = begin_session();
  mbt_event event = mbt_event_init();
  HANDLES(mbt_session, mbt_session_cancel(h));
  IS(MBT_OK, mbt_session_cancel(other));
  do IS(MBT_OK, mbt_session_wait(other, 20000, &event)); while (event.kind != MBT_EV_DONE && failures == 0);
  THAT(event.code == MBT_ABANDONED);
  IS(MBT_E_END, mbt_session_wait(other, 0, &event));
  (void)mbt_session_cancel(other);
  IS(MBT_OK, mbt_session_end(other));
  IS(MBT_E_STATE, mbt_session_cancel(other));
}

static void session_result(void) {
  mbt_result result = mbt_result_init();
  HANDLES(mbt_session, mbt_session_result(h, &result));
  STRUCTS(mbt_result, mbt_session_result(session, s));
}

static void session_grant(void) {
  mbt_grant *out = NULL;
  HANDLES(mbt_session, mbt_session_grant(h, &out));
  PLACES(mbt_grant *, mbt_session_grant(session, p));
  REFUSED(mbt_session_grant(session, &out));
  THAT(out == NULL);
}

static void session_error(void) {
  mbt_error error = mbt_error_init();
  HANDLES(mbt_session, mbt_session_error(h, &error));
  STRUCTS(mbt_error, mbt_session_error(session, s));
  REFUSED(mbt_session_choose(session, UINT32_MAX));
  IS(MBT_OK, mbt_session_error(session, &error));
  THAT(error.status == MBT_E_INVALID && error.text[0] != '\0');
}

static void session_end(void) {
  IS(MBT_OK, mbt_session_end(NULL));
  IS(MBT_E_STATE, mbt_session_end(closed_session));
  IS(MBT_E_INVALID, mbt_session_end(foreign_mbt_session));
}

const abuse SESSIONS[] = {
  { "mbt_session_wait", session_wait },
  { "mbt_session_waitable", session_waitable },
  { "mbt_session_push_frame", session_push_frame },
  { "mbt_session_end_frames", session_end_frames },
  { "mbt_session_preview", session_preview },
  { "mbt_session_push_card", session_push_card },
  { "mbt_session_push_secret", session_push_secret },
  { "mbt_session_claim", session_claim },
  { "mbt_session_choose", session_choose },
  { "mbt_session_cancel", session_cancel },
  { "mbt_session_result", session_result },
  { "mbt_session_grant", session_grant },
  { "mbt_session_error", session_error },
  { "mbt_session_end", session_end },
  { NULL, NULL },
};
