//! What is refused, each by its own word, with nothing taken in.

use pretty_assertions::assert_eq;

use super::*;
use crate::audit::{Operation, Outcome};
use crate::bundle::{CarriedTemplate, Record};
use crate::engine::Rejection;
use crate::store::CarriedCard;

fn refused(er: &mut Terminal, file: &Path) -> &'static str {
    let before = (er.people(), er.engine.store.cards(None).unwrap());
    let error = er.import(file).unwrap_err();
    assert_eq!((er.people(), er.engine.store.cards(None).unwrap()), before, "{error}");
    let last = er.engine.store.log(0, 1000).unwrap().pop().unwrap().entry;
    let expected = (Operation::BundleImport, Outcome::Refused, Some(error.code()));
    assert_eq!((last.operation, last.outcome, last.reason.as_deref()), expected);
    error.code()
}

/// Why records were rejected.
fn rejections(error: Error) -> Vec<(String, Rejection)> {
    let Error::BundleRejected { report } = error else { panic!("{error}") };
    assert!(!report.taken);
    report.rejected.into_iter().map(|record| (record.key.to_string(), record.why)).collect()
}

#[test]
fn an_older_bundle_than_the_last_and_another_of_the_same_revision_are_refused() {
    let (mut ward, mut er) = two();
    ward.add("nurse01", "er-1");
    let (_, first) = ward.export(&er, None).unwrap();
    let (_, second) = ward.export(&er, None).unwrap();
    er.import(&second).unwrap();
    assert_eq!(refused(&mut er, &first), "bundle_rolled_back");
    let other = ward.forge(&er, &[], |header| header.revision = 2);
    assert_eq!(refused(&mut er, &other), "bundle_forked");
    assert_eq!(er.peer(&ward).taken.unwrap().revision, 2);
}

#[test]
fn a_bundle_is_refused_from_the_second_on_that_it_is_over_and_while_the_clock_is_behind() {
    let (mut ward, mut er) = two();
    let (_, file) = ward.export(&er, None).unwrap();
    er.set_clock(30 * 24 * 60);
    assert_eq!(refused(&mut er, &file), "bundle_expired");
    er.add("nurse09", "er-1");
    // The clock is set back so that it is good again.
    er.set_clock(29 * 24 * 60);
    assert_eq!(refused(&mut er, &file), "clock_behind");
    let mut fresh = terminal("fresh");
    pair(&ward, &fresh, &scope(&["er-*"], &[], false, false));
    ward.set_clock(11);
    let (_, early) = ward.export(&fresh, None).unwrap();
    assert_eq!(refused(&mut fresh, &early), "bundle_early");
    fresh.set_clock(1);
    assert!(fresh.import(&early).unwrap().taken, "clocks are a few minutes apart");
}

#[test]
fn a_bundle_for_another_terminal_or_from_one_that_is_not_paired_is_refused() {
    let (mut ward, mut er) = two();
    let mut other = terminal("other");
    pair(&ward, &other, &scope(&["*"], &[], false, false));
    let (_, for_other) = ward.export(&other, None).unwrap();
    assert_eq!(refused(&mut er, &for_other), "bundle_recipient");
    let mut stranger = terminal("stranger");
    stranger.know(&er, |pairing| pairing.sends = Some(scope(&["*"], &[], false, false)));
    let (_, strange) = stranger.export(&er, None).unwrap();
    assert_eq!(refused(&mut er, &strange), "unknown_signer");
    let gone = |peer: &mut PeerRecord| peer.ended = Some(NOON.parse().unwrap());
    let (_, file) = ward.export(&er, None).unwrap();
    let mut peer = er.peer(&ward);
    gone(&mut peer);
    er.engine.store.write(|store| store.put_document(&peer.key(), &peer)).unwrap();
    assert_eq!(refused(&mut er, &file), "unknown_signer", "the pairing has ended");
    let mut peer = ward.peer(&er);
    gone(&mut peer);
    ward.engine.store.write(|store| store.put_document(&peer.key(), &peer)).unwrap();
    assert_eq!(
        ward.acting().export_bundle("er", &month(), &ward_file(&er), &mut |_, _| {}).unwrap_err().code(),
        "not_paired"
    );
    assert!(other.import(&for_other).is_ok());
}

fn month() -> BundleRequest {
    BundleRequest { asked: None, valid_for: SignedDuration::from_hours(24 * 30) }
}

fn ward_file(of: &Terminal) -> PathBuf {
    of.file("never")
}

#[test]
fn a_bundle_by_keys_that_are_not_the_pinned_ones_is_refused() {
    let (mut ward, mut er) = two();
    let mut ring = ward.ring();
    let fresh = [Zeroizing::new([5; 32]), Zeroizing::new([6; 32])];
    let identity = ward.identity();
    ring.rotate("ward3", identity.store, fresh, ward.now(), ward.now());
    ward.engine.store.write(|store| store.put_document(KeyRing::KEY, &ring)).unwrap();
    let (_, rotated) = ward.export(&er, None).unwrap();
    assert_eq!(refused(&mut er, &rotated), "signer_replaced");
    let (pinned, number) = (er.peer(&ward).identity.number, ward.identity().number);
    assert_eq!((pinned, number), (1, 2));
    let forged = ward.forge(&er, &[], |header| header.sender.number = 1);
    assert_eq!(refused(&mut er, &forged), "bundle_signature");
}

#[test]
fn a_bundle_under_another_name_than_the_pinned_one_is_refused_whoever_signed_it() {
    let (ward, mut er) = two();
    let named = ward.forge(&er, &[], |header| header.sender.terminal = "centre".to_owned());
    assert_eq!(refused(&mut er, &named), "bundle_signature");
    assert_eq!(er.engine.look_at_bundle(&named).unwrap().signer.code(), "other");
}

#[test]
fn a_bundle_for_former_keys_opens_for_as_long_as_they_are_kept() {
    let (mut ward, mut er) = two();
    ward.add("nurse01", "er-1");
    let (_, file) = ward.export(&er, None).unwrap();
    let (mut ring, store) = (er.ring(), er.identity().store);
    let fresh = [Zeroizing::new([5; 32]), Zeroizing::new([6; 32])];
    ring.rotate("er", store, fresh, er.now(), er.now() + SignedDuration::from_mins(10));
    er.engine.store.write(|store| store.put_document(KeyRing::KEY, &ring)).unwrap();
    er.set_clock(10);
    assert_eq!(refused(&mut er, &file), "bundle_recipient");
    er.set_clock(9);
    er.engine.acting().believe_clock().unwrap();
    assert_eq!(er.import(&file).unwrap().added, 1);
}

#[test]
fn more_than_the_pairing_lets_through_is_neither_sent_nor_taken() {
    let (mut ward, mut er) = two();
    for (wards, applications, policy) in
        [(&["*"][..], &[][..], false), (&["er-1"], &["*"], false), (&[], &[], true)]
    {
        let more = asked(wards, applications, policy);
        assert_eq!(ward.export(&er, Some(more)).unwrap_err().code(), "bundle_scope");
        let wider = scope(wards, applications, policy, false);
        let file = ward.forge(&er, &[], |header| header.scope = wider);
        assert_eq!(refused(&mut er, &file), "bundle_scope");
    }
    assert_eq!(ward.peer(&er).sent, 0, "no revision is used up by what is refused");
    er.acting().add_person("nurse09", &Profile::named("N")).unwrap();
    assert_eq!(er.export(&ward, None).unwrap_err().code(), "bundle_scope", "it may send nothing");
}

#[test]
fn a_file_that_is_there_is_never_written_over_and_one_that_is_no_bundle_is_told_so() {
    let (mut ward, mut er) = two();
    let file = er.file("taken");
    fs::write(&file, "mine").unwrap();
    let error = ward.acting().export_bundle("er", &month(), &file, &mut |_, _| {}).unwrap_err();
    assert_eq!((error.code(), &*fs::read(&file).unwrap()), ("exists", &b"mine"[..]));
    assert_eq!(refused(&mut er, &file), "bundle_foreign");
    assert_eq!(ward.peer(&er).sent, 0);
    for valid_for in [SignedDuration::ZERO, SignedDuration::from_hours(24 * 90 + 1)] {
        let request = BundleRequest { valid_for, ..month() };
        let error = ward.acting().export_bundle("er", &request, &er.file("b"), &mut |_, _| {}).unwrap_err();
        assert_eq!(error.code(), "invalid");
    }
}

#[test]
fn who_is_here_by_other_means_is_a_conflict_and_the_rest_is_taken_only_if_that_is_asked_for() {
    let (mut ward, mut er) = two();
    ward.add_whole("nurse01", "er-1", 3);
    ward.add("nurse02", "er-1");
    er.add("nurse01", "er-1");
    let (_, file) = ward.export(&er, None).unwrap();
    let all_of_hers = ["person/nurse01", "template/nurse01", "password/nurse01", "login/nurse01/chart"];
    let error = er.import(&file).unwrap_err();
    assert_eq!(error.code(), "bundle_rejected");
    let rejected = rejections(error);
    assert_eq!(rejected[0], ("person/nurse01".to_owned(), Rejection::Exists));
    assert!(all_of_hers.iter().all(|key| rejected.iter().any(|(found, _)| found == key)), "{rejected:?}");
    assert_eq!((rejected.len(), er.people()), (5, vec!["nurse01".to_owned()]));
    let report = er.import_the_rest(&file).unwrap();
    assert_eq!((counts(&report), report.taken), ([1, 0, 0, 0, 0, 5], true));
    assert_eq!(er.people(), ["nurse01", "nurse02"]);
    assert!(er.engine.store.cards(Some("nurse01")).unwrap().is_empty());
    let last = er.engine.store.log(0, 1000).unwrap().pop().unwrap().entry;
    assert_eq!(last.reason.as_deref(), Some("rejected_left_out"));
    // Once the conflict is settled, the next bundle brings what was left out.
    er.acting().remove_person("nurse01").unwrap();
    ward.set_clock(60);
    er.set_clock(60);
    let (_, next) = ward.export(&er, None).unwrap();
    assert_eq!(counts(&er.import(&next).unwrap()), [5, 0, 0, 1, 0, 0]);
}

#[test]
fn a_card_that_is_here_already_is_a_conflict_whatever_it_is_called() {
    let (mut ward, mut er) = two();
    let handle = ward.add_whole("nurse01", "er-1", 3);
    er.add("nurse09", "er-1");
    let new = NewCard::labelled("badge", er.now());
    er.acting().bind_card("nurse09", &card_of("nurse01"), &new).unwrap();
    let (_, file) = ward.export(&er, None).unwrap();
    assert_eq!(rejections(er.import(&file).unwrap_err()), [(format!("card/{handle}"), Rejection::Exists)]);
}

#[test]
fn faces_of_a_model_that_this_terminal_does_not_have_are_refused_by_name() {
    let (mut ward, mut er) = two();
    ward.add("nurse01", "er-1");
    let template = |model| CarriedTemplate {
        person: "nurse01".to_owned(),
        model,
        quality: 0.5,
        samples: 1,
        created: ward.now(),
        bytes: Zeroizing::new(b"MBFT".to_vec()),
    };
    let person = ward.engine.store.person("nurse01").unwrap().unwrap();
    let with = |model| [Record::Person(Box::new(person.clone())), Record::Template(template(model))];
    let other = ward.forge(&er, &with(Digest::of(b"another net")), |_| {});
    let expected = |why| vec![("template/nurse01".to_owned(), why)];
    assert_eq!(rejections(er.import(&other).unwrap_err()), expected(Rejection::OtherModel));
    let (space, _) = ward.seen(3);
    let longer = Embedding(Zeroizing::new([1.0].into_iter().chain([0.0; LENGTH]).collect()));
    let unrotated = Space { rotation: crate::matching::RotationId::NONE, ..space };
    let longer = Template::from_samples(unrotated, vec![Sample { embedding: longer, quality: 0.5 }]).unwrap();
    let longer = CarriedTemplate { bytes: longer.to_bytes(), ..template(model()) };
    let longer = [Record::Person(Box::new(person.clone())), Record::Template(longer)];
    let longer = ward.forge(&er, &longer, |_| {});
    assert_eq!(rejections(er.import(&longer).unwrap_err()), expected(Rejection::OtherModel));
    let unreadable = ward.forge(&er, &with(model()), |_| {});
    assert_eq!(rejections(er.import(&unreadable).unwrap_err()), expected(Rejection::Unfit));
    assert!(er.people().is_empty());
}

#[test]
fn a_sender_touches_nobody_who_is_not_its_own() {
    let (mut ward, mut er) = two();
    er.add_whole("nurse09", "er-1", 5);
    ward.add("nurse01", "er-1");
    let (_, file) = ward.export(&er, None).unwrap();
    er.import(&file).unwrap();
    let handle = er.engine.store.cards(Some("nurse09")).unwrap().remove(0).handle;
    let before = er.engine.store.card(&handle).unwrap();
    let card = er.engine.store.look(|store| store.carried_card(&handle)).unwrap().unwrap();
    let strange = CarriedCard {
        people: vec!["nurse09".to_owned()],
        handle: "zzzz-zzzz".parse().unwrap(),
        identifier: Zeroizing::new(vec![1; 8]),
        ..card.clone()
    };
    let shared = CarriedCard { people: vec!["nurse01".to_owned(), "nurse09".to_owned()], ..strange.clone() };
    let stolen = CarriedCard { people: vec!["nurse01".to_owned()], ..card };
    for (record, why) in [
        (Record::Card(strange), Rejection::NoPerson),
        (Record::Card(shared), Rejection::NoPerson),
        (Record::Card(stolen), Rejection::Exists),
        (Record::Person(Box::new(er.engine.store.person("nurse09").unwrap().unwrap())), Rejection::Exists),
    ] {
        let key = record.key().to_string();
        let file = ward.forge(&er, &[record], |_| {});
        assert_eq!(rejections(er.import(&file).unwrap_err()), [(key, why)]);
    }
    let gone = [
        Record::Gone(RecordKey::Card(handle.to_string())),
        Record::Gone(RecordKey::Password("nurse09".to_owned())),
        Record::Gone(RecordKey::Person("nurse09".to_owned())),
    ];
    let file = ward.forge(&er, &gone, |_| {});
    assert_eq!(counts(&er.import(&file).unwrap()), [0, 0, 0, 3, 0, 0]);
    assert_eq!(
        (er.engine.store.card(&handle).unwrap(), er.people()),
        (before, vec!["nurse01".to_owned(), "nurse09".to_owned()])
    );
    assert!((er.score("nurse09", 5) - 1.0).abs() < 1e-5);
}

#[test]
fn records_beyond_the_scope_that_a_bundle_names_are_rejected_whoever_signed_them() {
    let (mut ward, mut er) = two();
    ward.add_whole("nurse01", "er-1", 3);
    ward.add("nurse02", "icu");
    let (_, file) = ward.export(&er, None).unwrap();
    er.import(&file).unwrap();
    let person = ward.engine.store.person("nurse02").unwrap().unwrap();
    let login = crate::secret::Login::key("nurse01", "lab");
    let login = ward.engine.store.document::<crate::secret::Login>(&login).unwrap().unwrap();
    for record in
        [Record::Policy("format = 1".to_owned()), Record::Person(Box::new(person)), Record::Login(login)]
    {
        let key = record.key().to_string();
        let file = ward.forge(&er, &[record], |_| {});
        assert_eq!(rejections(er.import(&file).unwrap_err()), [(key, Rejection::OutOfScope)]);
    }
}

#[test]
fn more_or_fewer_records_than_a_bundle_says_that_it_has_are_refused_with_all_of_it() {
    let (ward, mut er) = two();
    let gone = ["a", "b"].map(|id| Record::Gone(RecordKey::Person(id.to_owned())));
    for said in [1, 3] {
        let file = ward.forge(&er, &gone, |header| header.counts.templates = said);
        assert_eq!(refused(&mut er, &file), "bundle_malformed", "{said}");
    }
}
