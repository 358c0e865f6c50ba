//! A bundle is worth no right that whoever takes it in does not have, and makes nobody an administrator by itself.

use pretty_assertions::assert_eq;

use super::*;
use crate::bundle::CarriedPassword;
use crate::engine::{Grant, Rejection};
use crate::policy::{Purpose, STANDARD};
use crate::secret::PasswordHash;

fn with_role(role: &str) -> Profile {
    let wards = vec!["er-1".to_owned()];
    Profile { role: Some(role.to_owned()), wards, ..Profile::named(role) }
}

/// Gives a terminal the administrator `boss`, and somebody of each of these roles, with a grant to administer each.
fn administered<const N: usize>(er: &mut Terminal, roles: [&str; N]) -> [Grant; N] {
    er.acting().add_person("boss", &with_role("administrator")).unwrap();
    er.acting().set_password("boss", &trial::secret("Kobe-4711-harbour"), false).unwrap();
    roles.map(|role| {
        if role != "administrator" {
            er.engine
                .store
                .write(|store| store.add_person(role, &with_role(role), Timestamp::now()))
                .unwrap();
        }
        let id = if role == "administrator" { "boss" } else { role };
        trial::grant(&mut er.engine, id, Purpose::Admin, None)
    })
}

fn import_by(er: &mut Terminal, grant: &Grant, file: &Path) -> Result<BundleReport, Error> {
    er.engine.acting_by(grant).import_bundle(file, ImportOptions::default(), &mut |_, _| {})
}

#[test]
fn a_bundle_takes_the_rights_that_its_content_would_take_by_hand() {
    let (mut ward, mut er) = two();
    let [boss, registrar] = administered(&mut er, ["administrator", "registrar"]);
    ward.add("nurse01", "er-1");
    let (_, people) = ward.export(&er, None).unwrap();
    assert_eq!(er.import(&people).unwrap_err().code(), "no_right", "nobody is named");
    assert_eq!(import_by(&mut er, &registrar, &people).unwrap().added, 1);
    ward.add_whole("nurse02", "er-1", 3);
    let (_, whole) = ward.export(&er, None).unwrap();
    assert_eq!(
        import_by(&mut er, &registrar, &whole).unwrap_err().code(),
        "no_right",
        "passwords and logins"
    );
    assert!(!er.people().contains(&"nurse02".to_owned()));
    assert_eq!(import_by(&mut er, &boss, &whole).unwrap().added, 5);
}

#[test]
fn to_make_a_bundle_takes_the_right_to_take_data_out() {
    let (mut ward, er) = two();
    let [boss, registrar] = administered(&mut ward, ["administrator", "registrar"]);
    let request = BundleRequest { asked: None, valid_for: SignedDuration::from_hours(24) };
    let file = er.file("bundle");
    let mut export = |grant: &Grant| {
        ward.engine.acting_by(grant).export_bundle("er", &request, &file, &mut |_, _| {}).map(|_| ())
    };
    assert_eq!(export(&registrar).unwrap_err().code(), "no_right");
    assert!(!file.exists());
    export(&boss).unwrap();
}

#[test]
fn administrators_pass_only_where_the_pairing_says_so() {
    let (mut ward, mut er) = two();
    ward.acting().add_person("chief", &with_role("administrator")).unwrap();
    let (made, file) = ward.export(&er, None).unwrap();
    assert_eq!(made.header.counts.people, 0);
    er.import(&file).unwrap();
    let chief = ward.engine.store.person("chief").unwrap().unwrap();
    let forged = ward.forge(&er, &[Record::Person(Box::new(chief))], |_| {});
    let Error::BundleRejected { report } = er.import(&forged).unwrap_err() else { panic!("taken") };
    assert_eq!(report.rejected[0].why, Rejection::Administrator);
    pair(&ward, &er, &scope(&["er-*"], &["chart"], false, true));
    let (_, file) = ward.export(&er, None).unwrap();
    assert_eq!(er.import(&file).unwrap().added, 1);
}

#[test]
fn somebody_who_was_made_an_administrator_here_is_given_no_password_by_a_sender_of_none() {
    let (mut ward, mut er) = two();
    let [boss] = administered(&mut er, ["administrator"]);
    ward.add_whole("nurse01", "er-1", 3);
    let (_, file) = ward.export(&er, None).unwrap();
    import_by(&mut er, &boss, &file).unwrap();
    er.engine.acting_by(&boss).change_person("nurse01", &with_role("administrator")).unwrap();
    let (_, same) = ward.export(&er, None).unwrap();
    assert_eq!(import_by(&mut er, &boss, &same).unwrap().unchanged, 5);
    ward.acting().set_password("nurse01", &trial::secret("Uji-1053-phoenix!"), false).unwrap();
    let (_, other) = ward.export(&er, None).unwrap();
    let Error::BundleRejected { report } = import_by(&mut er, &boss, &other).unwrap_err() else {
        panic!("taken")
    };
    let rejected: Vec<_> =
        report.rejected.iter().map(|record| (record.key.to_string(), record.why)).collect();
    assert_eq!(rejected, [("password/nurse01".to_owned(), Rejection::Administrator)]);
}

#[test]
fn somebody_who_becomes_an_administrator_there_leaves_where_none_may_pass() {
    let (mut ward, mut er) = two();
    ward.add("nurse01", "er-1");
    let (_, file) = ward.export(&er, None).unwrap();
    er.import(&file).unwrap();
    ward.acting().change_person("nurse01", &with_role("registrar")).unwrap();
    let (_, file) = ward.export(&er, None).unwrap();
    assert_eq!(er.import(&file).unwrap().removed, 1);
}

#[test]
fn a_policy_from_elsewhere_makes_nobody_an_administrator_who_is_none() {
    let (mut ward, mut er) = two();
    pair(&ward, &er, &scope(&["er-*"], &[], true, false));
    er.acting().add_person("own", &with_role("porter")).unwrap();
    let policy = format!("{STANDARD}\n[roles.porter]\nrights = [\"people\"]\n");
    ward.acting().set_policy(&policy).unwrap();
    let (_, file) = ward.export(&er, None).unwrap();
    for imported in [er.import(&file), er.import_the_rest(&file)] {
        let Error::BundleRejected { report } = imported.unwrap_err() else { panic!("taken") };
        let rejected: Vec<_> = report.rejected.iter().map(|record| (record.key.id(), record.why)).collect();
        assert_eq!(rejected, [("own", Rejection::Administrator)]);
    }
    assert_eq!(er.acting().policy().unwrap().text, STANDARD);
}

#[test]
fn a_bundle_never_takes_the_last_administrator() {
    let (mut ward, mut er) = two();
    pair(&ward, &er, &scope(&["er-*"], &[], false, true));
    ward.acting().add_person("chief", &with_role("administrator")).unwrap();
    let person = ward.engine.store.person("chief").unwrap().unwrap();
    let password = CarriedPassword {
        person: "chief".to_owned(),
        hash: PasswordHash::of(&trial::secret("Kobe-4711-harbour")).unwrap(),
        must_change: false,
        set: ward.now(),
    };
    let file = ward.forge(&er, &[Record::Person(Box::new(person)), Record::Password(password)], |_| {});
    er.import(&file).unwrap();
    let grant = trial::grant(&mut er.engine, "chief", Purpose::Admin, None);
    let gone = [Record::Gone(RecordKey::Person("chief".to_owned()))];
    let gone = ward.forge(&er, &gone, |header| header.revision += 1);
    assert_eq!(import_by(&mut er, &grant, &gone).unwrap_err().code(), "last_administrator");
    assert_eq!(er.people(), ["chief"]);
}
