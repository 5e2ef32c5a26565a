//! What all of them begin with, and how they end.

use std::path::{Path, PathBuf};

use multitenant_runtime::Tier;

use super::args::HowArgs;
use crate::config::{Config, shown, slashes};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::output::Shown;
use crate::report::ScaffoldDocument;
use crate::scaffold::{Batch, Bounds, Editor, Known, Templates, Turn, recover, unfinished};

/// What all of them begin with.
pub(super) struct Ground<'a> {
    pub(super) context: &'a Context,
    pub(super) config: Config,
    pub(super) known: Known,
    pub(super) templates: Templates,
    editor: Option<Editor>,
    how: HowArgs,
    /// None where nothing is written.
    turn: Option<Turn>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(context: &'a Context, how: HowArgs) -> Result<Self, CliError> {
        // Before anything is written.
        let editor = how.edit.then(|| Editor::of(&context.environment)).transpose()?;
        let config = context.config()?;
        let turn = turn(context, &config, how.dry_run)?;
        let known = Known::read(&config, &context.here);
        let templates = Templates::read(config.templates()?.as_deref(), &context.here)?;
        for stranger in &templates.strangers {
            context.console.warning(stranger);
        }
        Ok(Self { context, config, known, templates, editor, how, turn })
    }

    pub(super) fn migrations_folder(&self, tier: Tier) -> PathBuf {
        match tier {
            Tier::Shared => self.config.new_shared_folder(),
            Tier::Tenant => self.config.new_tenant_folder(),
        }
    }

    /// Writes, or says what would be written, and opens the editor.
    pub(super) fn finish(
        &self,
        batch: &Batch,
        kind: &'static str,
        tier: &'static str,
        template: Option<&'static str>,
    ) -> Result<u8, CliError> {
        let here = &self.context.here;
        let seen = |path: &Path| shown(path, here);
        let written = match &self.turn {
            None => batch.foretold(seen)?,
            Some(turn) => batch.write(turn, seen)?,
        };
        self.turn.iter().for_each(Turn::end);
        let document = ScaffoldDocument::new(kind, Some(tier), template, self.how.dry_run, &written);
        self.context.console.result(&document, ScaffoldDocument::text)?;
        if let Some(editor) = &self.editor {
            let files: Vec<PathBuf> = written.iter().map(|file| here.join(&file.path)).collect();
            editor.open(&files)?;
        }
        Ok(exit_code::DONE)
    }
}

/// The turn to write to a project, before it is read; none where nothing is written. What a command has begun that was ended is
/// finished first.
pub(in crate::commands) fn turn(
    context: &Context,
    config: &Config,
    is_dry_run: bool,
) -> Result<Option<Turn>, CliError> {
    let here = context.here.canonicalize().unwrap_or_else(|_| context.here.clone());
    if is_dry_run {
        if let Some(unfinished) = unfinished(&config.root) {
            context.console.warning(&format!(
                "a command is writing to this project, or was ended while it did: what is half done is read as it is (see {})",
                slashes(&shown(&unfinished, &here))
            ));
        }
        return Ok(None);
    }
    let busy = || context.console.message("another command writes to this project: waiting for it");
    let turn = Turn::of(bounds(config), busy);
    let finished = recover(&turn, &|path| shown(path, &here))?;
    if !finished.is_empty() {
        let finished: Vec<String> = finished.iter().map(|path| slashes(&shown(path, &here))).collect();
        let finished = finished.join(", ");
        let message = format!("what a command had begun to write that was ended is finished: {}", Shown(&finished));
        context.console.message(&message);
    }
    Ok(Some(turn))
}

/// The project's own folders. Where the configuration lies beside the package, that is one too.
fn bounds(config: &Config) -> Bounds {
    let folders = [
        ("package", config.root.ancestors().find(|folder| folder.join("Cargo.toml").is_file()).map(Path::to_path_buf)),
        ("migrations.folder", Some(config.new_tenant_folder())),
        ("migrations.shared_folder", Some(config.new_shared_folder())),
        ("seeds.folder", Some(config.new_seed_folder(Tier::Tenant))),
        ("seeds.shared_folder", Some(config.new_seed_folder(Tier::Shared))),
        ("scaffold.templates", config.new_templates()),
    ];
    let named = folders.into_iter().filter_map(|(name, folder)| Some((name, folder?)));
    named.fold(Bounds::of(&config.root), |bounds, (name, folder)| bounds.with(name, &folder))
}
