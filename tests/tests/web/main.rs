//! The tenant of a request: resolvers, the layer and the middleware, extractors, jobs. On a real server and over real HTTP,
//! attacks first.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod answers;
mod attacks;
mod client;
mod headers;
mod health;
mod interleaved;
mod jobs;
mod layers;
mod resolvers;
mod server;
mod shop;
mod spans;
mod tricks;
