//! Who lints.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::project::Project;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    Ours,
    Squawk,
}

impl Contender {
    pub(crate) const ALL: [Self; 2] = [Self::Ours, Self::Squawk];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Squawk => "squawk",
        }
    }

    pub(crate) fn is_there(self) -> bool {
        self == Self::Ours || Command::new("squawk").arg("--version").stdout(Stdio::null()).status().is_ok()
    }

    /// Lints a project once, from the start of the program to its end.
    pub(crate) fn lint(self, project: &Project) -> Duration {
        let mut command = match self {
            Self::Ours => {
                let mut ours = Command::new(env!("CARGO_BIN_EXE_cargo-multitenant-under-test"));
                ours.args(["multitenant", "lint", "--format", "json"]);
                ours
            }
            Self::Squawk => {
                let mut squawk = Command::new("squawk");
                squawk.args(["--reporter", "json"]).args(&project.files);
                squawk
            }
        };
        command.current_dir(project.folder()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let status = command.status().unwrap();
        let took = started.elapsed();
        // Each finds something in any of the shapes, and says so.
        let code = status.code();
        assert!(code.is_some_and(|code| code <= 1), "{} ended with {code:?}", self.name());
        took
    }
}
