//! The part of the command line that all benchmarks have.
#![expect(clippy::disallowed_macros, reason = "a benchmark speaks to who runs it")]

/// What every benchmark can be asked for.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    pub(crate) repetitions: usize,
    pub(crate) only: Vec<String>,
    pub(crate) json: bool,
    /// Everything once, with little.
    pub(crate) quick: bool,
    /// In a process of its own: what to do.
    pub(crate) child: Option<String>,
    /// And where.
    pub(crate) url: String,
}

impl Arguments {
    /// Reads the command line; `own` takes what is the benchmark's own, and says whether it was.
    pub(crate) fn read(help: &'static str, mut own: impl FnMut(&str, &mut dyn FnMut() -> String) -> bool) -> Self {
        let mut all =
            Self { repetitions: 10, only: Vec::new(), json: false, quick: false, child: None, url: String::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| usage(help, &format!("{argument} needs a value")));
            match argument.as_str() {
                "--repetitions" => all.repetitions = number(help, &value()).max(1),
                "--only" => all.only.push(value()),
                "--json" => all.json = true,
                "--test" | "--quick" => (all.quick, all.repetitions) = (true, 1),
                "--child" => all.child = Some(value()),
                "--url" => all.url = value(),
                // Cargo says it to every benchmark.
                "--bench" => {}
                "--help" => {
                    print!("{help}");
                    std::process::exit(0)
                }
                other if own(other, &mut value) => {}
                other => usage(help, &format!("{other} is not known")),
            }
        }
        all
    }

    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == workload)
    }
}

pub(crate) fn number(help: &str, text: &str) -> usize {
    text.parse().unwrap_or_else(|_| usage(help, &format!("{text} is not a number")))
}

fn usage(help: &str, problem: &str) -> ! {
    eprintln!("{problem}\n\n{help}");
    std::process::exit(2)
}
