//! How FeliCa commands go through a reader. PC/SC has a word for them that few readers know, so each maker found its own.

/// A family of readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// A transparent session as PC/SC part 3 has it (supplement 2): Sony RC-S300, HID, and others.
    Generic,
    /// Sony RC-S380 and RC-S300.
    Sony,
    /// ACS ACR1251, ACR1252 and their kin.
    Acs,
    /// Readers with a PN532 whose commands they pass on: ACS ACR122U.
    Pn532,
    /// Identiv, SCM.
    Identiv,
}

impl Dialect {
    /// What a reader of this name speaks; none when its name does not tell.
    pub(super) fn of_reader(name: &str) -> Option<Dialect> {
        let is = |makers: &[&str]| makers.iter().any(|maker| name.contains(maker));
        match () {
            () if is(&["ACR122", "PN532"]) => Some(Dialect::Pn532),
            () if is(&["ACS ", "ACR1"]) => Some(Dialect::Acs),
            () if is(&["SONY", "Sony", "FeliCa Port", "PaSoRi"]) => Some(Dialect::Sony),
            () if is(&["Identiv", "SCM Microsystems"]) => Some(Dialect::Identiv),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readers_name_tells_what_it_speaks_or_nothing() {
        for (name, dialect) in [
            ("ACS ACR122U PICC Interface 00 00", Some(Dialect::Pn532)),
            ("ACS ACR1252 1S CL Reader [ACR1252 Dual Reader PICC] 00 00", Some(Dialect::Acs)),
            ("SONY FeliCa RC-S300/P (1234567) 00 00", Some(Dialect::Sony)),
            ("Sony FeliCa Port/PaSoRi 3.0 0", Some(Dialect::Sony)),
            ("Identiv uTrust 3700 F CL Reader 00 00", Some(Dialect::Identiv)),
            ("Counter 00 00", None),
            ("", None),
        ] {
            assert_eq!(Dialect::of_reader(name), dialect, "{name}");
        }
    }
}
