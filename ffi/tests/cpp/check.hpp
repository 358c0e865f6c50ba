// How a test in C++ says what is not as it should be: each failure is told and counted, and the program goes on.
#ifndef CHECK_HPP
#define CHECK_HPP
#include <mabataki.hpp>

#include <cstring>
#include <iostream>

using namespace mabataki;

static int failures = 0;
#define THAT(truth) ((truth) ? (void)0 : (void)(std::cerr << __FILE__ << ':' << __LINE__ << ": not so: " << #truth << '\n', failures++))

// The status of what must fail.
template <typename Call> mbt_status status_of(Call call) {
  try {
    call();
    return MBT_OK;
  } catch (const Error &error) {
    THAT(std::strlen(error.what()) > 0 && error.unavailable() == MBT_UNAVAILABLE(error.status()));
    return error.status();
  }
}

#endif
