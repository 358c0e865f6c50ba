//! The log as an inspector finds it: what was done to it, on the disk, is named; and a power cut is told apart from it.

#![cfg(test)]

mod command;
mod inspector;
mod outlets;
mod outside;
mod shares;
mod site;
