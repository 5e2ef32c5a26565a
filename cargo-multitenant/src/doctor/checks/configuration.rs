use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::origin::{placed, said};
use crate::error::CliError;
use crate::finding::Level;

check! {
    /// ## What it checks
    /// That the configuration is found, can be read, and means something: `multitenant.toml`, the environment, `.env` and
    /// flags, in this order.
    ///
    /// ## Why is this bad?
    /// Nothing else can be looked at. No value that cannot be understood is replaced by a default.
    ///
    /// ## What to do
    /// Correct what is pointed at. Without any `multitenant.toml` the defaults hold, and the database must be in
    /// `DATABASE_URL`.
    "configuration": Error, Project, "configuration", look
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let config = match ground.read_config() {
        Ok(config) => config,
        Err(CliError::Config(error)) => {
            let complaints = error
                .problems
                .iter()
                .map(|problem| placed(CHECK.complaint(said(problem)).object(&error.file), error, problem));
            return Ok(Verdict::Bad(format!("{} cannot be used", error.file), complaints.collect()));
        }
        Err(other) => return Err(Blocked(other.to_string())),
    };
    let mut complaints: Vec<_> = Vec::new();
    for warning in &config.warnings {
        let mut complaint = CHECK.complaint(warning);
        complaint.level = Level::Warning;
        complaints.push(complaint.object("environment").help("correct the variable, or remove it"));
    }
    let found = config.file().unwrap_or("no multitenant.toml: the defaults hold").to_owned();
    Ok(Verdict::of(found.clone(), found, complaints))
}
