//! The command line as a binary of this package, so that its suite can find it.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_multitenant::main()
}
