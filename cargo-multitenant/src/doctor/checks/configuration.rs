use super::check;
use crate::config::{Origin, Problem};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::error::CliError;
use crate::finding::{FilePoint, Level};

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
            let complaints = error.problems.iter().map(|problem| {
                let complaint = CHECK.complaint(format!("{}{}", problem.message, from(problem))).object(&error.file);
                let mut complaint =
                    complaint.help(problem.help.clone().unwrap_or_else(|| "correct it, or leave it out".to_owned()));
                if let Origin::File(span) = &problem.origin {
                    complaint.file = Some(point(&error.file, &error.text, span.start));
                }
                complaint
            });
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

/// Where the value comes from, where that is not the file.
fn from(problem: &Problem) -> String {
    match &problem.origin {
        Origin::Variable(name) => format!(" (from the environment variable {name})"),
        Origin::DotEnv(name) => format!(" (from {name} in the .env file)"),
        Origin::Flag(name) => format!(" (from the flag {name})"),
        Origin::File(_) | Origin::Default | Origin::Nowhere => String::new(),
    }
}

fn point(file: &str, text: &str, at: usize) -> FilePoint {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    FilePoint {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].encode_utf16().count() + 1,
    }
}
