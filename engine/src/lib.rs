//! engine
pub mod audit;
pub mod camera;
pub mod card;
pub mod engine;
pub mod face;
pub mod frame;
pub mod inference;
pub mod liveness;
pub mod matching;
pub mod policy;
pub mod session;
pub mod store;
pub mod text;
