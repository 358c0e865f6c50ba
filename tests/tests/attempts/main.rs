//! Whole attempts, and the grants that come of them, on a store on the disk.

#![cfg(test)]

mod applications;
mod devices;
mod faces;
mod grants;
mod lockouts;
mod random;
mod stages;
mod timing;
mod tries;
mod ward;
