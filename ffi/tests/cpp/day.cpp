// A day of administration in C++: day STATE KEY WITNESS PACK RUNTIME, of a ward and of another terminal, then TOKEN
#include <mabataki_administration.hpp>

#include "check.hpp"

using namespace std::chrono_literals;

static_assert(!std::is_constructible_v<Administration, Engine> && std::is_constructible_v<Administration, const Engine &>);

static const std::string PASSWORD = "quiet-Heron-42";
static const std::string ADMIN_CARD = "felica:0114B34C1A2B3C01", NURSE_CARD = "felica:0114B34C1A2B3C02";
static constexpr std::int64_t FAR = 4102444800;

template <typename Call> static bool is_no_argument(Call call) {
  try {
    call();
    return false;
  } catch (const std::invalid_argument &) {
    return true;
  }
}

static std::optional<Grant> let_in(const Engine &engine, std::uint32_t purpose, const std::string &card, std::string_view password) {
  Authenticate wanted;
  wanted.purpose = purpose;
  wanted.cards_from = MBT_FROM_HOST;
  wanted.frames_from = MBT_FROM_NONE;
  wanted.secrets = MBT_F_PASSWORD;
  const Session session = engine.authenticate(wanted);
  session.push_card(card);
  session.push_secret(MBT_F_PASSWORD, password);
  while (!session.wait().done()) {}
  if (session.result().outcome != MBT_GRANTED) return std::nullopt;
  return session.grant();
}

// Somebody who may administer is taken in while nobody need be named.
static Grant appoint(const Engine &engine) {
  const Administration desk(engine);
  Person admin;
  admin.id = "admin1";
  admin.name = "管理者 一郎";
  admin.role = "administrator";
  desk.people.add(admin);
  desk.cards.bind("admin1", ADMIN_CARD, "staff card");
  desk.passwords.set("admin1", PASSWORD);
  return let_in(engine, MBT_PURPOSE_ADMIN, ADMIN_CARD, PASSWORD).value();
}

static void people(const Administration &desk) {
  Person nurse;
  nurse.id = "nurse01";
  nurse.name = "看護師 花子";
  nurse.reading = "かんごし はなこ";
  nurse.accounts = {"ward3", "ER 1"};
  nurse.wards = {"er-1"};
  nurse.flags = MBT_PERSON_TEMPORARY;
  THAT(status_of([&] { desk.people.add(nurse); }) == MBT_E_INVALID);
  nurse.valid_until_s = FAR;
  desk.people.add(nurse);
  Person found = desk.people.get("nurse01");
  THAT(found.accounts == nurse.accounts && found.wards == nurse.wards && found.reading == nurse.reading);
  THAT(found.status == MBT_STATUS_ACTIVE && found.valid_until_s == FAR && found.created_s > 0);
  found.flags = 0;
  found.valid_until_s = 0;
  found.role = "others";
  desk.people.change(found);
  desk.people.consent("nurse01", "form-2", "2026-11-22");
  desk.people.except_face("nurse01", "an eye patch", FAR);
  found = desk.people.get("nurse01");
  THAT(found.consent_form == "form-2" && found.consent_day == "2026-11-22" && found.except_until_s == FAR && found.role == "others");
  desk.people.set_status("nurse01", MBT_STATUS_ON_LEAVE);
  desk.people.set_status("nurse01", MBT_STATUS_ACTIVE);
  // What C would have taken for something else.
  nurse.accounts = {"ward3\nroot"};
  THAT(is_no_argument([&] { desk.people.add(nurse); }));
  nurse.accounts.clear();
  nurse.id = std::string("nurse\0", 6);
  THAT(is_no_argument([&] { desk.people.add(nurse); }));
  THAT(is_no_argument([&] { desk.people.remove(nurse.id); }));
  nurse.id = std::string(sizeof(mbt_person::id), 'n');
  THAT(is_no_argument([&] { desk.people.add(nurse); }));
}

static void cards_and_secrets(const Engine &engine, const Administration &desk) {
  const std::string card = desk.cards.bind("nurse01", NURSE_CARD, "staff card").handle;
  desk.cards.stop(card, MBT_STOP_LOST);
  THAT(desk.cards.all("nurse01").at(0).status == MBT_CARD_LOST);
  desk.cards.restore(card);
  desk.cards.share(card, "admin1");
  THAT(desk.cards.all("nurse01").at(0).holders == 2);
  desk.cards.share(card, "admin1", false);
  THAT(desk.cards.all().size() == 2);
  desk.passwords.set("nurse01", "first-Crane-11", true);
  engine.change_password("nurse01", "first-Crane-11", PASSWORD);
  desk.logins.put("nurse01", "chart", "n-1", "typed", std::string_view("department\0ER\0", 14));
  const std::vector<mbt_login_entry> logins = desk.logins.all("nurse01");
  THAT(logins.size() == 1 && logins[0].field_count == 1 && std::string_view(logins[0].user) == "n-1");
  desk.logins.remove("nurse01", "chart");
  THAT(status_of([&] { desk.logins.remove("nurse01", "chart"); }) == MBT_E_NOT_FOUND);
  // She is let in, and may administer nothing; and what was hers is not taken for nobody's.
  Grant nurse = let_in(engine, MBT_PURPOSE_LOGIN, NURSE_CARD, PASSWORD).value();
  const Administration own(engine, &nurse);
  THAT(status_of([&] { own.people.set_status("admin1", MBT_STATUS_DISABLED); }) == MBT_E_DENIED);
  THAT(status_of([&] { (void)own.people.all(); }) == MBT_E_DENIED);
  nurse.end();
  nurse.close();
  THAT(status_of([&] { own.people.set_status("admin1", MBT_STATUS_DISABLED); }) == MBT_E_STATE);
  THAT(status_of([&] { (void)own.people.all(); }) == MBT_E_STATE);
  THAT(status_of([&] { (void)engine.authenticate(Authenticate{}, &nurse); }) == MBT_E_STATE);
  THAT(status_of([&] { (void)engine.enrol(Enrol{}, &nurse); }) == MBT_E_STATE);
}

static void who_is_in_and_who_is_shut_out(const Engine &engine, const Administration &desk) {
  const Grant nurse = let_in(engine, MBT_PURPOSE_LOGIN, NURSE_CARD, PASSWORD).value();
  for (const mbt_grant_entry &entry : desk.grants.all())
    if (std::string_view(entry.subject) == "nurse01") desk.grants.revoke(entry.session);
  THAT(status_of([&] { (void)nurse.read(); }) == MBT_E_REAUTH);
  THAT(!let_in(engine, MBT_PURPOSE_LOGIN, NURSE_CARD, "quiet-Heron-99"));
  const std::vector<mbt_lockout> lockouts = desk.lockouts.all();
  THAT(lockouts.size() == 1 && std::string_view(lockouts[0].person) == "nurse01" && lockouts[0].failures == 1);
  THAT(desk.lockouts.clear("nurse01", MBT_F_PASSWORD) == 1 && desk.lockouts.all().empty());
}

static void rules_and_emergencies(const Administration &desk) {
  const std::string policy = desk.policy.get();
  THAT(Policy::faults(policy).empty() && desk.policy.set(policy) == 0);
  THAT(Policy::faults("format = 1\nnothing = 2\n").at(0).line >= 1);
  const Issued issued = desk.emergencies.issue(30min, 1h, "nurse01");
  THAT(issued.code.view().size() > 8 && issued.emergency.state == MBT_CODE_OPEN);
  THAT(std::string_view(desk.emergencies.all().at(0).handle) == issued.emergency.handle);
  desk.emergencies.revoke(issued.emergency.handle);
  THAT(desk.emergencies.uses(true).empty() && desk.enrolments.all().empty());
  desk.emergencies.declare_disaster(1h, "an earthquake");
  const mbt_state state = desk.state();
  THAT((state.flags & MBT_STATE_DISASTER) != 0 && state.disaster_until_s > state.now_s);
  desk.emergencies.end_disaster();
}

static Job begin(const Administration &desk, std::uint32_t kind, std::string_view data = {}) {
  mbt_job_params params = mbt_job_params_init();
  params.kind = kind;
  params.data = data.empty() ? nullptr : reinterpret_cast<const std::uint8_t *>(data.data());
  params.data_len = data.size();
  return desk.job(params);
}

// More people than a page of a list holds.
static void lists(const Administration &desk) {
  std::string list = "id,name,wards\n";
  for (int number = 100; number < 250; number++) list += "staff" + std::to_string(number) + ",Staff,er-1;er-2\n";
  const std::size_t before = desk.people.all().size();
  THAT(begin(desk, MBT_JOB_PEOPLE_IMPORT, list).finish().added == 150);
  const std::vector<Person> all = desk.people.all();
  THAT(all.size() == before + 150);
  THAT(std::is_sorted(all.begin(), all.end(), [](const Person &one, const Person &other) { return one.id < other.id; }));
  const Job odd = begin(desk, MBT_JOB_PEOPLE_IMPORT, "id,name\nnurse04,\n");
  THAT(odd.finish().rejected == 1 && odd.output().find("\"refused\"") != std::string::npos);
  desk.people.retire("staff100");
  THAT(desk.people.get("staff100").status == MBT_STATUS_RETIRED);
  THAT(desk.people.remove("staff101") > 0);
  THAT(status_of([&] { (void)desk.people.get("staff101"); }) == MBT_E_NOT_FOUND);
}

// It is told of the people of one ward. It has no administrator yet, so nobody need be named there.
static void another_terminal(const Engine &here, const Administration &desk, const Engine &there) {
  const Introduction own = Introduction::of(here), other = Introduction::of(there);
  const Administration its_desk(there);
  Pairing sends, takes;
  sends.flags = MBT_PEER_SENDS;
  sends.sends_wards = {"er-1"};
  takes.flags = MBT_PEER_TAKES;
  takes.takes_wards = {"er-1", "er-2"};
  THAT(status_of([&] { desk.peers.pair(other.introduction.view(), own.terminal.fingerprint, sends); }) == MBT_E_DENIED);
  THAT(desk.peers.pair(other.introduction.view(), other.terminal.fingerprint, sends).flags == MBT_PEER_SENDS);
  its_desk.peers.pair(own.introduction.view(), own.terminal.fingerprint, takes);
  mbt_job_params params = mbt_job_params_init();
  params.kind = MBT_JOB_BUNDLE_EXPORT;
  params.name = other.terminal.name;
  params.valid_s = 3600;
  const Job exported = desk.job(params);
  THAT(exported.waitable() >= 0 && exported.finish().revision == 1);
  THAT((begin(its_desk, MBT_JOB_BUNDLE_IMPORT, exported.output()).finish().flags & MBT_REPORT_TAKEN) != 0);
  THAT(its_desk.people.get("staff102").wards.size() == 2);
  const Introduction renewed = its_desk.peers.rotate_own_keys();
  THAT(desk.peers.renew(renewed.introduction.view()).number == 2);
  THAT(desk.peers.all().at(0).sent == 1 && desk.peers.unpair(other.terminal.name).ended_s > 0);
}

// By the token that was shown when the store was made, once.
static void set_up(const Engine &engine, const std::string &token) {
  const Administration desk(engine);
  THAT(status_of([&] { desk.set_up("no-token", "chief", "Chief", PASSWORD); }) == MBT_E_INVALID);
  desk.set_up(token, "chief", "Chief", PASSWORD);
  THAT(status_of([&] { desk.set_up(token, "second", "Second", PASSWORD); }) == MBT_E_DENIED);
  THAT(status_of([&] { (void)desk.people.all(); }) == MBT_E_DENIED);
}

static void log_and_store(const Administration &desk) {
  std::uint64_t last = 0;
  int refused = 0;
  for (const mbt_log_entry &entry : desk.log.after(0, 40)) {
    THAT(entry.number == last + 1);
    last = entry.number;
    refused += std::string_view(entry.operation) == "person_disable" && std::string_view(entry.outcome) == "refused";
  }
  THAT(last == 40 && refused == 1 && desk.log.checkpoint(true).last >= 40);
  const mbt_state state = desk.state();
  mbt_job_params params = mbt_job_params_init();
  params.kind = MBT_JOB_LOG_VERIFY;
  params.key = state.log_key;
  THAT(desk.job(params).finish().flags == MBT_REPORT_GOOD);
  THAT((begin(desk, MBT_JOB_STORE_CHECK).finish().flags & MBT_REPORT_GOOD) != 0);
  THAT(desk.keys().view().find("\"keys\"") != std::string_view::npos);
}

static Engine open_store(char **places) {
  Config config;
  config.timeout = 20s;
  config.state = places[0];
  config.key = places[1];
  config.witness = places[2];
  config.pack = places[3];
  config.runtime = places[4];
  return Engine(config);
}

int main(int argc, char **argv) try {
  if (argc != 12) return 2;
  const Engine engine = open_store(argv + 1), there = open_store(argv + 6);
  const Grant admin = appoint(engine);
  const Administration desk(engine, &admin);
  people(desk);
  cards_and_secrets(engine, desk);
  who_is_in_and_who_is_shut_out(engine, desk);
  rules_and_emergencies(desk);
  lists(desk);
  another_terminal(engine, desk, there);
  set_up(there, argv[11]);
  log_and_store(desk);
  admin.end();
  THAT(status_of([&] { (void)desk.people.get("nurse01"); }) == MBT_E_STATE);
  return failures != 0;
} catch (const Error &error) {
  std::cerr << mbt_status_name(error.status()) << ": " << error.what() << '\n';
  return 1;
}
