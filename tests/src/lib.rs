//! Holds nothing itself: the end-to-end tests are in `tests/`, and say by their names what a user can rely on.
