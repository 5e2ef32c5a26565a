//! The model of a project, read from its files.

use multitenant_runtime::Tier;

use super::doubts::doubts;
use super::fill::fill;
use super::value::Model;
use crate::config::{Config, shown, slashes};
use crate::context::Context;
use crate::error::CliError;
use crate::lint::{Ground, LintSettings, Marking, Paths, Project, RustTable, made};

/// What a project's migrations make, and what is not known of it for certain.
pub(crate) struct ProjectModel {
    pub(crate) model: Model,
    /// In words, each one a sentence.
    pub(crate) doubts: Vec<String>,
}

impl ProjectModel {
    /// Reads it. `None` where there is neither a migration nor a `table!`.
    ///
    /// # Errors
    ///
    /// [`CliError::Config`] where the linter's settings are no such, and what [`Paths::of`] refuses.
    pub(crate) fn read(config: &Config, context: &Context) -> Result<Option<Self>, CliError> {
        let project = Project::read(&Paths::of(config, &context.here)?);
        if project.is_empty() {
            return Ok(None);
        }
        let (mut settings, problems) = LintSettings::parse(config.text());
        if !problems.is_empty() {
            return Err(CliError::Config(config.error(problems)));
        }
        // What is turned off for the linter is said here all the same.
        settings.forget_levels();
        let shared_schema = config.settings.shared_schema.as_str();
        let catalog = made(&project, shared_schema);
        let marking = Marking::of(&project, &settings);
        let declared: Vec<(Tier, &RustTable)> =
            marking.tables(&project).map(|(table, marked)| (marked.tier().unwrap_or(Tier::Tenant), table)).collect();
        let model = fill(&catalog, &declared);
        let ground = Ground { shared_schema, template: &config.settings.schema_template, lint: &settings };
        let doubts = doubts(&project, &catalog, &model, &ground);
        Ok(Some(Self { model, doubts }))
    }

    /// Reads it, and refuses a project that has nothing to `verb`.
    ///
    /// # Errors
    ///
    /// What [`read`](Self::read) refuses, and [`CliError::Files`] where there is nothing.
    pub(crate) fn read_some(config: &Config, context: &Context, verb: &str) -> Result<Self, CliError> {
        Self::read(config, context)?.ok_or_else(|| {
            let folder = slashes(&shown(&config.new_tenant_folder(), &context.here));
            CliError::Files {
                what: format!("there is nothing to {verb}: no migration in {folder}, and no `table!`"),
                help: Some("say in multitenant.toml where the migrations are"),
                source: None,
            }
        })
    }
}
