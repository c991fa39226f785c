//! What the engine's tests share; each test file uses a part of it.
#![allow(dead_code, missing_docs, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

pub mod call;
pub mod cloud;
pub mod driver;
pub mod graphs;
pub mod leash;
pub mod stack;
