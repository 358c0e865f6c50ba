// mabataki.hpp - mabataki for C++17: owners of what mabataki.h hands out. Header only; mabataki.h has the contract.
//
// A call that fails throws mabataki::Error; a text of which C would see but a part, std::invalid_argument. Being refused is no failure:
// look at Session::result(). Nothing of C++ is ever called from C, so no exception crosses it. Every owner is move-only and closes what
// it has; a call on one that was moved from throws.
#ifndef MABATAKI_HPP
#define MABATAKI_HPP

#include <mabataki.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mabataki {

using std::chrono::milliseconds;

// Why a call failed: its status, the stable word for programs, what was found, and what can be done about it.
class Error : public std::runtime_error {
public:
  Error(mbt_status status, const mbt_error &error)
      : std::runtime_error(error.text[0] != '\0' ? error.text : mbt_status_name(status)), status_(status), code_(error.code),
        fix_(error.fix) {}
  Error(mbt_status status, const char *code, const char *text) : std::runtime_error(text), status_(status), code_(code) {}

  mbt_status status() const noexcept { return status_; }
  const std::string &code() const noexcept { return code_; }
  const std::string &fix() const noexcept { return fix_; }
  // Nothing could be judged here and now; what may stand in is policy.
  bool unavailable() const noexcept { return MBT_UNAVAILABLE(status_); }

private:
  mbt_status status_;
  std::string code_, fix_;
};

namespace detail {

inline void must(mbt_status status) {
  if (status == MBT_OK) return;
  mbt_error error = mbt_error_init();
  if (mbt_error_last(&error) != MBT_OK) error = mbt_error_init();
  throw Error(status, error);
}

// A time of C++ as the C ABI takes it: what is negative is now, and what is too long is as long as can be said.
inline std::uint32_t time(milliseconds time) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.count(), 0, MBT_WAIT_FOREVER - INT64_C(1)));
}

// A text as C takes it, which would see no more of it than what stands before a NUL.
inline const char *text(const std::string &text) {
  if (text.find('\0') != std::string::npos) throw std::invalid_argument("expected a text without a NUL");
  return text.c_str();
}
inline const char *text(const std::optional<std::string> &optional) { return optional ? text(*optional) : nullptr; }

// A login as C takes it, for as long as what it is made of lives.
inline mbt_login_params login_params(const char *person, const std::string &application, const std::string &user,
                                     std::string_view secret, std::string_view fields) {
  mbt_login_params params = mbt_login_params_init();
  params.person = person;
  params.application = detail::text(application);
  params.user = detail::text(user);
  params.secret = secret.data();
  params.secret_len = secret.size();
  params.fields = fields.empty() ? nullptr : fields.data();
  params.fields_len = fields.size();
  return params;
}

// Owns one handle.
template <typename T, mbt_status (*Close)(T *)> class Handle {
public:
  explicit Handle(T *handle = nullptr) noexcept : handle_(handle) {}
  Handle(Handle &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Handle &operator=(Handle &&other) noexcept {
    if (this != &other) (void)Close(std::exchange(handle_, std::exchange(other.handle_, nullptr)));
    return *this;
  }
  Handle(const Handle &) = delete;
  Handle &operator=(const Handle &) = delete;
  // Nobody is left to be told of a failure.
  ~Handle() { (void)Close(handle_); }

  // Closes it now, and says why that failed.
  void close() { must(Close(std::exchange(handle_, nullptr))); }
  T *get() const noexcept { return handle_; }

private:
  T *handle_;
};

}  // namespace detail

// What a person may read: of a kind MBT_TEXT_*, in MBT_LANG_JA or MBT_LANG_EN. It lives as long as the program.
inline std::string_view text(std::uint32_t kind, std::int32_t code, std::uint32_t lang) { return mbt_text(kind, code, lang); }

// Bytes that the library allocated. They are wiped at the end.
class Buffer {
public:
  Buffer() noexcept = default;
  Buffer(Buffer &&other) noexcept : buffer_(std::exchange(other.buffer_, mbt_buffer{})) {}
  Buffer &operator=(Buffer &&other) noexcept {
    if (this != &other) {
      mbt_buffer_free(&buffer_);
      buffer_ = std::exchange(other.buffer_, mbt_buffer{});
    }
    return *this;
  }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  ~Buffer() { mbt_buffer_free(&buffer_); }

  // As long as the buffer lives. Whoever copies it wipes the copy.
  std::string_view view() const noexcept {
    return buffer_.len == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char *>(buffer_.data), buffer_.len);
  }
  // For functions of mabataki.h that fill one: what was in it is wiped.
  mbt_buffer *fill() noexcept {
    mbt_buffer_free(&buffer_);
    return &buffer_;
  }

private:
  mbt_buffer buffer_{};
};

// What is typed into an application. It is wiped at the end.
class Login {
public:
  explicit Login(mbt_login login) noexcept : login_(login) {}
  Login(Login &&other) noexcept : login_(std::exchange(other.login_, mbt_login_init())) {}
  Login &operator=(Login &&other) noexcept {
    std::swap(login_, other.login_);
    return *this;
  }
  Login(const Login &) = delete;
  Login &operator=(const Login &) = delete;
  ~Login() { mbt_login_free(&login_); }

  std::string_view user() const noexcept { return view(login_.user); }
  std::string_view secret() const noexcept { return view(login_.secret); }
  // The value of another field, such as a department code.
  std::optional<std::string_view> field(std::string_view name) const noexcept {
    std::string_view rest = view(login_.fields);
    while (!rest.empty()) {
      const std::string_view key = take(rest), value = take(rest);
      if (key == name) return value;
    }
    return std::nullopt;
  }

private:
  static std::string_view view(const mbt_buffer &of) noexcept {
    return of.len == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char *>(of.data), of.len);
  }
  static std::string_view take(std::string_view &rest) noexcept {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return taken;
  }

  mbt_login login_;
};

// Something that happened in a session: MBT_EV_* and its code.
struct Event {
  std::uint32_t kind;
  std::int32_t code;
  // Of MBT_EV_SAMPLE: so many samples of all.
  std::uint32_t taken, all;
  // Of MBT_EV_NEED: sets of MBT_F_*, the preferred first.
  std::vector<std::uint32_t> needs;
  // Of MBT_WATCH_OTHER_CARD: for one Authenticate within ten seconds.
  std::uint64_t card_ref;

  bool done() const noexcept { return kind == MBT_EV_DONE; }
  // For the person at the terminal; empty where it has no words.
  std::string_view text(std::uint32_t lang) const {
    switch (kind) {
    case MBT_EV_STEP: return mbt_text(MBT_TEXT_STEP, code, lang);
    case MBT_EV_GUIDANCE: return mbt_text(MBT_TEXT_GUIDANCE, code, lang);
    case MBT_EV_LATE: return mbt_text(MBT_TEXT_FRESH, code, lang);
    case MBT_EV_TURN: return mbt_text(MBT_TEXT_CAUSE, code, lang);
    case MBT_EV_PIN: return mbt_text(MBT_TEXT_PIN, code, lang);
    case MBT_EV_WATCH: return mbt_text(MBT_TEXT_WATCH, code, lang);
    case MBT_EV_DONE: return mbt_text(MBT_TEXT_OUTCOME, code, lang);
    default: return {};
    }
  }
};

// A picture in the host's memory, which is copied once when it is handed in.
class Frame {
public:
  // Pixels of one of MBT_PX_*, `len` bytes in all; `stride` bytes from row to row, 0 where rows lie close.
  Frame(std::uint32_t format, const std::uint8_t *data, std::size_t len, std::uint32_t width, std::uint32_t height,
        std::int64_t stride = 0) noexcept {
    frame_.format = format;
    frame_.data = data;
    frame_.len = len;
    frame_.width = width;
    frame_.height = height;
    frame_.stride = stride;
  }
  static Frame jpeg(const std::uint8_t *data, std::size_t len) noexcept { return Frame(MBT_PX_MJPEG, data, len, 0, 0); }

  // Where the second plane of MBT_PX_NV12 lies, if not behind the first one's last row.
  Frame &chroma(const std::uint8_t *data, std::size_t len, std::int64_t stride = 0) noexcept {
    frame_.data2 = data;
    frame_.len2 = len;
    frame_.stride2 = stride;
    return *this;
  }
  // What brings it upright: how far it is turned clockwise, 0, 90, 180 or 270, and whether it then shows what a mirror would.
  Frame &turned(std::uint32_t degrees, bool mirrored = false) noexcept {
    frame_.rotation = degrees;
    frame_.flags = mirrored ? MBT_FRAME_MIRRORED : 0;
    return *this;
  }
  // When it was taken, by mbt_clock_us; without this it is now. A recording's pictures bear their own times.
  Frame &taken_at(std::chrono::microseconds time) noexcept {
    frame_.time_us = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
    return *this;
  }
  const mbt_frame *get() const noexcept { return &frame_; }

private:
  mbt_frame frame_ = mbt_frame_init();
};

// That somebody was let in. Dropped, nobody is logged off: end() does that.
class Grant : public detail::Handle<mbt_grant, mbt_grant_close> {
public:
  using Handle::Handle;

  mbt_grant_info read() const {
    mbt_grant_info out = mbt_grant_info_init();
    detail::must(mbt_grant_read(get(), &out));
    return out;
  }
  // Whether it opens this application without asking the person again.
  bool opens(const std::string &application) const {
    const mbt_status status = mbt_grant_check(get(), detail::text(application));
    if (status == MBT_E_REAUTH) return false;
    detail::must(status);
    return true;
  }
  // The person's login for an application that it opens. Each release stands in the log.
  Login login(const std::string &application) const {
    mbt_login out = mbt_login_init();
    detail::must(mbt_grant_login(get(), detail::text(application), &out));
    return Login(out);
  }
  // Puts the person's own login: they have changed their password there. `fields`: name, NUL, value, NUL, one after another.
  void put_login(const std::string &application, const std::string &user, std::string_view secret, std::string_view fields = {}) const {
    const mbt_login_params params = detail::login_params(nullptr, application, user, secret, fields);
    detail::must(mbt_grant_login_put(get(), &params));
  }
  // Who this is, signed: a JSON Web Token, for an audience that the policy lists; `nonce` is what they drew.
  Buffer assertion(const std::string &audience, const std::string &nonce) const {
    Buffer token;
    detail::must(mbt_grant_assertion(get(), detail::text(audience), detail::text(nonce), token.fill()));
    return token;
  }
  void report_login(const std::string &application, bool took) const {
    detail::must(mbt_grant_login_report(get(), detail::text(application), took));
  }
  // Writes down what was done under it; the record's number in the log.
  std::uint64_t report(const std::string &what, const std::optional<std::string> &object = std::nullopt) const {
    std::uint64_t record = 0;
    detail::must(mbt_grant_report(get(), detail::text(what), detail::text(object), &record));
    return record;
  }
  // Whether the operating system took the password that it rests on.
  void confirm(bool took) const { detail::must(mbt_grant_confirm(get(), took)); }
  // Leaves it for the user of the account that was opened.
  void keep() const { detail::must(mbt_grant_keep(get())); }
  // The person logged off.
  void end() const { detail::must(mbt_grant_end(get())); }
};

namespace detail {

// A grant where one may be missing. One that was moved from or closed is not taken for none: that may mean somebody else.
inline mbt_grant *given(const Grant *grant) {
  if (grant != nullptr && grant->get() == nullptr)
    throw Error(MBT_E_STATE, "closed", "the grant was closed or moved from: expected one that is open, or none");
  return grant == nullptr ? nullptr : grant->get();
}

}  // namespace detail

// A capture under way. Dropped, it is called off.
class Session : public detail::Handle<mbt_session, mbt_session_end> {
public:
  using Handle::Handle;

  // The next event; none when nothing happens in time.
  std::optional<Event> wait(milliseconds timeout) const { return wait_for(detail::time(timeout)); }
  // The next event, however long it takes.
  Event wait() const { return wait_for(MBT_WAIT_FOREVER).value(); }
  // A file descriptor for a loop of the host's, which only waits for it.
  std::ptrdiff_t waitable() const {
    std::ptrdiff_t out = -1;
    detail::must(mbt_session_waitable(get(), &out));
    return out;
  }
  // Hands in a frame, and says how many older ones were let go; none where there was no room for it in time.
  std::optional<std::uint64_t> push_frame(const Frame &frame, milliseconds timeout) const {
    std::uint64_t dropped = 0;
    const mbt_status status = mbt_session_push_frame(get(), frame.get(), detail::time(timeout), &dropped);
    if (status == MBT_E_AGAIN) return std::nullopt;
    detail::must(status);
    return dropped;
  }
  void end_frames() const { detail::must(mbt_session_end_frames(get())); }
  // The newest small picture of an enrolment, JPEG, its longer side so many pixels; none: no newer one is there yet.
  std::optional<Buffer> preview(std::uint32_t side = 320) const {
    Buffer picture;
    const mbt_status status = mbt_session_preview(get(), side, picture.fill());
    if (status == MBT_E_AGAIN) return std::nullopt;
    detail::must(status);
    return picture;
  }
  // A card that the host has read, as KIND:HEX; none: it was taken away.
  void push_card(const std::optional<std::string> &card) const { detail::must(mbt_session_push_card(get(), detail::text(card))); }
  // What the person typed, as one factor MBT_F_*. The library wipes its copies, and the caller its own.
  void push_secret(std::uint32_t factor, std::string_view typed) const {
    detail::must(mbt_session_push_secret(get(), factor, typed.data(), typed.size()));
  }
  void claim(const std::string &id) const { detail::must(mbt_session_claim(get(), detail::text(id))); }
  void choose(std::uint32_t needs) const { detail::must(mbt_session_choose(get(), needs)); }
  void cancel() const { detail::must(mbt_session_cancel(get())); }
  mbt_result result() const {
    mbt_result out = mbt_result_init();
    detail::must(mbt_session_result(get(), &out));
    return out;
  }
  // The grant, once, of a session that granted.
  Grant grant() const {
    mbt_grant *out = nullptr;
    detail::must(mbt_session_grant(get(), &out));
    return Grant(out);
  }

private:
  std::optional<Event> wait_for(std::uint32_t timeout_ms) const {
    mbt_event event = mbt_event_init();
    const mbt_status status = mbt_session_wait(get(), timeout_ms, &event);
    if (status == MBT_E_TIMEOUT) return std::nullopt;
    detail::must(status);
    const std::uint32_t *needs = event.needs;
    const std::ptrdiff_t count = event.kind == MBT_EV_NEED ? std::clamp<std::ptrdiff_t>(event.code, 0, MBT_NEEDS) : 0;
    return Event{event.kind, event.code, event.done, event.all, std::vector<std::uint32_t>(needs, needs + count), event.card_ref};
  }
};

// How the service is found, or with a state folder what the engine is opened with in this process.
struct Config {
  std::optional<std::string> socket, name;
  // How long a call waits for the service at the most; 0: MBT_IO_MS.
  milliseconds timeout{0};
  std::optional<std::string> state, key, witness, pack, runtime;
};

// What an attempt, an enrolment and a watch have in common: MBT_FROM_*, and when to call it off; 0: the policy alone says.
struct Sources {
  std::uint32_t frames_from = MBT_FROM_DEVICE, cards_from = MBT_FROM_DEVICE;
  milliseconds timeout{0};
  std::optional<std::string> camera, reader;
};

// Somebody wants to be let in.
struct Authenticate : Sources {
  std::uint32_t purpose = MBT_PURPOSE_LOGIN;
  // MBT_F_*: the secrets that the host can ask the person for.
  std::uint32_t secrets = 0;
  std::optional<std::string> policy, application, account, id, origin, reason;
  // Of an Event with MBT_WATCH_OTHER_CARD: whoever tapped it. It needs cards from the reader.
  std::uint64_t card_ref = 0;
};

// Somebody is enrolled: `name` of a person who is not in the store yet.
struct Enrol : Sources {
  std::string person;
  std::uint32_t samples = 0;
  std::optional<std::string> name, reading, role, label;
};

// A connection to the terminal's service. When the service has gone, it and all that it began throw an Error that is
// unavailable(): open another one.
class Engine : public detail::Handle<mbt_engine, mbt_engine_close> {
public:
  explicit Engine(const Config &config = {}) : Handle(open(config)) {}

  mbt_info info() const {
    mbt_info out = mbt_info_init();
    detail::must(mbt_engine_info(get(), &out));
    return out;
  }
  // Cameras and readers of the terminal.
  std::vector<mbt_device> devices() const {
    std::vector<mbt_device> found;
    mbt_device device = mbt_device_init();
    mbt_status status;
    while ((status = mbt_engine_device(get(), static_cast<std::uint32_t>(found.size()), &device)) == MBT_OK) found.push_back(device);
    if (status != MBT_E_END) detail::must(status);
    return found;
  }
  // Somebody changes their own password.
  void change_password(const std::string &person, std::string_view old, std::string_view now) const {
    detail::must(mbt_password_change(get(), detail::text(person), old.data(), old.size(), now.data(), now.size()));
  }
  // `replaces` is the grant that a success takes the place of.
  Session authenticate(const Authenticate &wanted, const Grant *replaces = nullptr) const {
    mbt_auth_params params = mbt_auth_params_init();
    fill(params, wanted);
    params.purpose = wanted.purpose;
    params.secrets = wanted.secrets;
    params.policy = detail::text(wanted.policy);
    params.application = detail::text(wanted.application);
    params.account = detail::text(wanted.account);
    params.id = detail::text(wanted.id);
    params.origin = detail::text(wanted.origin);
    params.reason = detail::text(wanted.reason);
    params.replaces = detail::given(replaces);
    params.card_ref = wanted.card_ref;
    mbt_session *out = nullptr;
    detail::must(mbt_auth_begin(get(), &params, &out));
    return Session(out);
  }
  // `by` is the grant of an administrator with the right to enrol.
  Session enrol(const Enrol &wanted, const Grant *by = nullptr) const {
    mbt_enrol_params params = mbt_enrol_params_init();
    fill(params, wanted);
    params.person = detail::text(wanted.person);
    params.samples = wanted.samples;
    params.name = detail::text(wanted.name);
    params.reading = detail::text(wanted.reading);
    params.role = detail::text(wanted.role);
    params.label = detail::text(wanted.label);
    mbt_session *out = nullptr;
    detail::must(mbt_enrol_begin(get(), detail::given(by), &params, &out));
    return Session(out);
  }
  // Watches over a grant: its person, its card, its time.
  Session watch(const Grant &grant, const Sources &wanted) const {
    mbt_watch_params params = mbt_watch_params_init();
    fill(params, wanted);
    mbt_session *out = nullptr;
    detail::must(mbt_watch_begin(get(), grant.get(), &params, &out));
    return Session(out);
  }
  // The grant that a log-in host kept for this user a moment ago.
  Grant claim() const {
    mbt_grant *out = nullptr;
    detail::must(mbt_grant_claim(get(), &out));
    return Grant(out);
  }

private:
  static mbt_engine *open(const Config &config) {
    mbt_config wanted = mbt_config_init();
    wanted.flags = config.state ? MBT_IN_PROCESS : 0;
    wanted.socket = detail::text(config.socket);
    wanted.name = detail::text(config.name);
    wanted.timeout_ms = detail::time(config.timeout);
    wanted.state = detail::text(config.state);
    wanted.key = detail::text(config.key);
    wanted.witness = detail::text(config.witness);
    wanted.pack = detail::text(config.pack);
    wanted.runtime = detail::text(config.runtime);
    mbt_engine *out = nullptr;
    detail::must(mbt_engine_open(MBT_ABI, &wanted, &out));
    return out;
  }
  template <typename Params> static void fill(Params &params, const Sources &from) {
    params.frames_from = from.frames_from;
    params.cards_from = from.cards_from;
    params.timeout_ms = detail::time(from.timeout);
    params.camera = detail::text(from.camera);
    params.reader = detail::text(from.reader);
  }
};

}  // namespace mabataki

#endif
