// What mabataki.hpp promises of its owners, over a service: owners SOCKET CARD PASSWORD
#include "check.hpp"

#include <type_traits>

using namespace std::chrono_literals;

template <typename T> constexpr bool is_owner() {
  return std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> && !std::is_copy_constructible_v<T>
         && !std::is_copy_assignable_v<T>;
}
static_assert(is_owner<Engine>() && is_owner<Session>() && is_owner<Grant>() && is_owner<Login>() && is_owner<Buffer>());

static Session begin(const Engine &engine) {
  Authenticate wanted;
  wanted.purpose = MBT_PURPOSE_APPLICATION;
  wanted.application = "chart";
  wanted.cards_from = MBT_FROM_HOST;
  wanted.frames_from = MBT_FROM_NONE;
  wanted.secrets = MBT_F_PASSWORD;
  return engine.authenticate(wanted);
}

static Grant let_in(const Engine &engine, const std::string &card, const std::string &password) {
  Session session = begin(engine);
  session.push_card(card);
  session.push_secret(MBT_F_PASSWORD, password);
  bool needed = false;
  for (;;) {
    const Event event = session.wait();
    needed = needed || (event.kind == MBT_EV_NEED && !event.needs.empty());
    if (event.done()) break;
  }
  THAT(session.result().outcome == MBT_GRANTED && status_of([&] { (void)session.wait(0ms); }) == MBT_E_END);
  return session.grant();
}

static void moving(const Engine &engine) {
  Session first = begin(engine);
  Session second = std::move(first);
  THAT(first.get() == nullptr && status_of([&] { (void)first.wait(0ms); }) == MBT_E_INVALID);
  THAT(second.waitable() >= 0);
  // What is moved over is ended.
  Session third = begin(engine);
  mbt_session *ended = third.get();
  mbt_event event = mbt_event_init();
  third = std::move(second);
  THAT(mbt_session_wait(ended, 0, &event) == MBT_E_STATE);
  third.close();
  third.close();
  THAT(third.get() == nullptr);
}

static void waiting(const Engine &engine) {
  const Session session = begin(engine);
  while (session.wait(200ms)) {}
  const auto begun = std::chrono::steady_clock::now();
  THAT(!session.wait(60ms) && std::chrono::steady_clock::now() - begun >= 60ms);
  THAT(!session.wait(-5s) && !session.wait(0ms) && std::chrono::steady_clock::now() - begun < 5s);
  session.cancel();
  // As long as can be said, and longer.
  std::optional<Event> last;
  do last = session.wait(milliseconds::max());
  while (last && !last->done());
  THAT(last && last->code == MBT_ABANDONED && !last->text(MBT_LANG_JA).empty());
}

int main(int argc, char **argv) try {
  if (argc != 4) return 2;
  Config config;
  config.socket = argv[1];
  const Engine engine(config);
  THAT(std::strlen(engine.info().terminal) > 0);
  (void)engine.devices();
  {
    const Grant grant = let_in(engine, argv[2], argv[3]);
    THAT(std::strcmp(grant.read().subject, "nurse01") == 0 && grant.opens("chart"));
    Login login = grant.login("chart");
    THAT(login.user() == "n-1" && !login.secret().empty() && !login.field("department"));
    const Login moved = std::move(login);
    THAT(login.user().empty() && moved.user() == "n-1");
    grant.report_login("chart", true);
    THAT(grant.report("printed") > 0);
    THAT(status_of([&] { (void)grant.login("billing"); }) != MBT_OK);
    grant.end();
    THAT(status_of([&] { (void)grant.read(); }) != MBT_OK);
  }
  moving(engine);
  waiting(engine);
  const std::uint8_t pixels[12] = {};
  const Session session = begin(engine);
  THAT(status_of([&] { (void)session.push_frame(Frame(MBT_PX_RGB24, pixels, sizeof pixels, 2, 2), 0ms); }) == MBT_E_STATE);
  THAT(status_of([&] { session.push_card("stone:01"); }) != MBT_OK);
  config.socket = "/nowhere/mabataki.sock";
  THAT(status_of([&] { const Engine none(config); }) == MBT_E_SERVICE);
  config.socket = argv[1];
  config.state = "/nowhere";
  THAT(status_of([&] { const Engine none(config); }) == MBT_E_INVALID);
  return failures != 0;
} catch (const Error &error) {
  std::cerr << mbt_status_name(error.status()) << ": " << error.what() << '\n';
  return 1;
}
