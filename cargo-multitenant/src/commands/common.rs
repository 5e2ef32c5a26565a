//! What every command takes, and how one is carried out with it.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::config::{Environment, Overrides};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::output::{Console, Format, Verbosity};
use crate::source::Source;

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// The configuration [default: multitenant.toml beside Cargo.toml]
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    /// The database of this call; wins over everything that is configured
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// How the result is written to stdout
    #[arg(long, global = true, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
    /// When to use colours; NO_COLOR is respected
    #[arg(long, global = true, value_enum, default_value_t = ColorArg::Auto, value_name = "WHEN")]
    color: ColorArg,
    /// Nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Everything that happens, line by line, on stderr
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FormatArg {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// Annotations of a pull request, of what `lint` finds
    Github,
    /// SARIF 2.1.0, of what `lint` finds
    Sarif,
    /// Rows separated by commas, of what `sql` answers
    Csv,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ColorArg {
    /// On a terminal
    Auto,
    /// Into files and pipes too
    Always,
    /// Not at all
    Never,
}

/// Says what clap has to say instead of arguments, help and version among it, and answers with the exit code. clap knows
/// which stream each belongs to.
pub(crate) fn told(answer: &clap::Error) -> u8 {
    let _ = answer.print();
    if answer.use_stderr() { exit_code::USAGE } else { exit_code::DONE }
}

impl FormatArg {
    /// Those that are not for findings alone.
    pub(crate) fn without_findings() -> impl TypedValueParser<Value = Self> {
        let others = Self::value_variants().iter().filter(|format| !matches!(format, Self::Github | Self::Sarif));
        PossibleValuesParser::new(others.filter_map(Self::to_possible_value))
            .map(|name| Self::from_str(&name, false).unwrap_or(Self::Text))
    }
}

/// Which forms a command's results have, beside text and JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forms {
    None,
    /// Rows can be CSV.
    Rows,
    /// Findings at places of files can be annotations, and SARIF.
    #[cfg(feature = "lint")]
    Findings,
}

impl Common {
    /// Carries a command out, and answers with the exit code.
    pub(crate) fn carry_out(
        self,
        source: Source,
        program: &str,
        forms: Forms,
        command: impl FnOnce(&Context) -> Result<u8, CliError>,
    ) -> u8 {
        let console = self.console();
        let result = std::env::current_dir().map_err(CliError::System).and_then(|here| {
            forms.allow(console.format)?;
            let overrides = Overrides { config: self.config, database_url: self.database_url };
            let (environment, program) = (Environment::of_process(), program.to_owned());
            command(&Context { console, overrides, environment, here, source, program })
        });
        result.unwrap_or_else(|error| {
            console.error(&error);
            exit_code::of_error(&error)
        })
    }

    fn console(&self) -> Console {
        Console {
            color: match self.color {
                ColorArg::Auto => anstream::ColorChoice::Auto,
                ColorArg::Always => anstream::ColorChoice::Always,
                ColorArg::Never => anstream::ColorChoice::Never,
            },
            format: match self.format {
                FormatArg::Text => Format::Text,
                FormatArg::Json => Format::Json,
                FormatArg::Github => Format::Github,
                FormatArg::Sarif => Format::Sarif,
                FormatArg::Csv => Format::Csv,
            },
            verbosity: match (self.quiet, self.verbose) {
                (true, _) => Verbosity::Quiet,
                (false, false) => Verbosity::Normal,
                (false, true) => Verbosity::Verbose,
            },
        }
    }
}

impl Forms {
    fn allow(self, format: Format) -> Result<(), CliError> {
        #[cfg(feature = "lint")]
        let has_findings = self == Self::Findings;
        #[cfg(not(feature = "lint"))]
        let has_findings = false;
        if matches!(format, Format::Github | Format::Sarif) && !has_findings {
            return Err(CliError::Usage(
                "--format github and sarif are for what `lint` finds: use text or json".to_owned(),
            ));
        }
        if format == Format::Csv && self != Self::Rows {
            return Err(CliError::Usage("--format csv is for what `sql` answers: use text or json".to_owned()));
        }
        Ok(())
    }
}
