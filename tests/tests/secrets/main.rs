//! Passwords, lock-outs, emergency codes and application logins, as operators use them: through the command, on disk,
//! across processes.

#![cfg(test)]

mod emergency;
mod lockouts;
mod logins;
mod passwords;
mod prompt;
mod support;
