// mabataki_administration.hpp - what an administrator does, for C++17: people, cards, passwords, logins, the log, the policy, other
// terminals, and jobs. Header only, over mabataki.hpp; mabataki.h has the contract and the right that each call takes.
//
// A call that fails throws mabataki::Error. What is told comes as the structs of mabataki.h; lists come whole.
#ifndef MABATAKI_ADMINISTRATION_HPP
#define MABATAKI_ADMINISTRATION_HPP

#include <mabataki.hpp>

#include <limits>
#include <stdexcept>

namespace mabataki {

namespace detail {

// How many entries of a list are asked for at a time.
constexpr std::size_t page = 64;

// Up to `most` entries of a list: `ask` is its call, with the place for them.
template <typename Entry, typename Ask> std::vector<Entry> one_page(std::size_t most, Ask ask) {
  std::vector<Entry> found(most);
  std::size_t count = 0;
  const mbt_status status = ask(found.data(), sizeof(Entry), most, &count);
  if (status != MBT_E_END) must(status);
  found.resize(count);
  return found;
}

// All entries of a list: `ask` is its call, with the last entry of the page before and the place for the next.
template <typename Entry, typename Ask> std::vector<Entry> listed(Ask ask) {
  std::vector<Entry> all;
  for (std::size_t count = page; count == page;) {
    const Entry *after = all.empty() ? nullptr : &all.back();
    const std::vector<Entry> found = one_page<Entry>(page, [&](auto... place) { return ask(after, place...); });
    count = found.size();
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

// A list as C has it, each a line.
inline std::string lines(const std::vector<std::string> &items) {
  std::string text;
  for (const std::string &item : items) {
    if (item.find_first_of(std::string_view("\n\0", 2)) != std::string::npos)
      throw std::invalid_argument("each item is a line: expected none with a line's end or a NUL in it");
    text += text.empty() ? item : '\n' + item;
  }
  return text;
}

inline std::vector<std::string> items(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    found.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

// Into an array of a struct, with the NUL that ends it.
template <std::size_t N> void put(char (&into)[N], const std::string &text) {
  if (text.size() >= N || text.find('\0') != std::string::npos)
    throw std::invalid_argument("expected a text of less than " + std::to_string(N) + " bytes without a NUL");
  std::copy(text.begin(), text.end(), into);
}

// A time in its own unit: what is negative is none, and what is too long is as long as can be said.
template <typename Unit, typename Time> Unit whole(Time time) {
  using Count = typename Time::rep;
  if (time.count() < Count{0}) return 0;
  const auto count = static_cast<std::uint64_t>(time.count());
  return static_cast<Unit>(std::min<std::uint64_t>(count, std::numeric_limits<Unit>::max()));
}

// NULL where there is nothing.
inline const char *or_null(const std::string &text) { return text.empty() ? nullptr : text.c_str(); }

// An engine, and the grant of whoever administers it. Both outlive it.
class Desk {
public:
  Desk(const Engine &engine, const Grant *by) noexcept : engine_(&engine), by_(by) {}

protected:
  const mbt_engine *at() const noexcept { return engine_->get(); }
  const mbt_grant *by() const { return given(by_); }
  template <typename Entry, typename List> std::vector<Entry> all(List list) const {
    return listed<Entry>([&](auto... page) { return list(at(), by(), page...); });
  }

private:
  const Engine *engine_;
  const Grant *by_;
};

}  // namespace detail

// A person. To change one, begin with what People::get gives.
struct Person {
  std::string id, name, reading, role;
  std::vector<std::string> accounts, wards;
  // MBT_PERSON_TEMPORARY
  std::uint32_t flags = 0;
  std::int64_t valid_from_s = 0, valid_until_s = 0;
  std::string sponsor, scope;
  // Told, and not taken.
  std::uint32_t status = 0, cards = 0;
  std::int64_t created_s = 0, except_until_s = 0;
  std::string consent_form, consent_day;

  static Person of(const mbt_person &told) {
    return Person{told.id, told.name, told.reading, told.role, detail::items(told.accounts), detail::items(told.wards), told.flags,
                  told.valid_from_s, told.valid_until_s, told.sponsor, told.scope, told.status, told.cards, told.created_s,
                  told.except_until_s, told.consent_form, told.consent_day};
  }
  mbt_person in_c() const {
    mbt_person made = mbt_person_init();
    made.flags = flags;
    made.valid_from_s = valid_from_s;
    made.valid_until_s = valid_until_s;
    detail::put(made.id, id);
    detail::put(made.name, name);
    detail::put(made.reading, reading);
    detail::put(made.role, role);
    detail::put(made.accounts, detail::lines(accounts));
    detail::put(made.wards, detail::lines(wards));
    detail::put(made.sponsor, sponsor);
    detail::put(made.scope, scope);
    return made;
  }
};

class People : public detail::Desk {
public:
  using Desk::Desk;
  std::vector<Person> all() const {
    std::vector<Person> found;
    for (const mbt_person &told : Desk::all<mbt_person>(mbt_person_list)) found.push_back(Person::of(told));
    return found;
  }
  Person get(const std::string &id) const {
    mbt_person out = mbt_person_init();
    detail::must(mbt_person_get(at(), by(), detail::text(id), &out));
    return Person::of(out);
  }
  void add(const Person &person) const {
    const mbt_person taken = person.in_c();
    detail::must(mbt_person_add(at(), by(), &taken));
  }
  void change(const Person &person) const {
    const mbt_person taken = person.in_c();
    detail::must(mbt_person_change(at(), by(), &taken));
  }
  // MBT_STATUS_ACTIVE, _DISABLED or _ON_LEAVE.
  void set_status(const std::string &id, std::uint32_t status) const {
    detail::must(mbt_person_set_status(at(), by(), detail::text(id), status));
  }
  // They have left for good: only id and name are kept.
  void retire(const std::string &id) const { detail::must(mbt_person_retire(at(), by(), detail::text(id))); }
  // Erases them; the number of the record in the log that tells of it.
  std::uint64_t remove(const std::string &id) const {
    std::uint64_t record = 0;
    detail::must(mbt_person_remove(at(), by(), detail::text(id), &record));
    return record;
  }
  void forget_face(const std::string &id) const { detail::must(mbt_person_forget_face(at(), by(), detail::text(id))); }
  // Lets them do without showing the face until a time, and says why; without a reason the exception is over.
  void except_face(const std::string &id, const std::optional<std::string> &reason, std::int64_t until_s = 0) const {
    detail::must(mbt_person_except(at(), by(), detail::text(id), detail::text(reason), until_s));
  }
  // The form on which they agreed to the use of their face, and its day; without them they have taken it back.
  void consent(const std::string &id, const std::optional<std::string> &form, const std::optional<std::string> &day) const {
    detail::must(mbt_person_consent(at(), by(), detail::text(id), detail::text(form), detail::text(day)));
  }
};

class Cards : public detail::Desk {
public:
  using Desk::Desk;
  // Of one person, or of all.
  std::vector<mbt_card> all(const std::optional<std::string> &person = std::nullopt) const {
    return detail::listed<mbt_card>([&](auto... page) { return mbt_card_list(at(), by(), detail::text(person), page...); });
  }
  // A card that the host has read, as KIND:HEX; only in stores for trials. Elsewhere it is a job: MBT_JOB_BIND_CARD.
  mbt_card bind(const std::string &person, const std::string &card, const std::optional<std::string> &label = std::nullopt) const {
    mbt_card out = mbt_card_init();
    detail::must(mbt_card_bind(at(), by(), detail::text(person), detail::text(card), detail::text(label), &out));
    return out;
  }
  // MBT_STOP_*
  void stop(const std::string &handle, std::uint32_t why) const { detail::must(mbt_card_stop(at(), by(), detail::text(handle), why)); }
  void restore(const std::string &handle) const { detail::must(mbt_card_restore(at(), by(), detail::text(handle))); }
  void remove(const std::string &handle) const { detail::must(mbt_card_remove(at(), by(), detail::text(handle))); }
  // Gives a department card to one more person, or takes it from them.
  void share(const std::string &handle, const std::string &person, bool shared = true) const {
    detail::must(mbt_card_share(at(), by(), detail::text(handle), detail::text(person), shared));
  }
};

class Passwords : public detail::Desk {
public:
  using Desk::Desk;
  void set(const std::string &person, std::string_view password, bool must_change = false) const {
    const std::uint32_t flags = must_change ? MBT_PASSWORD_MUST_CHANGE : 0;
    detail::must(mbt_password_set(at(), by(), detail::text(person), password.data(), password.size(), flags));
  }
  void remove(const std::string &person) const { detail::must(mbt_password_remove(at(), by(), detail::text(person))); }
};

class Logins : public detail::Desk {
public:
  using Desk::Desk;
  std::vector<mbt_login_entry> all(const std::optional<std::string> &person = std::nullopt) const {
    return detail::listed<mbt_login_entry>([&](auto... page) { return mbt_login_list(at(), by(), detail::text(person), page...); });
  }
  // `fields`: name, NUL, value, NUL, one after another.
  void put(const std::string &person, const std::string &application, const std::string &user, std::string_view secret,
           std::string_view fields = {}) const {
    const mbt_login_params params = detail::login_params(detail::text(person), application, user, secret, fields);
    detail::must(mbt_login_put(at(), by(), &params));
  }
  void remove(const std::string &person, const std::string &application) const {
    detail::must(mbt_login_remove(at(), by(), detail::text(person), detail::text(application)));
  }
};

// Enrolments that wait for a second pair of eyes.
class Enrolments : public detail::Desk {
public:
  using Desk::Desk;
  std::vector<mbt_enrolment> all() const { return Desk::all<mbt_enrolment>(mbt_enrolment_list); }
  void decide(const std::string &person, bool approve) const {
    detail::must(mbt_enrolment_decide(at(), by(), detail::text(person), approve));
  }
};

// What too many failed tries have shut.
class Lockouts : public detail::Desk {
public:
  using Desk::Desk;
  std::vector<mbt_lockout> all() const { return Desk::all<mbt_lockout>(mbt_lockout_list); }
  // For a person, one MBT_F_* or all (0); how many counters there were.
  std::uint32_t clear(const std::string &person, std::uint32_t factor = 0) const { return clear(detail::text(person), nullptr, factor); }
  std::uint32_t clear_card(const std::string &card, std::uint32_t factor = 0) const { return clear(nullptr, detail::text(card), factor); }

private:
  std::uint32_t clear(const char *person, const char *card, std::uint32_t factor) const {
    std::uint32_t cleared = 0;
    detail::must(mbt_lockout_clear(at(), by(), person, card, factor, &cleared));
    return cleared;
  }
};

// Who is let in at the moment.
class Grants : public detail::Desk {
public:
  using Desk::Desk;
  std::vector<mbt_grant_entry> all() const { return Desk::all<mbt_grant_entry>(mbt_grant_list); }
  void revoke(const std::string &session) const { detail::must(mbt_grant_revoke(at(), by(), detail::text(session))); }
};

class Log : public detail::Desk {
public:
  using Desk::Desk;
  // Up to `most` records after this number, the oldest first. That somebody read them stands in the log from then on.
  std::vector<mbt_log_entry> after(std::uint64_t number = 0, std::size_t most = detail::page) const {
    return detail::one_page<mbt_log_entry>(most, [&](auto... place) { return mbt_log_list(at(), by(), number, place...); });
  }
  // The last checkpoint; with `sign` the log is signed to here first.
  mbt_checkpoint checkpoint(bool sign = false) const {
    mbt_checkpoint out = mbt_checkpoint_init();
    detail::must(mbt_log_checkpoint(at(), by(), sign, &out));
    return out;
  }
};

class Policy : public detail::Desk {
public:
  using Desk::Desk;
  // What is wrong with one; it asks no service.
  static std::vector<mbt_fault> faults(std::string_view policy) {
    const auto check = [&](auto... place) { return mbt_policy_check(policy.data(), policy.size(), place...); };
    return detail::one_page<mbt_fault>(detail::page, check);
  }
  std::string get() const {
    Buffer text;
    detail::must(mbt_policy_get(at(), by(), text.fill()));
    return std::string(text.view());
  }
  // A set of warnings MBT_POLICY_*.
  std::uint32_t set(std::string_view policy) const {
    std::uint32_t warnings = 0;
    detail::must(mbt_policy_set(at(), by(), policy.data(), policy.size(), &warnings));
    return warnings;
  }
};

// An emergency code as it was issued: it is told this once.
struct Issued {
  mbt_emergency emergency;
  Buffer code;
};

class Emergencies : public detail::Desk {
public:
  using Desk::Desk;
  std::vector<mbt_emergency> all() const { return Desk::all<mbt_emergency>(mbt_emergency_list); }
  // For anybody where no person is named, and at this terminal where no other is.
  Issued issue(std::chrono::minutes length, std::chrono::seconds valid, const std::optional<std::string> &person = std::nullopt,
               const std::optional<std::string> &terminal = std::nullopt) const {
    Issued issued{mbt_emergency_init(), Buffer()};
    detail::must(mbt_emergency_issue(at(), by(), detail::text(person), detail::text(terminal), detail::whole<std::uint32_t>(length),
                                     detail::whole<std::uint64_t>(valid), &issued.emergency, issued.code.fill()));
    return issued;
  }
  void revoke(const std::string &handle) const { detail::must(mbt_emergency_revoke(at(), by(), detail::text(handle))); }
  // What waits for a review, or all.
  std::vector<mbt_emergency_use> uses(bool reviewed_too = false) const {
    return detail::listed<mbt_emergency_use>([&](auto... page) { return mbt_emergency_use_list(at(), by(), reviewed_too, page...); });
  }
  void review(const std::string &handle, const std::string &note) const {
    detail::must(mbt_emergency_review(at(), by(), detail::text(handle), detail::text(note)));
  }
  // Together with whoever has the second grant (none only in a store for trials).
  void declare_disaster(std::chrono::seconds length, const std::string &reason, const Grant *second = nullptr) const {
    detail::must(mbt_disaster_declare(at(), by(), detail::given(second), detail::whole<std::uint64_t>(length), detail::text(reason)));
  }
  void end_disaster() const { detail::must(mbt_disaster_end(at(), by())); }
};

// A terminal as it shows itself, and what the other one is to read.
struct Introduction {
  mbt_terminal terminal;
  Buffer introduction;

  static Introduction of(const Engine &engine) {
    Introduction own{mbt_terminal_init(), Buffer()};
    detail::must(mbt_terminal_identity(engine.get(), &own.terminal, own.introduction.fill()));
    return own;
  }
};

// What is to pass between two terminals: MBT_PEER_*, and whose people and which logins, with a * at the end for all that begin so.
struct Pairing {
  std::uint32_t flags = 0;
  std::vector<std::string> sends_wards, sends_applications, takes_wards, takes_applications;
};

// Terminals that this one is, or was, paired with.
class Peers : public detail::Desk {
public:
  using Desk::Desk;
  std::vector<mbt_peer> all() const { return Desk::all<mbt_peer>(mbt_peer_list); }
  // Somebody has compared the fingerprint, which came by another way than the introduction.
  mbt_peer pair(std::string_view introduction, const std::string &fingerprint, const Pairing &what) const {
    const std::string lists[] = {detail::lines(what.sends_wards), detail::lines(what.sends_applications),
                                 detail::lines(what.takes_wards), detail::lines(what.takes_applications)};
    mbt_pair_params params = mbt_pair_params_init();
    params.flags = what.flags;
    params.introduction = bytes(introduction);
    params.introduction_len = introduction.size();
    params.fingerprint = detail::text(fingerprint);
    params.sends_wards = detail::or_null(lists[0]);
    params.sends_applications = detail::or_null(lists[1]);
    params.takes_wards = detail::or_null(lists[2]);
    params.takes_applications = detail::or_null(lists[3]);
    mbt_peer out = mbt_peer_init();
    detail::must(mbt_peer_pair(at(), by(), &params, &out));
    return out;
  }
  // Takes a peer's new keys from its introduction.
  mbt_peer renew(std::string_view introduction) const {
    mbt_peer out = mbt_peer_init();
    detail::must(mbt_peer_renew(at(), by(), bytes(introduction), introduction.size(), &out));
    return out;
  }
  mbt_peer unpair(const std::string &name) const {
    mbt_peer out = mbt_peer_init();
    detail::must(mbt_peer_unpair(at(), by(), detail::text(name), &out));
    return out;
  }
  // Draws new keys for this terminal, which peers take by renew().
  Introduction rotate_own_keys() const {
    Introduction own{mbt_terminal_init(), Buffer()};
    detail::must(mbt_terminal_rotate(at(), by(), &own.terminal, own.introduction.fill()));
    return own;
  }

private:
  static const std::uint8_t *bytes(std::string_view of) noexcept { return reinterpret_cast<const std::uint8_t *>(of.data()); }
};

// Work under way in the service. Dropped, it is called off.
class Job : public detail::Handle<mbt_job, mbt_job_end> {
public:
  using Handle::Handle;

  // How far it is, once there is something new; none when nothing was heard in time. What could not be done is thrown.
  std::optional<mbt_progress> wait(milliseconds timeout) const { return wait_for(detail::time(timeout)); }
  // Waits for its end, however long it takes; what came of it.
  mbt_report finish() const {
    while (wait_for(MBT_WAIT_FOREVER).value().state == MBT_PENDING) {}
    return report();
  }
  // A file descriptor for a loop of the host's, which only waits for it.
  std::ptrdiff_t waitable() const {
    std::ptrdiff_t out = -1;
    detail::must(mbt_job_waitable(get(), &out));
    return out;
  }
  mbt_report report() const {
    mbt_report out = mbt_report_init();
    detail::must(mbt_job_report(get(), &out));
    return out;
  }
  // The next piece of its output, once it is done: how many bytes, 0 at the end.
  std::size_t read(void *into, std::size_t room) const {
    std::size_t count = 0;
    detail::must(mbt_job_read(get(), static_cast<std::uint8_t *>(into), room, &count));
    return count;
  }
  // All of its output, once it is done.
  std::string output() const {
    std::string all(static_cast<std::size_t>(report().length), '\0');
    std::size_t have = 0, count = 1;
    while (have < all.size() && (count = read(all.data() + have, all.size() - have)) != 0) have += count;
    all.resize(have);
    return all;
  }
  // From any thread.
  void cancel() const { detail::must(mbt_job_cancel(get())); }

private:
  std::optional<mbt_progress> wait_for(std::uint32_t timeout_ms) const {
    mbt_progress out = mbt_progress_init();
    const mbt_status status = mbt_job_wait(get(), timeout_ms, &out);
    if (status == MBT_E_TIMEOUT) return std::nullopt;
    detail::must(status);
    return out;
  }
};

// What an administrator does, by the grant of somebody whose role has the right for it. Without one it is for root and the service's
// own user, where nobody need be named. The engine and the grant outlive it.
class Administration : public detail::Desk {
public:
  explicit Administration(const Engine &engine, const Grant *by = nullptr) noexcept
      : Desk(engine, by), people(engine, by), cards(engine, by), passwords(engine, by), logins(engine, by), enrolments(engine, by),
        lockouts(engine, by), grants(engine, by), log(engine, by), policy(engine, by), emergencies(engine, by), peers(engine, by) {}

  // Neither would outlive it.
  explicit Administration(Engine &&, const Grant * = nullptr) = delete;

  People people;
  Cards cards;
  Passwords passwords;
  Logins logins;
  Enrolments enrolments;
  Lockouts lockouts;
  Grants grants;
  Log log;
  Policy policy;
  Emergencies emergencies;
  Peers peers;

  // How the terminal stands.
  mbt_state state() const {
    mbt_state out = mbt_state_init();
    detail::must(mbt_engine_state(at(), &out));
    return out;
  }
  // The keys that assertions are verified by: a JSON Web Key Set.
  Buffer keys() const {
    Buffer keys;
    detail::must(mbt_engine_keys(at(), keys.fill()));
    return keys;
  }
  // Has the service open store, model pack and runtime anew. For whoever installs.
  void reload() const { detail::must(mbt_engine_reload(at())); }
  // Appoints the first administrator, by the one-time token that was shown when the store was made.
  void set_up(std::string_view token, const std::string &id, const std::string &name, std::string_view password) const {
    detail::must(mbt_engine_set_up(at(), token.data(), token.size(), detail::text(id), detail::text(name), password.data(),
                                   password.size()));
  }
  // Believes the clock as it stands: MBT_STATE_CLOCK_BEHIND.
  void accept_clock() const { detail::must(mbt_clock_accept(at(), by())); }
  // Begins a job MBT_JOB_*: start from mbt_job_params_init(), and mabataki.h says what each takes.
  Job job(const mbt_job_params &params) const {
    mbt_job *out = nullptr;
    detail::must(mbt_job_begin(at(), by(), &params, &out));
    return Job(out);
  }
};

}  // namespace mabataki

#endif
