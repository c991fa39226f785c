//! The sans-I/O core of Assent: it decides, the TypeScript around it acts.
//!
//! Nothing in this crate reads a clock, draws a random number, performs I/O or calls back into JavaScript:
//! time and seeds are arguments. Native tests run the same code that is compiled to WebAssembly.

pub mod call;
pub mod circle;
pub mod consensus;
pub mod digest;
pub mod door;
pub mod durations;
pub mod engine;
pub mod expr;
pub mod graph;
pub mod intrinsics;
pub mod model;
pub mod permissions;
pub mod plan;
pub mod problem;
pub mod proof;
mod same;
pub mod scan;
pub mod schema;
pub mod seal;
pub mod secret;
pub mod session;
pub mod share;
pub mod shown;
pub mod simulate;
pub mod sketch;
pub mod template;
