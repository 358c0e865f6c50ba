//! How FeliCa commands go through a reader. PC/SC has no word for them, so each maker found its own.

/// A family of readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// A transparent session as PC/SC part 3 has it.
    Generic,
    /// Sony RC-S380 and RC-S300.
    Sony,
    /// ACS ACR1251, ACR1252 and their kin.
    Acs,
    /// Readers with a PN532 whose commands they pass on: ACS ACR122U.
    Pn532,
    /// Identiv.
    Identiv,
}

impl Dialect {
    /// What a reader of this name speaks, as far as its name tells.
    pub(super) fn of_reader(name: &str) -> Dialect {
        let is = |makers: &[&str]| makers.iter().any(|maker| name.contains(maker));
        match () {
            () if is(&["ACR122", "PN532"]) => Dialect::Pn532,
            () if is(&["ACS", "ACR"]) => Dialect::Acs,
            () if is(&["SONY", "Sony", "FeliCa Port", "PaSoRi"]) => Dialect::Sony,
            () if is(&["Identiv", "SCM"]) => Dialect::Identiv,
            () => Dialect::Generic,
        }
    }
}
