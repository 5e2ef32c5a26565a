//! Where results are printed: a table for people, lines of JSON for programs.
#![expect(clippy::disallowed_macros, reason = "a benchmark prints its results")]

use std::fs;

use serde_json::{Value, json};

use super::arguments::Arguments;
use super::clock::peak_memory;
use super::server::Server;

/// Where results are printed.
pub(crate) struct Output {
    pub(crate) json: bool,
    repetitions: usize,
}

impl Output {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        Self { json: arguments.json, repetitions: arguments.repetitions }
    }

    /// What it is measured on, and the head of the table.
    pub(crate) async fn begin(&self, server: &Server, head: &str) {
        let fsync = server.ask("SHOW fsync").await;
        let version = server.version();
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        let load = load();
        if self.json {
            println!(
                "{}",
                json!({ "server": version, "fsync": fsync, "processors": processors, "load": load,
                        "repetitions": self.repetitions })
            );
            return;
        }
        println!("{version}, fsync {fsync}; {processors} processors, load {load}; {} repetitions\n", self.repetitions);
        println!("{head}");
    }

    /// A line of JSON where that is wanted, else the row of the table.
    pub(crate) fn row(&self, json: &Value, row: &str) {
        if self.json { println!("{json}") } else { println!("{row}") }
    }

    /// Something that is not compared.
    pub(crate) fn figure(&self, figure: &Value) {
        if self.json {
            println!("{figure}");
            return;
        }
        let Some(fields) = figure.as_object() else { return };
        let texts: Vec<String> =
            fields.iter().map(|(name, value)| format!("{} {value}", name.replace('_', " "))).collect();
        println!("<!-- {} -->", texts.join(", "));
    }

    pub(crate) fn end(&self) {
        self.figure(&json!({ "peak_kib_of_this_process": peak_memory(), "load": load() }));
    }
}

/// How much else the machine does; empty where it does not say.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
