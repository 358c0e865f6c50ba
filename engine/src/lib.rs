//! Lets a person in with an IC card and their face.
//!
//! Pixels and APDUs go in at the bottom, one decision comes out at the top; downwards go only wishes: what to measure in
//! the next frame, which card to ask what.
//!
//! ```text
//!   service       one owner of all this for a terminal, and what its hosts talk to it with
//!   engine        opens the parts, drives the sessions, writes down what was done
//!   session       the sans-IO state machines: authenticate, enrol      policy   what it takes to be let in
//!   grant         what being let in is good for      secret   passwords, codes, logins      roster   lists of people
//!   terminal      what terminals know of each other: keys, fingerprints, scopes      bundle   what they carry to each other
//!   liveness      blink, anti-spoof      matching   templates, scores, gallery      card      identities, readers
//!   face          detection, landmarks, pose, quality, eyes, embedding       store, audit, keys   sealed records, the log
//!   frame         pictures on their way in      inference   the nets      camera      text   Japanese and English
//!   outlet        what leaves the log: a second disk, a collector of system logs
//! ```
//!
//! Begin with [`engine::Engine`]. The library reads no environment and fetches nothing: whoever opens it says where
//! everything is.

#![deny(unsafe_code)]

pub mod audit;
pub mod bundle;
pub mod camera;
pub mod card;
pub mod engine;
pub mod face;
pub mod frame;
pub mod grant;
pub mod inference;
pub mod keys;
pub mod liveness;
pub mod matching;
pub mod outlet;
pub mod policy;
pub mod roster;
mod sealing;
pub mod secret;
pub mod service;
pub mod session;
pub mod store;
pub mod terminal;
pub mod text;
