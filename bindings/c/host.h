/* What the examples share: opening the engine as the command line says, showing what happens, reading a recording. */
#ifndef MABATAKI_EXAMPLE_HOST_H
#define MABATAKI_EXAMPLE_HOST_H
#include <mabataki.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says why a call failed, and ends the program: 3 where nothing could be judged here and now, else 2. */
static inline void must(mbt_status status, const char *what) {
  mbt_error error = mbt_error_init();
  if (status == MBT_OK) return;
  mbt_error_last(&error);
  fprintf(stderr, "%s: %s: %s %s\n", what, mbt_status_name(status), error.text, error.fix);
  exit(MBT_UNAVAILABLE(status) ? 3 : 2);
}

/* The value of an option, or NULL. */
static inline const char *option(int argc, char **argv, const char *name) {
  int i;
  for (i = 1; i + 1 < argc; i++)
    if (strcmp(argv[i], name) == 0) return argv[i + 1];
  return NULL;
}

static inline uint32_t language(int argc, char **argv) {
  const char *lang = option(argc, argv, "--lang");
  return lang && strcmp(lang, "ja") == 0 ? MBT_LANG_JA : MBT_LANG_EN;
}

/* The service of this terminal, or with --state the engine in this process. */
static inline mbt_engine *open_engine(int argc, char **argv) {
  mbt_config config = mbt_config_init();
  mbt_engine *engine = NULL;
  config.name = "example";
  config.socket = option(argc, argv, "--socket");
  config.state = option(argc, argv, "--state");
  if (config.state) {
    config.flags = MBT_IN_PROCESS;
    config.key = option(argc, argv, "--key");
    config.witness = option(argc, argv, "--witness");
    config.pack = option(argc, argv, "--pack");
    config.runtime = option(argc, argv, "--runtime");
    config.timeout_ms = 20000;
  }
  must(mbt_engine_open(MBT_ABI, &config, &engine), "open");
  return engine;
}

/* One line for each event, as the person may read it. */
static inline void show(const mbt_event *event, uint32_t lang) {
  static const uint32_t kinds[] = {
    0, MBT_TEXT_STEP, MBT_TEXT_GUIDANCE, 0, MBT_TEXT_FRESH, MBT_TEXT_CAUSE, 0, MBT_TEXT_WATCH, MBT_TEXT_OUTCOME
  };
  const char *words = "";
  if (event->kind == MBT_EV_SAMPLE) printf("%u/%u\n", event->done, event->all);
  if (event->kind < sizeof kinds / sizeof kinds[0] && kinds[event->kind]) words = mbt_text(kinds[event->kind], event->code, lang);
  if (words[0]) printf("%s\n", words);
}

/* Shows what has happened so far, for at most this time; 1 when the session has come to its end. */
static inline int follow(mbt_session *session, uint32_t timeout_ms, uint32_t lang) {
  mbt_event event = mbt_event_init();
  mbt_status status;
  while ((status = mbt_session_wait(session, timeout_ms, &event)) == MBT_OK) {
    show(&event, lang);
    if (event.kind == MBT_EV_DONE) return 1;
  }
  if (status != MBT_E_TIMEOUT) must(status, "wait");
  return 0;
}

/* A motion JPEG recording: pictures one after another. */
typedef struct { uint8_t *data; size_t len, at; uint64_t count; } recording;

static inline recording open_recording(const char *path) {
  recording made = { NULL, 0, 0, 0 };
  FILE *file = fopen(path, "rb");
  long len;
  if (!file || fseek(file, 0, SEEK_END) != 0 || (len = ftell(file)) <= 0 || fseek(file, 0, SEEK_SET) != 0) {
    perror(path);
    exit(2);
  }
  made.len = (size_t)len;
  made.data = malloc(made.len);
  if (!made.data || fread(made.data, 1, made.len, file) != made.len) {
    perror(path);
    exit(2);
  }
  fclose(file);
  return made;
}

/* The next picture at 30 a second, in the recording's own time; 0 after the last. A picture ends where the next begins. */
static inline int next_picture(recording *from, mbt_frame *frame) {
  size_t end = from->at + 2;
  if (from->at + 4 > from->len) return 0;
  while (end + 3 < from->len
         && !(from->data[end] == 0xFF && from->data[end + 1] == 0xD9 && from->data[end + 2] == 0xFF && from->data[end + 3] == 0xD8))
    end++;
  end = end + 3 < from->len ? end + 2 : from->len;
  *frame = mbt_frame_init();
  frame->format = MBT_PX_MJPEG;
  frame->data = from->data + from->at;
  frame->len = end - from->at;
  frame->time_us = ++from->count * 1000000 / 30;
  from->at = end;
  return 1;
}

/* Hands in a whole recording while showing what comes of it, then waits for the end. */
static inline void play(mbt_session *session, const char *path, uint32_t lang) {
  recording from = open_recording(path);
  mbt_frame frame;
  int over = 0;
  while (!over && next_picture(&from, &frame)) {
    mbt_status status;
    do {
      status = mbt_session_push_frame(session, &frame, 1000, NULL);
      over = follow(session, 0, lang);
    } while (status == MBT_E_AGAIN && !over);
    if (status != MBT_OK && !over) over = follow(session, 5000, lang);
    if (status != MBT_OK && !over) must(status, "push a frame");
  }
  if (!over && mbt_session_end_frames(session) == MBT_OK) over = follow(session, 0, lang);
  while (!over) over = follow(session, 60000, lang);
  free(from.data);
}

#endif
