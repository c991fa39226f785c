//! What the engine's tests share; each test file uses a part of it.
#![allow(dead_code, missing_docs)]

pub mod cloud;
pub mod driver;
pub mod graphs;
pub mod leash;
