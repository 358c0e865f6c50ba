//! Passwords, lock-outs, emergency codes and application logins, as operators use them: through the command, on disk,
//! across processes.

#![cfg(test)]

mod lockouts;
mod passwords;
mod prompt;
mod support;
