//! A project's migrations and its schema code, side by side.

use multitenant_runtime::Tier;

use super::code::Code;
use super::read::read;
use crate::config::Config;
use crate::context::Context;
use crate::error::CliError;
use crate::lint::{LintSettings, Marking, Paths, Project, RustTable, made};
use crate::model::{Model, of_catalog};

/// What both say.
pub(crate) struct FromSchema {
    /// What the migrations make.
    pub(crate) before: Model,
    pub(crate) code: Code,
}

impl FromSchema {
    /// Reads a project; folders of migrations need not be there yet.
    ///
    /// # Errors
    ///
    /// [`CliError::Config`] where the linter's settings are no such.
    pub(crate) fn read(config: &Config, context: &Context) -> Result<Self, CliError> {
        let project = Project::read(&Paths::that_are_there(config, &context.here));
        let (settings, problems) = LintSettings::parse(config.text());
        if !problems.is_empty() {
            return Err(CliError::Config(config.error(problems)));
        }
        let mut of = Self::of(&project, &settings, config.settings.shared_schema.as_str());
        of.code.problems.extend(unread(&project));
        Ok(of)
    }

    /// Of a project that was read.
    pub(crate) fn of(project: &Project, settings: &LintSettings, shared_schema: &str) -> Self {
        let catalog = made(project, shared_schema);
        let marking = Marking::of(project, settings);
        let declared: Vec<(Tier, &RustTable)> =
            marking.tables(project).map(|(table, marked)| (marked.tier().unwrap_or(Tier::Tenant), table)).collect();
        let before = of_catalog(&catalog, &declared);
        Self { before, code: read(project, &catalog, &marking) }
    }
}

/// What could not be read stands in the way: of what it holds there would be migrations once more.
fn unread(project: &Project) -> Vec<(Tier, String)> {
    let mut problems = Vec::new();
    for part in &project.unreadable {
        let source = project.sources.get(part.place.file);
        // Of what is no text there is no line.
        let line = if source.text.is_empty() {
            String::new()
        } else {
            format!(":{}", source.point(part.place.span.start).line)
        };
        let problem = format!("{}{line}: {}", source.path, part.message);
        problems.extend([Tier::Shared, Tier::Tenant].map(|tier| (tier, problem.clone())));
    }
    for migration in &project.migrations {
        let Some(up) = &migration.up else { continue };
        if let Some((span, message)) = up.script.errors.first().or(up.script.excess.as_ref()) {
            let source = project.sources.get(up.file);
            let line = source.point(span.start).line;
            problems
                .push((migration.tier, format!("{}:{line}: this is no SQL that can be read ({message})", source.path)));
        }
    }
    problems
}
