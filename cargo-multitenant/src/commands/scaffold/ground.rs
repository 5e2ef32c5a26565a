//! What all of them begin with, and how they end.

use std::path::{Path, PathBuf};

use multitenant_runtime::Tier;

use super::args::HowArgs;
use crate::config::{Config, shown};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::report::ScaffoldDocument;
use crate::scaffold::{Batch, Editor, Known, Templates, Turn};

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
        let turn = (!how.dry_run).then(|| turn(context, &config));
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

/// The turn to write to a project, before it is read.
pub(in crate::commands) fn turn(context: &Context, config: &Config) -> Turn {
    Turn::of(&config.root, || context.console.message("another command writes to this project: waiting for it"))
}
