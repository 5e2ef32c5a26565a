//! What every benchmark needs: a server, a clock, a command line, and somewhere to print.

pub(crate) mod arguments;
pub(crate) mod clock;
pub(crate) mod output;
pub(crate) mod server;
