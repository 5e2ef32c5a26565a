//! What can be asked for.
#![expect(clippy::disallowed_macros, reason = "a benchmark speaks to who runs it")]

const HELP: &str = "\
cargo bench --package multitenant-tests --bench fleet -- [OPTIONS]

  --tenants N             tenants of the workloads that write [300]
  --repetitions R         interleaved repetitions [10]
  --loop-repetitions R    of them, those in which the loop over diesel_migrations runs too [as many]
  --only NAME             one workload: start, nothing, small, five, create, provision, count; may
                          be given again
  --statements            with `--only count`: what each kind of statement costs the server
  --json                  JSON lines instead of tables
  --test, --quick         every workload once, with few tenants
";

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) tenants: usize,
    /// Of the authoritative reading.
    pub(crate) histories: usize,
    /// Of the start-up check, and of the run over very many.
    pub(crate) many: usize,
    /// Over how many tenants the loop goes where nothing is pending; the rest is extrapolated.
    pub(crate) looped: usize,
    pub(crate) repetitions: usize,
    pub(crate) loop_repetitions: usize,
    pub(crate) only: Vec<String>,
    /// Whether the server's time is told by statement.
    pub(crate) statements: bool,
    pub(crate) json: bool,
    /// In a process of its own: what to do.
    pub(crate) child: Option<String>,
    /// And where.
    pub(crate) url: String,
}

impl Options {
    pub(crate) fn of_the_command_line() -> Self {
        let mut options = Self {
            tenants: 300,
            histories: 3_000,
            many: 10_000,
            looped: 300,
            repetitions: 10,
            loop_repetitions: usize::MAX,
            only: Vec::new(),
            statements: false,
            json: false,
            child: None,
            url: String::new(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| usage(&format!("{argument} needs a value")));
            match argument.as_str() {
                "--tenants" => options.tenants = number(&value()),
                "--repetitions" => options.repetitions = number(&value()).max(1),
                "--loop-repetitions" => options.loop_repetitions = number(&value()),
                "--only" => options.only.push(value()),
                "--statements" => options.statements = true,
                "--json" => options.json = true,
                "--test" | "--quick" => {
                    (options.tenants, options.histories, options.many, options.looped) = (20, 60, 100, 20);
                    options.repetitions = 1;
                }
                "--child" => options.child = Some(value()),
                "--url" => options.url = value(),
                // Cargo says it to every benchmark.
                "--bench" => {}
                "--help" => {
                    print!("{HELP}");
                    std::process::exit(0)
                }
                other => usage(&format!("{other} is not known")),
            }
        }
        options
    }

    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == workload)
    }
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| usage(&format!("{text} is not a number")))
}

fn usage(problem: &str) -> ! {
    eprintln!("{problem}\n\n{HELP}");
    std::process::exit(2)
}
