//! engine
pub mod frame;
pub mod inference;
pub mod face;
pub mod liveness;
pub mod matching;
pub mod card;
pub mod session;
pub mod policy;
pub mod store;
pub mod audit;
pub mod camera;
pub mod engine;
pub mod text;
