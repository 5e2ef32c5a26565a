//! `cargo multitenant verify`

use clap::{Args, ValueEnum};
use multitenant_runtime::{ConnectionUrl, Version};

use crate::config::{Config, Database};
use crate::context::{Context, Project, block_on};
use crate::development;
use crate::error::CliError;
use crate::exit_code;
use crate::report::{VerifyDocument, VerifyProgress};
use crate::verify::{Where, verify};

use super::level::LevelArg;
use super::options::version;

/// Try all migrations out: up, down and up again, on two tenants and the shared schema
///
/// In a database that is made for it and dropped afterwards; the configured database itself is not touched. After every
/// migration the schema is compared: down.sql must lead back to what was before, up.sql again to what was there; a second
/// tenant must be equal to the first; and every `table!` to what the migrations make. For a pipeline.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant verify                          on the configured server; without one, on a throw-away server
  cargo multitenant verify --on embedded            on a throw-away server, whatever is configured
  cargo multitenant verify --from 2026-01-01        what is older is only applied: for a project with a past
  cargo multitenant verify --format json

Findings: verify-up-fails, verify-down-fails, verify-down-not-inverse, verify-up-again-fails, verify-up-again-differs, verify-shared-changed, verify-no-migrations, \
verify-second-tenant-fails, verify-tenants-differ, verify-schema-code.

Exit codes: 0 nothing of that level found, 1 something found, 3 the project cannot be used, 11 a question to the \
scratch database failed, 20 the server cannot be reached.")]
pub(crate) struct Verify {
    /// On which server the scratch database is made [default: the configured one; where that is the development server,
    /// or none, a throw-away server]
    #[arg(long, value_enum, value_name = "SERVER")]
    on: Option<On>,
    /// Rehearse from this version on, given as such or as a folder's name; what is older is only applied
    #[arg(long, value_name = "VERSION", value_parser = version)]
    from: Option<Version>,
    /// From which level on findings make the exit code 1
    #[arg(long, value_enum, default_value_t = LevelArg::Error, value_name = "LEVEL")]
    fail_on: LevelArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    /// The configured server, whose role must be allowed to create databases
    Server,
    /// A server that is started for it from the PostgreSQL on this machine, and gone afterwards
    Embedded,
}

impl Verify {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let project = Project::of(context.config()?)?;
        let place = self.place(project.config())?;
        let from = self.from.clone();
        let mut progress = VerifyProgress::new(&context.console);
        let steps = verify(&project, &context.here, &place, from, |tier, number, of| progress.step(tier, number, of));
        // It sees to interrupts itself, and drops its database before it ends.
        let verified = block_on(steps)?;
        progress.finish();
        context.console.result(&VerifyDocument::new(&verified), VerifyDocument::text)?;
        let worst = verified.complaints().map(|complaint| complaint.level).max();
        let fails = worst.is_some_and(|level| level >= self.fail_on.level());
        Ok(if fails { exit_code::FINDINGS } else { exit_code::DONE })
    }

    fn place(&self, config: &Config) -> Result<Where, CliError> {
        let url = match (self.on, config.database()) {
            (Some(On::Embedded), _) => return Ok(Where::Embedded),
            (Some(On::Server), Err(error)) => return Err(error.into()),
            (None, Err(_) | Ok(Database::Embedded)) => return Ok(Where::Embedded),
            (Some(On::Server), Ok(Database::Embedded)) => development::start(&config.root)?,
            (_, Ok(Database::Url(url, _))) => url.clone(),
        };
        let url = ConnectionUrl::parse(&url).map_err(|error| config.bad_url(error.to_string()))?;
        Ok(Where::Server(Box::new(url)))
    }
}
