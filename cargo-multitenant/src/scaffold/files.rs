//! Rust files that code is put into, and the lines that make modules of new ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::batch::Change;
use super::layout;
use super::package::Package;
use super::rust_file::RustFile;
use crate::error::CliError;

/// Changes to files, with the modules that new ones need.
pub(crate) struct Files<'a> {
    package: &'a Package,
    here: &'a Path,
    changes: BTreeMap<PathBuf, Change>,
}

impl<'a> Files<'a> {
    /// Without any change yet.
    pub(crate) fn new(package: &'a Package, here: &'a Path) -> Self {
        Self { package, here, changes: BTreeMap::new() }
    }

    /// All of them, by their paths.
    pub(crate) fn changes(self) -> Vec<Change> {
        self.changes.into_values().collect()
    }

    /// Puts code behind what a file holds; one that is not there is made, and declared as a module.
    pub(crate) fn put(&mut self, path: &Path, text: &str) -> Result<(), CliError> {
        if let Some(change) = self.changes.get_mut(path) {
            change.add(text);
            return Ok(());
        }
        match RustFile::read(path, self.here)? {
            Some(file) => {
                self.changes.insert(path.to_path_buf(), Change::append(path, file.text, text));
                Ok(())
            }
            None => {
                self.changes.insert(path.to_path_buf(), Change::create(path, text));
                self.declare(path)
            }
        }
    }

    /// The `mod` line of a new file, in the file that is its parent, which may be new too.
    fn declare(&mut self, path: &Path) -> Result<(), CliError> {
        let Some((parent, module)) = layout::parent(self.package, path) else { return Ok(()) };
        if parent == path || RustFile::read(&parent, self.here)?.is_some_and(|file| file.has_module(&module)) {
            return Ok(());
        }
        self.put(&parent, &format!("pub mod {module};\n"))
    }
}
