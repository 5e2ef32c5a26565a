//! `cargo multitenant lint`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{Config, shown, slashes};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::finding::render::{self, Findings};
use crate::finding::{Code, Finding, Level, Summary};
use crate::lint::{
    Baseline, Ground, LintSettings, Linted, Paths, Project, RULES, Rule, Selection, find_rule, fix, lock, repository,
    run, seen_from, unknown_rule,
};
use crate::output::Format;
use crate::write;

use super::level::LevelArg;

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
    #[arg(long, conflicts_with_all = ["paths", "since"])]
    write_baseline: bool,
    /// Mend what can be for certain, in migrations that are not in multitenant.lock and in schema code
    #[arg(long, conflicts_with = "write_baseline")]
    fix: bool,
    /// All rules with their levels, and nothing else
    #[arg(long)]
    list_rules: bool,
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
        let configured = || settings.baseline.as_ref().map(|file| shown(&config.root.join(file), &context.here));
        let baseline = self.baseline.clone().or_else(configured);
        if self.write_baseline && baseline.is_none() {
            return Err(CliError::Usage("--write-baseline needs a file: give it with --baseline".to_owned()));
        }
        if let Some(absent) = self.paths.iter().find(|path| !context.here.join(path).exists()) {
            let message = format!("there is no {} to lint: correct the path", slashes(absent));
            return Err(CliError::NoMatch(message));
        }
        let reference = self.since.as_deref();
        let selection = Selection::new(&self.paths, reference, &context.here)
            .map_err(|message| CliError::Usage(format!("--since {:?}: {message}", reference.unwrap_or_default())))?;
        let paths = || Paths::of(&config, &context.here);
        let mut project = project(&paths()?, &config)?;
        let mut linted = look(&project, &config, &settings);
        let (mut fixed, mut changed) = (0, BTreeSet::new());
        let is_lock_read = project.lock.is_some() || !config.root.join(lock::FILE_NAME).exists();
        if self.fix && !is_lock_read {
            context.console.warning(LOCK_UNREAD);
        } else if self.fix {
            // What one rule mends may be another one's next.
            for _ in 0..ROUNDS {
                let mended = mend(&linted.findings, &project, &selection)?;
                if mended.count == 0 {
                    break;
                }
                fixed += mended.count;
                changed.extend(mended.files.into_iter().map(|file| file.path));
                project = self::project(&paths()?, &config)?;
                linted = look(&project, &config, &settings);
            }
        }
        if project.lock.is_none()
            && context.console.format == Format::Text
            && let Some(text) = said_of_changed(&changed)
        {
            context.console.warning(&text);
        }
        self.is_of_use(&selection, &project, context);
        let mut findings = linted.findings;
        findings.retain(|finding| selection.holds(finding, &project.sources));
        let mut summary = Summary { schemas: linted.tables, files: project.files, fixed, ..Summary::default() };
        if let Some(path) = &baseline {
            // The same from wherever it is called.
            project.sources.rename(|file| seen_from(&config.root, &context.here, file));
            if self.write_baseline {
                return write_baseline(path, &findings, &project, context);
            }
            let (known, gone) = read_baseline(path)?.take_out(&mut findings, &project.sources);
            summary.baselined = known;
            project.sources.rename(|file| seen_from(&context.here, &config.root, file));
            if gone > 0 && self.paths.is_empty() && self.since.is_none() {
                let (findings, are) = if gone == 1 { ("finding", "is") } else { ("findings", "are") };
                context.console.message(&format!(
                    "{gone} {findings} of the baseline {} {are} gone: write it anew with --write-baseline",
                    slashes(path)
                ));
            }
        }
        summary.count(&findings);
        if matches!(context.console.format, Format::Github | Format::Sarif) {
            let root = repository(&context.here);
            project.sources.rename(|file| seen_from(root, &context.here, file));
        }
        self.show(context, &project, &findings, summary)
    }

    /// Says of which paths nothing is linted: they are there, but no part of the project.
    fn is_of_use(&self, selection: &Selection, project: &Project, context: &Context) {
        let files: Vec<&str> = project.sources.iter().map(|(_, source)| source.path.as_str()).collect();
        for path in selection.without(&files) {
            let message = format!("{} holds no migration and no schema code of the project", slashes(path));
            context.console.warning(&message);
        }
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
            Format::Text | Format::Csv => context.console.text(&render::text(&shown))?,
            Format::Json => context.console.raw(&render::json(&shown).map_err(failed)?)?,
            Format::Github => context.console.raw(&render::github(&shown))?,
            Format::Sarif => context.console.raw(&render::sarif(&shown).map_err(failed)?)?,
        }
        let fails = findings.iter().any(|finding| finding.level >= self.fail_on.level());
        Ok(if fails { exit_code::FINDINGS } else { exit_code::DONE })
    }
}

/// How often mending is tried again.
const ROUNDS: usize = 10;

/// Why nothing is mended where it is not known what is final.
const LOCK_UNREAD: &str =
    "nothing is mended: multitenant.lock cannot be read, and so it is not known which migrations are final";

/// What is to be known of the files that were changed where no lock says which migrations are final, if any of them is a
/// migration's.
fn said_of_changed(changed: &BTreeSet<PathBuf>) -> Option<String> {
    if !changed.iter().any(|path| path.extension().is_some_and(|extension| extension == "sql")) {
        return None;
    }
    let files: Vec<String> = changed.iter().map(|path| format!("  {}\n", slashes(path))).collect();
    Some(format!(
        "these files were changed:\n{}\
         a migration that some database has applied already must not change, since its checksum would no longer be the \
         recorded one: restore such files; no multitenant.lock says which they are: write it with `cargo multitenant \
         lock` to have them left alone",
        files.concat()
    ))
}

/// The project as it stands on disk; it is an error if there is nothing of it.
pub(super) fn project(paths: &Paths, config: &Config) -> Result<Project, CliError> {
    let project = Project::read(paths);
    if project.is_empty() { Err(nothing_to_look_at(paths, config)) } else { Ok(project) }
}

/// Where was looked, and that nothing is there.
fn nothing_to_look_at(paths: &Paths, config: &Config) -> CliError {
    let folder = |folder: PathBuf| {
        let state = if folder.is_dir() { "holds none" } else { "does not exist" };
        format!("{} {state}", slashes(&folder))
    };
    let rust: Vec<String> = paths.rust.iter().map(|folder| slashes(&shown(folder, &paths.here))).collect();
    let rust = match rust.iter().map(|folder| if folder.is_empty() { "." } else { folder }).collect::<Vec<_>>() {
        folders if folders.is_empty() => "there is no Cargo.toml, whose code could hold a `table!`".to_owned(),
        folders => format!("no `table!` is in the code of {}", folders.join(", ")),
    };
    CliError::Files {
        what: format!(
            "there is nothing to lint: of the folders of migrations, {} and {}; {rust}",
            folder(config.new_shared_folder()),
            folder(config.new_tenant_folder()),
        ),
        help: Some(
            "begin with `cargo multitenant generate tenant NAME`, or name the folders in multitenant.toml under [migrations]",
        ),
        source: None,
    }
}

/// Mends what is certain and asked for, but for migrations that are final; what was written, and how many findings that were.
fn mend(findings: &[Finding], project: &Project, selection: &Selection) -> Result<fix::Mended, CliError> {
    let may_change = |file| selection.has(&project.sources.get(file).path) && !project.is_final(file);
    let is_free = |finding: &&Finding| {
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        // What is written beside a migration's files belongs to the finding in them.
        may_change(finding.place.file) && edits.into_iter().all(|edit| !project.is_final(edit.place.file))
    };
    let findings: Vec<Finding> = findings.iter().filter(is_free).cloned().collect();
    let mended = fix::mended(&findings, &project.sources);
    let failed = |path: &Path, error| CliError::Files {
        what: format!("{} cannot be mended", slashes(path)),
        help: Some("check the file and its permissions; what was written before it is whole"),
        source: Some(error),
    };
    // Before the first is written, so that as little as possible is half done.
    for fixed in &mended.files {
        write::can_be_written(&fixed.path).map_err(|error| failed(&fixed.path, error))?;
    }
    for fixed in &mended.files {
        write::rewrite(&fixed.path, &*fixed.before, &fixed.text).map_err(|error| failed(&fixed.path, error))?;
    }
    Ok(mended)
}

/// What is found in a project whose configuration says all there is to say, and is not known by its baseline.
#[cfg(feature = "tui")]
pub(crate) fn found(context: &Context, config: &Config) -> Result<(Project, Vec<Finding>, Summary), CliError> {
    let (settings, problems) = LintSettings::parse(config.text());
    if !problems.is_empty() {
        return Err(CliError::Config(config.error(problems)));
    }
    let mut project = project(&Paths::of(config, &context.here)?, config)?;
    let Linted { mut findings, tables } = look(&project, config, &settings);
    let mut summary = Summary { schemas: tables, files: project.files, ..Summary::default() };
    if let Some(file) = &settings.baseline {
        let baseline = read_baseline(&shown(&config.root.join(file), &context.here))?;
        project.sources.rename(|file| seen_from(&config.root, &context.here, file));
        (summary.baselined, _) = baseline.take_out(&mut findings, &project.sources);
        project.sources.rename(|file| seen_from(&context.here, &config.root, file));
    }
    summary.count(&findings);
    Ok((project, findings, summary))
}

fn look(project: &Project, config: &Config, settings: &LintSettings) -> Linted {
    let ground = Ground {
        shared_schema: config.settings.shared_schema.as_str(),
        template: &config.settings.schema_template,
        lint: settings,
    };
    run(project, &ground, RULES)
}

fn read_baseline(path: &Path) -> Result<Baseline, CliError> {
    let failed = |source, what: String| CliError::Files { what, help: Some("write it with --write-baseline"), source };
    let file = slashes(path);
    let text = std::fs::read_to_string(path)
        .map_err(|error| failed(Some(error), format!("the baseline {file} cannot be read")))?;
    Baseline::parse(&text).map_err(|message| failed(None, format!("the baseline {file} cannot be used: {message}")))
}

fn write_baseline(path: &Path, findings: &[Finding], project: &Project, context: &Context) -> Result<u8, CliError> {
    let text = Baseline::of(findings, &project.sources).text().map_err(|error| CliError::Output(error.into()))?;
    write::write(path, &text).map_err(|error| CliError::Files {
        what: format!("the baseline {} cannot be written", slashes(path)),
        help: Some("check the folder's permissions"),
        source: Some(error),
    })?;
    let known = match findings.len() {
        1 => "1 finding is".to_owned(),
        count => format!("{count} findings are"),
    };
    context.console.message(&format!("{known} known from now on: {}", slashes(path)));
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

    use crate::exit_code::{CONFIGURATION, DONE, FINDINGS, NO_MATCH, USAGE};

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
        assert_eq!(lint(root, &["/no/such/path"]), NO_MATCH);
        assert_eq!(lint(root, &[root.join("migrations/tenant").to_str().unwrap()]), FINDINGS);
        assert_eq!(lint(root, &[root.join("multitenant.toml").to_str().unwrap()]), DONE, "no part of what is linted");
        assert_eq!(lint(root, &["--write-baseline"]), USAGE);
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
    fn only_of_changed_migrations_something_is_said() {
        let said = |files: &[&str]| super::said_of_changed(&files.iter().map(std::path::PathBuf::from).collect());
        assert_eq!(said(&[]), None);
        assert_eq!(said(&["src/schema.rs", "m/1_a/metadata.toml"]), None);
        let text = said(&["m/1_a/up.sql", "m/1_a/down.sql"]).unwrap();
        assert!(text.starts_with("these files were changed:\n  m/1_a/down.sql\n  m/1_a/up.sql\na migration"), "{text}");
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
