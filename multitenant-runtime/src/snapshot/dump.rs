//! Runs `pg_dump` over one schema.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::connection::ConnectionUrl;
use crate::run::Frame;

use super::obstacle::Obstacle;

/// A longer text is not worth keeping, and would be read with each tenant that is created.
pub(super) const MOST_BYTES: usize = 8 << 20;

/// The schema as `pg_dump` writes it, with its rows, without its history.
pub(super) async fn dump(program: &Path, url: &ConnectionUrl, frame: Frame<'_>) -> Result<String, Obstacle> {
    let command = command(program, url, frame);
    let dumped = tokio::task::spawn_blocking(move || run(command)).await;
    dumped.unwrap_or_else(|error| Err(Obstacle::here(format!("pg_dump was not waited for: {error}"))))
}

fn command(program: &Path, url: &ConnectionUrl, frame: Frame<'_>) -> Command {
    let mut command = Command::new(program);
    // What is in the environment is a layer of libpq's configuration, and not of ours.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    let (url, password) = url.for_a_program();
    // Not among the arguments, which every user of the machine can read.
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    let mut dbname = OsString::from("--dbname=");
    dbname.push(url);
    command
        .arg(dbname)
        .arg(format!("--schema={}", frame.target.schema().quoted()))
        .arg(format!("--exclude-table={}", frame.ledger().qualified()))
        .args(["--inserts", "--rows-per-insert=100", "--no-publications", "--no-subscriptions"])
        .args(["--encoding=UTF8", "--lock-wait-timeout=10000", "--no-password"])
        .env("PGAPPNAME", "cargo-multitenant")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(mut command: Command) -> Result<String, Obstacle> {
    let cannot = |error: std::io::Error| Obstacle::here(format!("pg_dump cannot be run: {error}"));
    let mut child = command.spawn().map_err(cannot)?;
    let said = child.stderr.take().map(|stderr| std::thread::spawn(move || text_of(stderr, 1 << 16)));
    let text = child.stdout.take().map(|stdout| text_of(stdout, MOST_BYTES + 1)).unwrap_or_default();
    if text.len() > MOST_BYTES {
        end(&mut child);
        return Err(Obstacle::Lasting(format!("its text is longer than {} MiB", MOST_BYTES >> 20)));
    }
    let status = child.wait().map_err(cannot)?;
    if !status.success() {
        let said = said.and_then(|said| said.join().ok()).unwrap_or_default();
        return Err(Obstacle::here(format!("pg_dump failed ({status}): {}", String::from_utf8_lossy(&said).trim())));
    }
    String::from_utf8(text).map_err(|_| Obstacle::Lasting("pg_dump's text is not UTF-8".to_owned()))
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn text_of(stream: impl Read, limit: usize) -> Vec<u8> {
    let mut text = Vec::new();
    // What could be read of it says enough.
    let _ = stream.take(limit as u64).read_to_end(&mut text);
    text
}
