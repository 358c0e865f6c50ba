//! Enrolments, and watches over grants, with real nets on recorded people and a store on the disk.

#![cfg(test)]

mod command;
mod enrolment;
mod review;
mod secrecy;
mod site;
mod watch;
