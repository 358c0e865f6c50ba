//! What ends a command early: a stable word, one line, what to do, and the exit status.

use std::fmt::Display;

/// The exit statuses of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Done = 0,
    Refused = 1,
    Usage = 2,
    Unavailable = 3,
    DataRefused = 4,
    /// Nobody was let in and nobody was refused: nothing was presented, or this terminal only observes.
    Undecided = 5,
}

/// Why a command could not be carried out.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) fix: String,
    pub(crate) exit: Exit,
}

impl Failure {
    pub(crate) fn usage(detail: impl Into<String>, fix: impl Into<String>) -> Failure {
        Failure { code: "usage", detail: detail.into(), fix: fix.into(), exit: Exit::Usage }
    }

    pub(crate) fn internal(doing: &str, error: &dyn Display) -> Failure {
        Failure {
            code: "io",
            detail: format!("{doing}: {error}"),
            fix: String::new(),
            exit: Exit::Unavailable,
        }
    }
}

/// The chain of causes in one line. A file's name in it may hold what would steer the terminal: that is not shown.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    line.replace(char::is_control, " ")
}

impl From<mabataki_engine::engine::Error> for Failure {
    fn from(error: mabataki_engine::engine::Error) -> Failure {
        use mabataki_engine::engine::Class;
        let exit = match error.class() {
            Class::Usage => Exit::Usage,
            Class::Refused => Exit::Refused,
            Class::Unavailable => Exit::Unavailable,
            Class::DataRefused => Exit::DataRefused,
        };
        Failure { code: error.code(), detail: chain(&error), fix: error.fix().to_owned(), exit }
    }
}

impl From<mabataki_engine::service::ServiceError> for Failure {
    fn from(error: mabataki_engine::service::ServiceError) -> Failure {
        use mabataki_engine::engine::Class;
        use mabataki_engine::service::ServiceError;
        match error {
            ServiceError::Engine(error) => error.into(),
            error => {
                let exit = match error.class() {
                    Class::Usage => Exit::Usage,
                    Class::Refused => Exit::Refused,
                    Class::Unavailable => Exit::Unavailable,
                    Class::DataRefused => Exit::DataRefused,
                };
                let code = match &error {
                    ServiceError::Served { .. } => "already_served",
                    ServiceError::Folder { .. } => "unsafe_folder",
                    _ => "io",
                };
                Failure { code, detail: chain(&error), fix: error.fix().to_owned(), exit }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_told_in_one_line_that_cannot_steer_the_terminal() {
        let cause = std::io::Error::other("picture\u{1b}[2J\r\n.jpg");
        assert_eq!(chain(&cause), "picture [2J  .jpg");
    }
}
