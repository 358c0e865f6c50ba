//! What is written down of a person: added, changed, and within its limits.

use mabataki_engine::store::{Consent, FaceException, PersonStatus, Profile, Store, StoreError, Vendor};
use pretty_assertions::assert_eq;

use crate::support::*;

fn widest() -> Profile {
    let line = |start: char| format!("{start}{}", "名".repeat(127));
    Profile {
        name: line('n'),
        reading: Some(line('r')),
        role: Some("r".repeat(64)),
        accounts: ('a'..='p').map(line).collect(),
        wards: ('a'..='p').map(|start| start.to_string().repeat(64)).collect(),
        valid_from: Some(noon()),
        valid_until: Some(at("2027-04-01T03:00:00.123456789Z")),
        temporary: true,
        vendor: Some(Vendor { sponsor: "s".repeat(64), scope: line('s') }),
    }
}

fn engineer() -> Profile {
    Profile {
        valid_until: Some(at("2026-06-01T00:00:00Z")),
        vendor: Some(Vendor { sponsor: "nurse01".to_owned(), scope: "CT scanner".to_owned() }),
        ..Profile::named("Engineer")
    }
}

#[test]
fn a_person_may_have_every_text_at_its_limit() {
    let trial = Trial::new();
    let mut store = trial.create();
    let exception = FaceException { reason: "眼".repeat(128), until: noon() };
    let consent = Consent { date: "2026-04-01".parse().unwrap(), version: "v".repeat(64) };
    let id = "i".repeat(64);
    store
        .write(|w| {
            add(w, &"s".repeat(64))?;
            w.add_person(&id, &widest(), noon())?;
            w.set_face_exception(&id, Some(&exception))?;
            w.set_consent(&id, Some(&consent))
        })
        .unwrap();
    let person = trial.open().person(&id).unwrap().unwrap();
    assert_eq!(person.profile, widest());
    assert_eq!((person.face_exception, person.consent), (Some(exception), Some(consent)));
}

#[test]
fn a_changed_profile_replaces_the_old_one_and_leaves_the_rest() {
    let trial = Trial::new();
    let mut store = trial.create();
    let consent = Consent { date: "2026-04-01".parse().unwrap(), version: "2".to_owned() };
    store
        .write(|w| {
            add(w, "nurse01")?;
            w.set_consent("nurse01", Some(&consent))?;
            w.set_status("nurse01", PersonStatus::OnLeave)
        })
        .unwrap();
    let married =
        Profile { reading: Some("さとう はなこ".to_owned()), ..Profile::named("佐藤 花子") };
    store.write(|w| w.change_person("nurse01", &married)).unwrap();
    let person = trial.open().person("nurse01").unwrap().unwrap();
    assert_eq!((person.profile, person.consent), (married.clone(), Some(consent)));
    assert_eq!((person.status, person.created), (PersonStatus::OnLeave, noon()));
    assert_eq!(store.write(|w| w.change_person("nobody", &married)).unwrap_err().code(), "not_found");
}

#[test]
fn leave_not_to_show_the_face_has_a_reason_and_an_end_and_can_be_taken_back() {
    let trial = Trial::new();
    let mut store = trial.create();
    let until = at("2026-04-08T00:00:00Z");
    let exception = FaceException { reason: "eye patch".to_owned(), until };
    store
        .write(|w| {
            add(w, "a")?;
            w.set_face_exception("a", Some(&exception))
        })
        .unwrap();
    let kept = |store: &Store| store.person("a").unwrap().unwrap().face_exception;
    assert_eq!(kept(&trial.open()), Some(exception));
    store.write(|w| w.set_face_exception("a", None)).unwrap();
    assert_eq!(kept(&store), None);
    let blank = FaceException { reason: "  ".to_owned(), until };
    assert_eq!(store.write(|w| w.set_face_exception("a", Some(&blank))).unwrap_err().code(), "invalid");
}

#[test]
fn temporary_staff_and_vendors_need_an_end_and_a_vendor_somebody_of_the_house() {
    let trial = Trial::new();
    let mut store = trial.create();
    store
        .write(|w| {
            add(w, "nurse01")?;
            w.add_person("engineer", &engineer(), noon())?;
            add(w, "leaver")?;
            w.retire_person("leaver").map(|_| ())
        })
        .unwrap();
    let sponsored_by = |sponsor: &str| Profile {
        vendor: Some(Vendor { sponsor: sponsor.to_owned(), scope: "CT scanner".to_owned() }),
        ..engineer()
    };
    for wrong in [
        Profile { temporary: true, ..nurse("b") },
        Profile { valid_until: None, ..engineer() },
        sponsored_by("nobody"),
        sponsored_by("leaver"),
        sponsored_by("engineer"),
        sponsored_by("b"),
        sponsored_by("not an id"),
    ] {
        let error = store.write(|w| w.add_person("b", &wrong, noon())).unwrap_err();
        assert_eq!(error.code(), "invalid", "{wrong:?}");
    }
    let own = sponsored_by("engineer");
    assert_eq!(store.write(|w| w.change_person("engineer", &own)).unwrap_err().code(), "invalid");
    let temporary = Profile { temporary: true, valid_until: Some(noon()), ..nurse("b") };
    store.write(|w| w.add_person("b", &temporary, noon())).unwrap();
}

#[test]
fn a_profile_beyond_its_limits_changes_nothing() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| add(w, "a")).unwrap();
    let seventeen: Vec<String> = (0..17).map(|n| n.to_string()).collect();
    for wrong in [
        Profile { reading: Some("x".repeat(129)), ..nurse("a") },
        Profile { accounts: seventeen.clone(), ..nurse("a") },
        Profile { wards: seventeen, ..nurse("a") },
        Profile { wards: vec!["ward 3".to_owned()], ..nurse("a") },
        Profile { wards: vec!["w3".to_owned(), "w3".to_owned()], ..nurse("a") },
        Profile { accounts: vec!["ward3".to_owned(), "ward3".to_owned()], ..nurse("a") },
        Profile { valid_from: Some(noon()), valid_until: Some(noon()), ..nurse("a") },
        Profile { vendor: Some(Vendor { scope: String::new(), ..engineer().vendor.unwrap() }), ..engineer() },
    ] {
        let error = store.write(|w| w.change_person("a", &wrong)).unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. }), "{wrong:?}: {error}");
    }
    assert_eq!(store.person("a").unwrap().unwrap().profile, nurse("a"));
}
