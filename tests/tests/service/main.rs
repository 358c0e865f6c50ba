//! The service of a terminal, as its hosts meet it: the command itself, over its socket.

#![cfg(test)]

mod administration;
mod devices;
mod door;
mod faults;
mod letting;
mod sessions;
mod support;
mod taps;
mod unit;
mod users;
mod within;
