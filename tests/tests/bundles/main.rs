//! What two terminals carry to each other, by the command, as the people do it who carry it.

#![cfg(test)]

mod carried;
mod killed;
mod refused;
mod support;
