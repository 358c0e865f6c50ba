// Lets somebody in: authenticate SOCKET [--card KIND:HEX] [--frames FILE.mjpeg] [--ja]
// Without --card the service's reader is asked, without --frames its camera. Exit: 0 granted, 1 not, 2 misuse, 3 unavailable.
#include <mabataki.hpp>

#include <fstream>
#include <iostream>
#include <iterator>

using namespace mabataki;
using namespace std::chrono_literals;

// The value of an option, if it is there.
static std::optional<std::string> option(const std::vector<std::string> &arguments, const std::string &name) {
  const auto found = std::find(arguments.begin(), arguments.end(), name);
  return found == arguments.end() || found + 1 == arguments.end() ? std::nullopt : std::optional<std::string>(found[1]);
}

// Shows what happens, for at most this time; whether it has come to its end.
static bool follow(const Session &session, milliseconds time, std::uint32_t lang) {
  while (const auto event = session.wait(time)) {
    if (const auto words = event->text(lang); !words.empty()) std::cout << words << std::endl;
    if (event->done()) return true;
  }
  return false;
}

// Hands in a motion JPEG recording, 30 pictures a second in its own time. Whether the session has come to its end meanwhile.
static bool hand_in(const Session &session, const std::string &path, std::uint32_t lang) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto *data = reinterpret_cast<const std::uint8_t *>(bytes.data());
  const std::string_view next_begins = "\xFF\xD9\xFF\xD8";
  std::chrono::microseconds time = 1s;
  for (std::size_t at = 0, end; at < bytes.size(); at = end, time += 33333us) {
    const std::size_t next = bytes.find(next_begins, at);
    end = next == std::string::npos ? bytes.size() : next + 2;
    const Frame frame = Frame::jpeg(data + at, end - at).taken_at(time);
    while (!session.push_frame(frame, 100ms))
      if (follow(session, 0ms, lang)) return true;
    if (follow(session, 0ms, lang)) return true;
  }
  session.end_frames();
  return false;
}

// The same, and what comes after.
static void play(const Session &session, const std::string &path, std::uint32_t lang) {
  try {
    if (hand_in(session, path, lang)) return;
  } catch (const Error &error) {
    // It may be over before everything was handed in.
    if (error.status() != MBT_E_STATE) throw;
  }
  while (!follow(session, 10s, lang)) {}
}

int main(int argc, char **argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    std::cerr << "usage: authenticate SOCKET [--card KIND:HEX] [--frames FILE.mjpeg] [--ja]\n";
    return 2;
  }
  const std::uint32_t lang = arguments.back() == "--ja" ? MBT_LANG_JA : MBT_LANG_EN;
  const auto card = option(arguments, "--card"), frames = option(arguments, "--frames");
  Config config;
  config.socket = arguments[0];
  config.name = "example";
  const Engine engine(config);

  Authenticate wanted;
  wanted.cards_from = card ? MBT_FROM_HOST : MBT_FROM_DEVICE;
  wanted.frames_from = frames ? MBT_FROM_RECORDING : MBT_FROM_DEVICE;
  wanted.timeout = 60s;
  const Session session = engine.authenticate(wanted);
  if (card) session.push_card(card);
  if (frames) play(session, *frames, lang);
  else while (!follow(session, 10s, lang)) {}

  const mbt_result result = session.result();
  std::cout << text(MBT_TEXT_REASON, result.reason, lang) << std::endl;
  if (result.outcome != MBT_GRANTED) return result.outcome == MBT_FAILED ? 3 : 1;
  const Grant grant = session.grant();
  const mbt_grant_info info = grant.read();
  std::cout << info.subject << ' ' << info.name << std::endl;
  grant.end();
  return 0;
} catch (const Error &error) {
  std::cerr << error.code() << ": " << error.what() << ' ' << error.fix() << '\n';
  return error.unavailable() ? 3 : 2;
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return 2;
}
