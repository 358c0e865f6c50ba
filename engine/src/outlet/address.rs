//! Where a collector listens, as a policy has it: `unix:/dev/log`, `tls:logs.example:6514`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use rustls::pki_types::ServerName;

use crate::text::UnknownWord;

/// Most bytes of a path: `sun_path` of unix(7), without its end.
const PATH: usize = 107;

/// Where a collector listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket of this machine, of datagrams or of a stream.
    Unix(PathBuf),
    /// Another machine, by TLS and nothing less.
    Tls {
        /// A name or an IP address: what its certificate must be for.
        name: String,
        /// The port; RFC 5425 has 6514.
        port: u16,
    },
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tls { name, port } => write!(f, "tls:{name}:{port}"),
        }
    }
}

/// An IPv6 address stands as it is, without brackets: the port is what follows the last colon.
impl FromStr for Address {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        read(text).ok_or_else(|| {
            UnknownWord::new("a collector such as unix:/dev/log or tls:logs.example:6514", text)
        })
    }
}

fn read(text: &str) -> Option<Address> {
    if let Some(path) = text.strip_prefix("unix:") {
        let fits = path.starts_with('/') && path.len() <= PATH && !path.contains(char::is_control);
        return fits.then(|| Address::Unix(PathBuf::from(path)));
    }
    let (name, port) = text.strip_prefix("tls:")?.rsplit_once(':')?;
    let port = port.parse::<u16>().ok().filter(|number| *number > 0 && number.to_string() == port)?;
    ServerName::try_from(name).ok()?;
    Some(Address::Tls { name: name.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_collector_is_a_socket_or_a_name_with_a_port_and_nothing_without_tls() {
        for good in ["unix:/dev/log", "tls:logs.example:6514", "tls:192.0.2.7:6514", "tls:2001:db8::1:6514"] {
            assert_eq!(good.parse::<Address>().unwrap().to_string(), good);
        }
        let long = format!("unix:/{}", "x".repeat(PATH));
        for bad in [
            "",
            "unix:",
            "unix:dev/log",
            &long,
            "unix:/dev/\u{1b}[2J",
            "tls:",
            "tls::6514",
            "tls:logs.example",
            "tls:logs.example:0",
            "tls:logs.example:06514",
            "tls:logs.example:65536",
            "tls:a b:6514",
            "tcp:logs.example:514",
            "udp:logs.example:514",
            "logs.example:6514",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_is_read_is_shown_the_same(text in "(unix:|tls:)?.{0,60}") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.to_string(), text);
            }
        }
    }
}
