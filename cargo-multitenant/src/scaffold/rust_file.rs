//! A Rust file that something is put at the end of.

use std::path::Path;

use syn2::{Item, UseTree};

use crate::config::{shown, slashes};
use crate::error::CliError;

/// A file's text and the names that stand in it.
#[derive(Debug)]
pub(crate) struct RustFile {
    pub(crate) text: String,
    /// Types, functions and what `use` brings in.
    names: Vec<String>,
    modules: Vec<String>,
}

impl RustFile {
    /// Reads a file; `None` where it is not there.
    pub(crate) fn read(path: &Path, here: &Path) -> Result<Option<Self>, CliError> {
        let shown = slashes(&shown(path, here));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let what = format!("{shown} cannot be read");
                return Err(CliError::Files { what, help: None, source: Some(error) });
            }
        };
        let parsed = syn2::parse_file(&text).map_err(|error| CliError::Files {
            what: format!(
                "{shown}:{}: this is no Rust ({error}), and nothing is put behind it",
                error.span().start().line
            ),
            help: Some("correct the file first"),
            source: None,
        })?;
        let mut file = Self { text, names: Vec::new(), modules: Vec::new() };
        parsed.items.iter().for_each(|item| file.note(item));
        Ok(Some(file))
    }

    /// Types, traits and what `use` brings in.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a type or import has this name.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Whether a module is declared.
    pub(crate) fn has_module(&self, name: &str) -> bool {
        self.modules.iter().any(|known| known == name)
    }

    fn note(&mut self, item: &Item) {
        match item {
            Item::Struct(item) => self.names.push(item.ident.to_string()),
            Item::Enum(item) => self.names.push(item.ident.to_string()),
            Item::Type(item) => self.names.push(item.ident.to_string()),
            Item::Union(item) => self.names.push(item.ident.to_string()),
            Item::Trait(item) => self.names.push(item.ident.to_string()),
            Item::Mod(item) => self.modules.push(item.ident.to_string()),
            Item::Use(item) => self.imported(&item.tree),
            _ => {}
        }
    }

    fn imported(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.imported(&path.tree),
            UseTree::Name(name) => self.names.push(name.ident.to_string()),
            UseTree::Rename(rename) => self.names.push(rename.rename.to_string()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.imported(tree)),
            UseTree::Glob(_) => {}
        }
    }
}
