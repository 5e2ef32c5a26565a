//! A chapter's project, in which its commands are run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use crate::project::Project;

use super::page::{self, Page, What};
use super::{blocks, output, words};

/// What was done of a chapter.
#[derive(Debug, Default)]
pub(super) struct Played {
    /// The console blocks that were run.
    pub(super) blocks: usize,
    /// Every command of ours that is shown and was run, without `cargo multitenant`.
    pub(super) commands: Vec<Vec<String>>,
    /// Where, and why.
    pub(super) not_run: Vec<String>,
    /// What was read as toml, SQL or JSON, or written as a file.
    pub(super) read: usize,
}

/// Runs a chapter from its beginning to its end.
///
/// # Errors
///
/// What is not as the chapter says, by its line.
pub(super) async fn play(page: &Page) -> Result<Played, String> {
    let mut stage = Stage::set_up(page).await?;
    for step in &page.steps {
        stage.step(&step.what).await.map_err(|why| format!("{}:{}: {why}", page.name, step.line))?;
    }
    Ok(std::mem::take(&mut stage.played))
}

struct Stage {
    project: Project,
    /// Where the next command stands.
    folder: PathBuf,
    environment: BTreeMap<String, String>,
    /// A version as the chapter shows it, and as it was made today.
    versions: Vec<(String, String)>,
    has_server: bool,
    played: Played,
}

impl Drop for Stage {
    /// A development server that the chapter has started ends with it.
    fn drop(&mut self) {
        if !self.has_server {
            let _ = self.command(&["db", "stop"]).output();
        }
    }
}

impl Stage {
    async fn set_up(page: &Page) -> Result<Self, String> {
        let said = |key: &str| page.set_up.get(key).map(String::as_str);
        if let Some(key) = page.set_up.keys().find(|key| !["project", "database", "tenants"].contains(&key.as_str())) {
            return Err(format!("{}: what is {key:?} of a project?", page.name));
        }
        let has_server = said("database") != Some("none");
        let project = if has_server { Project::with_tenants(&[]).await } else { Project::on_disk() };
        let _ = fs::remove_file(project.path("multitenant.toml"));
        if let Some(fixture) = said("project").filter(|fixture| *fixture != "empty") {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/guide").join(fixture);
            copy(&from, &project.path(""))?;
        }
        let folder = project.path("");
        let stage = Self {
            project,
            folder,
            environment: BTreeMap::new(),
            versions: Vec::new(),
            has_server,
            played: Played::default(),
        };
        if let Some(tenants) = said("tenants") {
            for args in [&["migrate"][..], &["tenant", "create", "--no-seed"]] {
                let ids = tenants.split(',').map(str::trim).filter(|_| args.len() > 1);
                let output = stage.command(&args.iter().copied().chain(ids).collect::<Vec<_>>()).output();
                let output = output.map_err(|error| error.to_string())?;
                if !output.status.success() {
                    return Err(format!(
                        "{}: {args:?} of the set-up: {}",
                        page.name,
                        String::from_utf8_lossy(&output.stderr)
                    ));
                }
            }
        }
        Ok(stage)
    }

    async fn step(&mut self, what: &What) -> Result<(), String> {
        match what {
            What::Console(block) => {
                self.played.blocks += 1;
                for (command, shown) in page::commands(block)? {
                    self.line(&command, &shown)?;
                }
            }
            What::Run(command) => {
                let shown = self.played.commands.len();
                self.line(command, "")?;
                // What nobody sees shows no command.
                self.played.commands.truncate(shown);
            }
            What::NotRun { commands, reason } => {
                let commands = page::commands(commands)?;
                let commands: Vec<_> = commands.iter().map(|(command, _)| command.as_str()).collect();
                self.played.not_run.push(format!("{} ({reason})", commands.join(" · ")));
            }
            What::Sql(sql) => {
                let client = self.project.client().await;
                client.batch_execute(sql).await.map_err(|error| format!("{error:?}"))?;
            }
            What::File { path, text } => {
                let path = self.within(&self.today(path))?;
                fs::create_dir_all(path.parent().ok_or("no folder")?).map_err(|error| error.to_string())?;
                fs::write(&path, text).map_err(|error| error.to_string())?;
                let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
                let language = if extension == "rs" { "rust" } else { &extension };
                blocks::check(language, "", text)?;
                self.played.read += 1;
            }
            What::Block { language, note, text } => {
                blocks::check(language, note, text)?;
                self.played.read += 1;
            }
        }
        Ok(())
    }

    /// Runs a line's commands, and compares what they print with what is shown, if anything is.
    fn line(&mut self, line: &str, shown: &str) -> Result<(), String> {
        let (commands, expected) = words::commands(&self.today(line))?;
        let last = commands.len() - 1;
        let mut printed = String::new();
        for (at, words) in commands.iter().enumerate() {
            let (code, text) = self.one(words)?;
            printed.push_str(&text);
            let expected = if at == last { expected } else { 0 };
            if code != expected {
                return Err(format!("`{}` exits with {code} in the place of {expected}:\n{printed}", words.join(" ")));
            }
        }
        self.learn_versions(shown)?;
        let shown = self.today(shown);
        if !shown.trim().is_empty() && !output::fits(&shown, &printed) {
            return Err(format!("`{line}` shows\n{shown}\nand prints\n{printed}"));
        }
        Ok(())
    }

    /// The exit code of a command, and what it prints.
    fn one(&mut self, words: &[String]) -> Result<(i32, String), String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["cargo", "multitenant", args @ ..] => {
                self.played.commands.push(args.iter().map(|&arg| arg.to_owned()).collect());
                run(self.command(args))
            }
            ["cd", folder] => {
                let path = self.within(folder)?;
                if !path.is_dir() {
                    return Err(format!("there is no folder {folder}"));
                }
                self.folder = path;
                Ok((0, String::new()))
            }
            ["cat", path] => {
                let path = self.within(path)?;
                let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                Ok((0, text))
            }
            ["export", pair] => {
                let (name, value) = pair.split_once('=').ok_or("no `=`")?;
                self.environment.insert(name.to_owned(), value.to_owned());
                Ok((0, String::new()))
            }
            ["rm", path] => {
                fs::remove_file(self.within(path)?).map_err(|error| error.to_string())?;
                Ok((0, String::new()))
            }
            _ => Err(format!(
                "`{}` can be run nowhere here: say `<!-- not run: why -->` above the block",
                words.join(" ")
            )),
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.project.command(args);
        command.current_dir(&self.folder).envs(&self.environment);
        command
    }

    /// A path of the project, which does not lead out of it.
    fn within(&self, path: &str) -> Result<PathBuf, String> {
        let leads_out = Path::new(path)
            .components()
            .any(|part| !matches!(part, Component::Normal(_) | Component::CurDir | Component::ParentDir));
        let mut folder = self.folder.clone();
        for part in Path::new(path).components() {
            if part == Component::ParentDir {
                folder.pop();
            } else {
                folder.push(part);
            }
        }
        if leads_out || !folder.starts_with(self.project.path("")) {
            return Err(format!("{path} leads out of the project"));
        }
        Ok(folder)
    }

    /// A migration that was made just now has another version than the one that the chapter shows: from here on the
    /// chapter's stands for it.
    fn learn_versions(&mut self, shown: &str) -> Result<(), String> {
        for folder in migrations(&self.folder) {
            let Some((today, name)) = folder.split_once('_') else { continue };
            for word in shown.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')) {
                let Some((version, of)) = word.split_once('_') else { continue };
                let is_one = version.len() == today.len() && version.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                if of == name && is_one && version != today && !migrations(&self.folder).contains(&word.to_owned()) {
                    self.versions.push((version.to_owned(), today.to_owned()));
                    self.versions.push((version.replace('-', ""), today.replace('-', "")));
                }
            }
        }
        Ok(())
    }

    fn today(&self, text: &str) -> String {
        self.versions.iter().fold(text.to_owned(), |text, (shown, today)| text.replace(shown, today))
    }
}

/// The migrations' folders of both tiers, by name, of a project here or one folder below, where `init` makes one.
fn migrations(folder: &Path) -> Vec<String> {
    let names = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let below = names(folder.to_owned()).map(|name| folder.join(name));
    let mut found = Vec::new();
    for project in below.chain([folder.to_owned()]) {
        for tier in ["migrations/tenant", "migrations/shared", "migrations", "migrations-tenant", "migrations-shared"] {
            found.extend(names(project.join(tier)).map(|name| name.to_string_lossy().into_owned()));
        }
    }
    found
}

/// Both streams in the order in which they were written, as on a terminal.
fn run(mut command: Command) -> Result<(i32, String), String> {
    let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let again = || file.as_file().try_clone().map_err(|error| error.to_string());
    let status = command.stdout(again()?).stderr(again()?).status().map_err(|error| error.to_string())?;
    let text = fs::read_to_string(file.path()).map_err(|error| error.to_string())?;
    Ok((status.code().ok_or("it was killed")?, text))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let error = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(error)?;
    for entry in fs::read_dir(from).map_err(error)? {
        let entry = entry.map_err(error)?;
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to).map_err(error)?;
        }
    }
    Ok(())
}
