"""A day of administration: day.py LIBRARY, then STATE KEY WITNESS PACK RUNTIME of a ward and of another terminal, then TOKEN"""

import asyncio
import dataclasses
import json
import sys

import mabataki
from mabataki import Engine, MabatakiError, Person

PASSWORD = "quiet-Heron-42"
CARDS = {"admin1": "felica:0114B34C1A2B3C01", "nurse01": "felica:0114B34C1A2B3C02"}
FAR = 4102444800


def fails(status, call, *arguments, **named):
    """Whether the call fails so."""
    try:
        call(*arguments, **named)
    except MabatakiError as error:
        assert error.status == status, (error.status, error)
        return True
    return False


def let_in(engine, person, purpose, password=PASSWORD):
    """Their grant, or None where they are not let in."""
    with engine.authenticate(purpose, cards_from=mabataki.MBT_FROM_HOST, secrets=mabataki.MBT_F_PASSWORD) as session:
        session.push_card(CARDS[person])
        session.push_secret(mabataki.MBT_F_PASSWORD, password)
        list(session)
        return session.grant() if session.result().granted else None


def appoint(engine):
    """Somebody who may administer is taken in while nobody need be named."""
    desk = engine.administration()
    desk.people.add(Person("admin1", "管理者 一郎", role="administrator"))
    desk.cards.bind("admin1", CARDS["admin1"], "staff card")
    desk.passwords.set("admin1", PASSWORD)
    return let_in(engine, "admin1", mabataki.MBT_PURPOSE_ADMIN)


def people(desk):
    nurse = Person("nurse01", "看護師 花子", reading="かんごし はなこ", accounts=("ward3", "ER 1"), wards=("er-1",),
                   flags=mabataki.MBT_PERSON_TEMPORARY)
    assert fails(mabataki.MBT_E_INVALID, desk.people.add, nurse), "for a time, without its end"
    desk.people.add(dataclasses.replace(nurse, valid_until_s=FAR))
    found = desk.people.get("nurse01")
    assert (found.accounts, found.wards, found.reading) == (nurse.accounts, nurse.wards, nurse.reading)
    assert found.status == mabataki.MBT_STATUS_ACTIVE and found.valid_until_s == FAR and found.created_s > 0
    desk.people.change(dataclasses.replace(found, flags=0, valid_until_s=0, role="others"))
    desk.people.consent("nurse01", "form-2", "2026-11-22")
    desk.people.except_face("nurse01", "an eye patch", FAR)
    found = desk.people.get("nurse01")
    assert (found.consent_form, found.consent_day, found.except_until_s) == ("form-2", "2026-11-22", FAR)
    assert (found.role, found.valid_until_s) == ("others", 0)
    desk.people.set_status("nurse01", mabataki.MBT_STATUS_ON_LEAVE)
    desk.people.set_status("nurse01", mabataki.MBT_STATUS_ACTIVE)
    # What fills its array, and does not end in it.
    assert fails(mabataki.MBT_E_INVALID, desk.people.add, dataclasses.replace(nurse, id="n" * 72, valid_until_s=FAR))
    for odd in (dataclasses.replace(nurse, id="nurse\0"), dataclasses.replace(nurse, accounts=("ward3\nroot",))):
        try:
            desk.people.add(odd)
            raise AssertionError("C would have taken it for something else")
        except ValueError:
            pass


def cards_and_secrets(engine, desk):
    card = desk.cards.bind("nurse01", CARDS["nurse01"], "staff card")
    assert card.kind == "felica" and card.people == ("nurse01",), card
    desk.cards.stop(card.handle, mabataki.MBT_STOP_LOST)
    assert [one.status for one in desk.cards.all("nurse01")] == [mabataki.MBT_CARD_LOST]
    desk.cards.restore(card.handle)
    desk.cards.share(card.handle, "admin1")
    assert set(next(desk.cards.all("nurse01")).people) == {"nurse01", "admin1"}
    desk.cards.share(card.handle, "admin1", False)
    assert len(list(desk.cards.all())) == 2
    desk.passwords.set("nurse01", "first-Crane-11", must_change=True)
    engine.change_password("nurse01", "first-Crane-11", PASSWORD)
    desk.logins.put("nurse01", "chart", "n-1", "typed", {"department": "ER"})
    assert [(one.user, one.field_count) for one in desk.logins.all("nurse01")] == [("n-1", 1)]
    # She is let in, and may administer nothing.
    with let_in(engine, "nurse01", mabataki.MBT_PURPOSE_LOGIN) as nurse:
        own = engine.administration(nurse)
        assert fails(mabataki.MBT_E_DENIED, own.people.set_status, "admin1", mabataki.MBT_STATUS_DISABLED)
        assert fails(mabataki.MBT_E_DENIED, list, own.people.all())
        nurse.end()
    # What was hers is not taken for nobody's.
    assert fails(mabataki.MBT_E_STATE, own.people.set_status, "admin1", mabataki.MBT_STATUS_DISABLED)
    assert fails(mabataki.MBT_E_STATE, list, own.people.all())
    assert fails(mabataki.MBT_E_STATE, own.job, mabataki.MBT_JOB_STORE_CHECK)
    desk.logins.remove("nurse01", "chart")
    assert fails(mabataki.MBT_E_NOT_FOUND, desk.logins.remove, "nurse01", "chart")


def who_is_in_and_who_is_shut_out(engine, desk):
    nurse = let_in(engine, "nurse01", mabataki.MBT_PURPOSE_LOGIN)
    hers = [one for one in desk.grants.all() if one.subject == "nurse01"]
    assert len(hers) == 1 and hers[0].left_ms > 0, hers
    desk.grants.revoke(hers[0].session)
    assert fails(mabataki.MBT_E_REAUTH, nurse.read)
    nurse.close()
    assert let_in(engine, "nurse01", mabataki.MBT_PURPOSE_LOGIN, "quiet-Heron-99") is None
    assert [(one.person, one.failures) for one in desk.lockouts.all()] == [("nurse01", 1)]
    assert desk.lockouts.clear("nurse01", factor=mabataki.MBT_F_PASSWORD) == 1
    assert not list(desk.lockouts.all())


def rules_and_emergencies(engine, desk):
    policy = desk.policy.get()
    assert not list(mabataki.policy_faults(policy)) and desk.policy.set(policy) == 0
    faults = list(mabataki.policy_faults("format = 1\nnothing = 2\n"))
    assert faults and faults[0].line >= 1 and faults[0].text
    issued, code = desk.emergencies.issue(30, 3600, person="nurse01")
    assert len(code) > 8 and issued.state == mabataki.MBT_CODE_OPEN and issued.issuer == "admin1"
    assert [one.handle for one in desk.emergencies.all()] == [issued.handle]
    desk.emergencies.revoke(issued.handle)
    assert not list(desk.emergencies.uses(reviewed_too=True))
    desk.emergencies.declare_disaster(3600, "an earthquake")
    state = engine.state()
    assert state.flags & mabataki.MBT_STATE_DISASTER and state.disaster_until_s > state.now_s
    desk.emergencies.end_disaster()
    assert not list(desk.enrolments.all())


def lists(desk):
    """More people than a page of a list holds."""
    rows = "".join(f"staff{number:03},Staff {number},er-1;er-2\n" for number in range(150))
    data = f"id,name,wards\n{rows}".encode()
    before = len(list(desk.people.all()))
    with desk.job(mabataki.MBT_JOB_PEOPLE_IMPORT, data=data, flags=mabataki.MBT_JOB_CHECK) as job:
        report = job.finish()
        assert (report.flags, report.added) == (0, 150), report
    assert len(list(desk.people.all())) == before
    with desk.job(mabataki.MBT_JOB_PEOPLE_IMPORT, data=data) as job:
        report = job.finish()
        assert (report.flags, report.added) == (mabataki.MBT_REPORT_TAKEN, 150), report
    ids = [one.id for one in desk.people.all()]
    assert len(ids) == before + 150 and ids == sorted(set(ids))
    with desk.job(mabataki.MBT_JOB_PEOPLE_IMPORT, data=b"id,name\nnurse04,\n") as job:
        assert job.finish().rejected == 1
        assert [json.loads(line)["result"] for line in job.output().splitlines()] == ["refused"]
    # There is no reader here, and that is what is said.
    with desk.job(mabataki.MBT_JOB_BIND_CARD, person="nurse01", label="staff card", wait_ms=100) as job:
        assert fails(mabataki.MBT_E_NO_READER, job.finish)
    desk.people.retire("staff000")
    assert desk.people.get("staff000").status == mabataki.MBT_STATUS_RETIRED
    assert desk.people.remove("staff001") > 0
    assert fails(mabataki.MBT_E_NOT_FOUND, desk.people.get, "staff001")


def another_terminal(here, desk, there):
    """It is told of the people of one ward. It has no administrator yet, so nobody need be named there."""
    (own, introduction), (other, other_introduction) = here.identity(), there.identity()
    flags, wards = mabataki.MBT_PEER_SENDS, ["er-1"]
    assert fails(mabataki.MBT_E_DENIED, desk.peers.pair, other_introduction, own.fingerprint, flags, sends_wards=wards)
    peer = desk.peers.pair(other_introduction, other.fingerprint, flags, sends_wards=wards)
    assert (peer.flags, peer.name) == (mabataki.MBT_PEER_SENDS, other.name)
    its_desk = there.administration()
    its_desk.peers.pair(introduction, own.fingerprint, mabataki.MBT_PEER_TAKES, takes_wards=["er-1", "er-2"])
    with desk.job(mabataki.MBT_JOB_BUNDLE_EXPORT, name=other.name, valid_s=3600) as job:
        report = job.finish()
        bundle = b"".join(job.pieces(1000))
        assert report.revision == 1 and len(bundle) == report.length
    with its_desk.job(mabataki.MBT_JOB_BUNDLE_IMPORT, data=bundle) as job:
        report = job.finish()
        assert report.flags & mabataki.MBT_REPORT_TAKEN and report.rejected == 0
    assert its_desk.people.get("staff002").wards == ("er-1", "er-2")
    _, renewed = there.administration().peers.rotate_own_keys()
    assert desk.peers.renew(renewed).number == 2
    assert [one.sent for one in desk.peers.all()] == [1]
    assert desk.peers.unpair(other.name).ended_s > 0


async def log_and_store(engine, desk):
    numbers, refused = [], 0
    for entry in desk.log.after():
        numbers.append(entry.number)
        refused += (entry.operation, entry.outcome) == ("person_disable", "refused")
        # Each page is a record itself.
        if len(numbers) == 200:
            break
    assert numbers == list(range(1, 201)) and refused == 1
    checkpoint = desk.log.checkpoint(sign=True)
    assert checkpoint.last >= 200 and checkpoint.code
    with desk.job(mabataki.MBT_JOB_LOG_EXPORT, format=mabataki.MBT_FORMAT_JSONL, of=mabataki.MBT_OF_RECORDS) as job:
        told = [progress async for progress in job]
        report = job.report()
        assert told[-1].over and report.flags & mabataki.MBT_REPORT_VERIFIABLE
        assert len(job.output().splitlines()) >= report.records > 200
    with desk.job(mabataki.MBT_JOB_LOG_VERIFY, key=engine.state().log_key) as job:
        assert job.finish().flags == mabataki.MBT_REPORT_GOOD
    with desk.job(mabataki.MBT_JOB_STORE_CHECK) as job:
        assert job.finish().flags & mabataki.MBT_REPORT_GOOD


def set_up(engine, token):
    """The first administrator of a store that is no trial, by the token that was shown when it was made, once."""
    assert fails(mabataki.MBT_E_INVALID, engine.set_up, "no-token", "chief", "Chief", PASSWORD)
    engine.set_up(token, "chief", "Chief", PASSWORD)
    assert fails(mabataki.MBT_E_DENIED, engine.set_up, token, "second", "Second", PASSWORD)
    assert fails(mabataki.MBT_E_DENIED, list, engine.administration().people.all())


def main(library, *arguments):
    mabataki.load(library)
    places = ("state", "key", "witness", "pack", "runtime")
    ward, er = (dict(zip(places, arguments[begin:begin + 5])) for begin in (0, 5))
    with Engine(timeout_ms=20000, **ward) as engine, Engine(timeout_ms=20000, **er) as there:
        assert engine.info().flags & mabataki.MBT_INFO_IN_PROCESS and "keys" in engine.keys()
        admin = appoint(engine)
        desk = engine.administration(admin)
        people(desk)
        cards_and_secrets(engine, desk)
        who_is_in_and_who_is_shut_out(engine, desk)
        rules_and_emergencies(engine, desk)
        lists(desk)
        another_terminal(engine, desk, there)
        set_up(there, arguments[10])
        asyncio.run(log_and_store(engine, desk))
        admin.end()
        assert fails(mabataki.MBT_E_STATE, desk.people.get, "nurse01")


if __name__ == "__main__":
    main(*sys.argv[1:])
