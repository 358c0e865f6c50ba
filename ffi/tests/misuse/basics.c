/* Exports that need no engine. */
#include "misuse.h"

static void abi_version(void) { THAT(mbt_abi_version() == MBT_ABI); }

static void version(void) { THAT(mbt_version() != NULL && mbt_version()[0] != '\0'); }

static void status_name(void) {
  static const int32_t numbers[] = { INT32_MIN, -1000, -11, 1, INT32_MAX };
  size_t i;
  for (i = 0; i < COUNT(numbers); i++) THAT(strcmp(mbt_status_name(numbers[i]), "MBT_E_UNKNOWN") == 0);
}

static void error_last(void) {
  mbt_error error = mbt_error_init();
  size_t i;
  IS(MBT_E_INVALID, mbt_error_last(NULL));
  IS(MBT_E_INVALID, mbt_error_last((mbt_error *)(void *)((char *)&error + 1)));
  for (i = 0; i < COUNT(SIZES); i++) {
    error.size = SIZES[i];
    IS(MBT_E_ABI, mbt_error_last(&error));
    THAT(error.size == SIZES[i] && error.status == 0);
  }
  error = mbt_error_init();
  IS(MBT_OK, mbt_error_last(&error));
  THAT(error.status == MBT_E_ABI && error.text[0] != '\0');
}

static void text(void) {
  static const int32_t codes[] = { INT32_MIN, -1, 0, 12345, INT32_MAX };
  uint32_t kind, lang;
  size_t i;
  for (kind = 0; kind < 9; kind++)
    for (lang = 0; lang < 4; lang++)
      for (i = 0; i < COUNT(codes); i++) THAT(mbt_text(kind, codes[i], lang) != NULL);
  THAT(mbt_text(UINT32_MAX, 1, UINT32_MAX)[0] == '\0');
}

static void clock_us(void) {
  uint64_t before = mbt_clock_us();
  THAT(before > 0 && mbt_clock_us() >= before);
}

static void buffer_free(void) {
  uint8_t own[4] = { 1, 2, 3, 4 };
  mbt_buffer buffer = { NULL, 0 };
  mbt_buffer_free(NULL);
  mbt_buffer_free((mbt_buffer *)(void *)((char *)&buffer + 1));
  mbt_buffer_free(&buffer);
  buffer.len = SIZE_MAX;
  mbt_buffer_free(&buffer);
  buffer.data = own;
  mbt_buffer_free(&buffer);
  THAT(buffer.data == NULL && buffer.len == 0 && own[3] == 4);
}

const abuse BASICS[] = {
  { "mbt_abi_version", abi_version },
  { "mbt_version", version },
  { "mbt_status_name", status_name },
  { "mbt_error_last", error_last },
  { "mbt_text", text },
  { "mbt_clock_us", clock_us },
  { "mbt_buffer_free", buffer_free },
  { NULL, NULL },
};
