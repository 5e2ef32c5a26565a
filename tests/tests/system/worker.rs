//! Processes of our own: `fleet-worker`.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A process that is ready, and waits for the word.
pub(crate) struct Worker {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// How many targets are as they should be, and how many migrations this process applied.
    pub(crate) done: Option<(usize, usize)>,
    pub(crate) error: String,
    /// Its report, target by target, if it came to that.
    pub(crate) told: Vec<Told>,
}

/// What a process reported on one target.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) schema: String,
    pub(crate) outcome: String,
    /// The failure's class, or `-`.
    pub(crate) class: String,
    pub(crate) applied: Vec<String>,
}

impl Told {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("target ")?.split(' ').map(str::to_owned);
        let (schema, outcome, class, applied) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let applied = applied.split(',').filter(|version| *version != "-").map(str::to_owned).collect();
        Some(Self { schema, outcome, class, applied })
    }
}

impl Worker {
    pub(crate) fn ready(url: &str, folder: &Path, jobs: usize, command: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fleet-worker"))
            .arg(url)
            .arg(folder)
            .arg(jobs.to_string())
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready");
        Self { child, output }
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn go(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) -> Ended {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.end()
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Ended {
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        let mut error = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        let status = self.child.wait().unwrap();
        let told = said.lines().filter_map(Told::parse).collect();
        let done = said
            .lines()
            .last()
            .unwrap_or_default()
            .split_once(' ')
            .and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        Ended { status, done, error, told }
    }
}
