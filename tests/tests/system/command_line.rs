//! The command line as a process, on a fleet.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `cargo multitenant` with a configuration of its own: the tenants are the schemas.
pub(crate) fn run(migrations: &Path, url: &str, arguments: &[&str]) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let migrations = serde_json::to_string(migrations).unwrap();
    let toml = format!("[tenants]\nsource = \"schemas\"\n[migrations]\nfolder = {migrations}\n");
    std::fs::write(folder.path().join("multitenant.toml"), toml).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-multitenant-under-test"))
        .current_dir(folder.path())
        .args(arguments)
        .args(["--database-url", url])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Answer {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
