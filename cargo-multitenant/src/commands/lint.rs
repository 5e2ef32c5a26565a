//! `cargo multitenant lint`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::finding::render::{self, Findings};
use crate::finding::{Code, Finding, Level, Summary};
use crate::lint::{Ground, LintSettings, Paths, Project, RULES, Rule, find_rule, run, unknown_rule};
use crate::output::Format;

/// What is wrong with the migrations and the schema code
///
/// Needs no database, and compiles nothing. Rules and levels: [lint] in multitenant.toml; `cargo multitenant explain
/// RULE` says what a rule is about. `-- multitenant: allow(rule) reason` before a statement, or at the head of a file,
/// and `#[multitenant(allow(rule))]` on a struct say that something is meant.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant lint
  cargo multitenant lint migrations/tenant          only what is found there
  cargo multitenant lint -D no-cascade-delete       as an error this time
  cargo multitenant lint --fail-on warn             for a pipeline that accepts no warning
  cargo multitenant lint --format sarif > lint.sarif")]
pub(crate) struct Lint {
    /// Only what is found in these files and folders
    #[arg(value_name = "PATHS")]
    paths: Vec<PathBuf>,
    /// Rules that are not to be looked at
    #[arg(short = 'A', long, value_name = "RULE", value_parser = rule)]
    allow: Vec<&'static Rule>,
    /// Rules that are to be warnings
    #[arg(short = 'W', long, value_name = "RULE", value_parser = rule)]
    warn: Vec<&'static Rule>,
    /// Rules that are to be errors
    #[arg(short = 'D', long, value_name = "RULE", value_parser = rule)]
    deny: Vec<&'static Rule>,
    /// From which level on findings make the exit code 1
    #[arg(long, value_enum, default_value_t = LevelArg::Error, value_name = "LEVEL")]
    fail_on: LevelArg,
    /// All rules with their levels, and nothing else
    #[arg(long)]
    list_rules: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LevelArg {
    /// Everything
    Info,
    /// Warnings and errors
    Warn,
    /// Errors
    Error,
}

fn rule(name: &str) -> Result<&'static Rule, String> {
    find_rule(name).ok_or_else(|| format!("there is no such rule: {}", unknown_rule(name)))
}

impl Lint {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let config = context.config()?;
        let (mut settings, problems) = LintSettings::parse(config.text());
        if !problems.is_empty() {
            return Err(CliError::Config(config.error(problems)));
        }
        let flags = [(&self.allow, Level::Off), (&self.warn, Level::Warning), (&self.deny, Level::Error)];
        for (rule, level) in flags.into_iter().flat_map(|(rules, level)| rules.iter().map(move |rule| (rule, level))) {
            settings.set_level(rule, level);
        }
        if self.list_rules {
            return list(context, &settings);
        }
        let tenant = config.new_tenant_folder();
        let shared = config.new_shared_folder();
        let paths = Paths {
            shared: shared.is_dir().then_some(shared),
            tenant: tenant.is_dir().then_some(tenant),
            rust: crate::lint::rust_folders(&config.root),
            here: context.here.clone(),
        };
        let project = Project::read(&paths);
        let ground = Ground {
            shared_schema: config.settings.shared_schema.as_str(),
            template: &config.settings.schema_template,
            lint: &settings,
        };
        let linted = run(&project, &ground, RULES);
        let mut findings = linted.findings;
        findings.retain(|finding| self.is_asked_for(&project.sources.get(finding.place.file).path));
        let mut summary =
            Summary { schemas: linted.tables, files: project.sources.iter().count(), ..Summary::default() };
        summary.count(&findings);
        self.show(context, &project, &findings, summary)
    }

    fn is_asked_for(&self, file: &str) -> bool {
        let file = std::path::Path::new(file);
        self.paths.is_empty() || self.paths.iter().any(|path| file.starts_with(path.strip_prefix("./").unwrap_or(path)))
    }

    fn show(
        &self,
        context: &Context,
        project: &Project,
        findings: &[Finding],
        summary: Summary,
    ) -> Result<u8, CliError> {
        let codes: Vec<Code> = RULES.iter().map(|rule| rule.code()).collect();
        let shown = Findings { findings, sources: &project.sources, summary, codes: &codes };
        let failed = |error: serde_json::Error| CliError::Output(error.into());
        match context.console.format {
            Format::Text => context.console.text(&render::text(&shown))?,
            Format::Json => context.console.raw(&render::json(&shown).map_err(failed)?)?,
            Format::Github => context.console.raw(&render::github(&shown))?,
            Format::Sarif => context.console.raw(&render::sarif(&shown).map_err(failed)?)?,
        }
        let limit = match self.fail_on {
            LevelArg::Info => Level::Info,
            LevelArg::Warn => Level::Warning,
            LevelArg::Error => Level::Error,
        };
        let fails = findings.iter().any(|finding| finding.level >= limit);
        Ok(if fails { exit_code::FINDINGS } else { exit_code::DONE })
    }
}

fn list(context: &Context, settings: &LintSettings) -> Result<u8, CliError> {
    let rules: Vec<_> = RULES
        .iter()
        .map(|rule| render::ListedRule {
            name: rule.name,
            level: settings.level(rule).unwrap_or(rule.level).word(),
            default: rule.level.word(),
            kind: rule.kind.title(),
        })
        .collect();
    context.console.result(&render::RuleList::new(rules), render::rule_list)?;
    Ok(exit_code::DONE)
}
