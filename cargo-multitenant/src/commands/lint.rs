//! `cargo multitenant lint`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::config::{Config, shown, slashes};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::finding::render::{self, Findings};
use crate::finding::{Code, Finding, Level, Summary};
use crate::lint::{
    Baseline, Ground, LintSettings, Linted, Paths, Project, RULES, Rule, find_rule, fix, lock, run, rust_folders,
    since, unknown_rule,
};
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
  cargo multitenant lint --since origin/main        only what is new on this branch
  cargo multitenant lint --baseline lint.json --write-baseline
  cargo multitenant lint --fix                      mend what is certain
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
    /// Only what is found in files that differ from this revision of git, as in origin/main
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// A file of findings that are known and do not count [default: lint.baseline of multitenant.toml]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found into that file, and nothing else
    #[arg(long)]
    write_baseline: bool,
    /// Mend what can be for certain, in migrations that are not in multitenant.lock and in schema code
    #[arg(long, conflicts_with = "write_baseline")]
    fix: bool,
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
        let mut project = project(&paths(context, &config));
        let mut linted = look(&project, &config, &settings);
        let mut fixed = 0;
        if self.fix {
            // What one rule mends may be another one's next.
            for _ in 0..ROUNDS {
                let mended = self.mend(&linted.findings, &project)?;
                if mended == 0 {
                    break;
                }
                fixed += mended;
                project = self::project(&paths(context, &config));
                linted = look(&project, &config, &settings);
            }
        }
        let mut findings = linted.findings;
        findings.retain(|finding| self.is_asked_for(&project.sources.get(finding.place.file).path));
        if let Some(reference) = &self.since {
            let changed = since::changed(reference, &context.here)
                .map_err(|message| CliError::Usage(format!("--since {reference}: {message}")))?;
            findings.retain(|finding| is_one_of(&changed, &project.sources.get(finding.place.file).path, context));
        }
        let baseline = self.baseline.clone().or_else(|| settings.baseline.as_ref().map(|file| config.root.join(file)));
        if self.write_baseline {
            return write_baseline(baseline.as_deref(), &findings, &project, context);
        }
        let mut summary =
            Summary { schemas: linted.tables, files: project.sources.iter().count(), fixed, ..Summary::default() };
        if let Some(path) = &baseline {
            summary.baselined = read_baseline(path)?.take_out(&mut findings, &project.sources);
        }
        summary.count(&findings);
        self.show(context, &project, &findings, summary)
    }

    /// Mends what is certain, but for migrations that are final; how many findings that were.
    fn mend(&self, findings: &[Finding], project: &Project) -> Result<usize, CliError> {
        let may_change = |finding: &&Finding| {
            let path = &project.sources.get(finding.place.file).path;
            self.is_asked_for(path) && !project.is_final(finding.place.file)
        };
        let findings: Vec<Finding> = findings.iter().filter(may_change).cloned().collect();
        let mut count = 0;
        for fixed in fix::fixed(&findings, &project.sources) {
            fix::write(&fixed.path, &fixed.text).map_err(|error| CliError::Files {
                what: format!("{} cannot be written", slashes(&fixed.path)),
                help: Some("check the file's permissions"),
                source: Some(error),
            })?;
            count += fixed.count;
        }
        Ok(count)
    }

    fn is_asked_for(&self, file: &str) -> bool {
        let file = Path::new(file);
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

/// How often mending is tried again.
const ROUNDS: usize = 10;

/// Where the project's parts are.
pub(super) fn paths(context: &Context, config: &Config) -> Paths {
    let (tenant, shared) = (config.new_tenant_folder(), config.new_shared_folder());
    let rust = rust_folders(&config.root, &[&tenant, &shared]);
    Paths {
        shared: shared.is_dir().then_some(shared),
        tenant: tenant.is_dir().then_some(tenant),
        rust,
        lock: shown(&config.root.join(lock::FILE_NAME), &context.here),
        here: context.here.clone(),
    }
}

/// The project as it stands on disk.
pub(super) fn project(paths: &Paths) -> Project {
    Project::read(paths)
}

fn look(project: &Project, config: &Config, settings: &LintSettings) -> Linted {
    let ground = Ground {
        shared_schema: config.settings.shared_schema.as_str(),
        template: &config.settings.schema_template,
        lint: settings,
    };
    run(project, &ground, RULES)
}

fn is_one_of(changed: &[PathBuf], path: &str, context: &Context) -> bool {
    let path = context.here.join(path);
    let path = path.canonicalize().unwrap_or(path);
    // A migration's folder stands for what is in it.
    changed.iter().any(|file| file.starts_with(&path))
}

fn read_baseline(path: &Path) -> Result<Baseline, CliError> {
    let failed = |source, what: String| CliError::Files { what, help: Some("write it with --write-baseline"), source };
    let file = slashes(path);
    let text = std::fs::read_to_string(path)
        .map_err(|error| failed(Some(error), format!("the baseline {file} cannot be read")))?;
    Baseline::parse(&text).map_err(|message| failed(None, format!("the baseline {file} cannot be used: {message}")))
}

fn write_baseline(
    path: Option<&Path>,
    findings: &[Finding],
    project: &Project,
    context: &Context,
) -> Result<u8, CliError> {
    let Some(path) = path else {
        return Err(CliError::Usage("--write-baseline needs a file: give it with --baseline".to_owned()));
    };
    let text = Baseline::of(findings, &project.sources).text().map_err(|error| CliError::Output(error.into()))?;
    fix::write(path, &text).map_err(|error| CliError::Files {
        what: format!("the baseline {} cannot be written", slashes(path)),
        help: Some("check the folder's permissions"),
        source: Some(error),
    })?;
    context.console.message(&format!("{} findings are known from now on: {}", findings.len(), slashes(path)));
    Ok(exit_code::DONE)
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

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;
    use std::path::Path;

    use crate::exit_code::{CONFIGURATION, DONE, FINDINGS, USAGE};

    fn lint(root: &Path, arguments: &[&str]) -> u8 {
        let config = root.join("multitenant.toml").into_os_string();
        let before = ["cargo-multitenant", "lint", "-q", "--config"].map(OsString::from);
        crate::cli::run(before.into_iter().chain([config]).chain(arguments.iter().map(OsString::from)))
    }

    fn project() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let migration = root.path().join("migrations/tenant/1_a");
        fs::create_dir_all(&migration).unwrap();
        fs::write(root.path().join("multitenant.toml"), "").unwrap();
        fs::write(migration.join("up.sql"), "create table public.a (id uuid primary key);\n").unwrap();
        fs::write(migration.join("down.sql"), "drop table public.a;\n").unwrap();
        root
    }

    #[test]
    fn exit_codes_are_those_of_the_manual() {
        let root = project();
        let root = root.path();
        for format in ["text", "json", "github", "sarif"] {
            assert_eq!(lint(root, &["--format", format]), FINDINGS, "{format}");
        }
        assert_eq!(lint(root, &["-A", "tenant-schema-qualified"]), DONE);
        assert_eq!(lint(root, &["-W", "tenant-schema-qualified"]), DONE);
        assert_eq!(lint(root, &["-W", "tenant-schema-qualified", "--fail-on", "warn"]), FINDINGS);
        assert_eq!(lint(root, &["-D", "no-such-rule"]), USAGE);
        assert_eq!(lint(root, &["elsewhere"]), DONE);
        fs::write(root.join("multitenant.toml"), "[lint.rules]\ntable-namin = \"warn\"\n").unwrap();
        assert_eq!(lint(root, &[]), CONFIGURATION);
    }

    #[test]
    fn a_baseline_and_mending_leave_nothing() {
        let root = project();
        let root = root.path();
        let file = root.join("known.json");
        let baseline = ["--baseline", file.to_str().unwrap()];
        assert_eq!(lint(root, &[&baseline[..], &["--write-baseline"]].concat()), DONE);
        assert_eq!(lint(root, &baseline), DONE);
        assert_eq!(lint(root, &["--fix"]), DONE);
        let up = fs::read_to_string(root.join("migrations/tenant/1_a/up.sql")).unwrap();
        assert_eq!(up, "create table a (id uuid primary key);\n");
        assert_eq!(lint(root, &[]), DONE);
    }

    #[test]
    fn what_is_final_is_not_mended() {
        let root = project();
        let config = root.path().join("multitenant.toml").into_os_string();
        let before = ["cargo-multitenant", "lock", "-q", "--config"].map(OsString::from);
        let lock = |more: &[&str]| {
            crate::cli::run(before.iter().cloned().chain([config.clone()]).chain(more.iter().map(OsString::from)))
        };
        assert_eq!(lock(&["--check"]), FINDINGS);
        assert_eq!(lock(&[]), DONE);
        assert_eq!(lock(&["--check"]), DONE);
        assert_eq!(lint(root.path(), &["--fix"]), FINDINGS);
        let up = root.path().join("migrations/tenant/1_a/up.sql");
        assert!(fs::read_to_string(&up).unwrap().contains("public.a"));
        fs::write(&up, "create table a (id uuid primary key);\n").unwrap();
        assert_eq!(lint(root.path(), &["-A", "tenant-drop-falls-through"]), FINDINGS, "edited after it became final");
    }
}
