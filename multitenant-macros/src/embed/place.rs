//! Files and folders: where they lie, what they are called, and how the compiler is told to watch them.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

/// A file or a folder, in the three forms that are needed.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// As it was configured, with `/`, for messages.
    pub(crate) shown: String,
    /// Relative to the package, with `/`; or absolute.
    from_package: String,
}

impl Place {
    /// Something in this folder.
    pub(crate) fn join(&self, name: &str) -> Self {
        Self {
            path: self.path.join(name),
            shown: format!("{}/{name}", self.shown.trim_end_matches('/')),
            from_package: format!("{}/{name}", self.from_package.trim_end_matches('/')),
        }
    }

    /// An expression for the text of this file, which also makes the compiler watch it.
    ///
    /// It begins at `CARGO_MANIFEST_DIR`, so that what is built does not name the machine that expanded it.
    pub(crate) fn include(&self) -> TokenStream {
        let path = &self.from_package;
        if Path::new(path).is_absolute() {
            return quote! { ::core::include_str!(#path) };
        }
        let path = format!("/{path}");
        quote! { ::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path)) }
    }

    /// The same, called otherwise in messages.
    pub(crate) fn shown_as(self, name: &str) -> Self {
        Self { shown: name.to_owned(), ..self }
    }

    /// The way from the package, with `/`; or the absolute path.
    #[cfg(test)]
    pub(crate) fn way(&self) -> &str {
        &self.from_package
    }

    /// Whether both are the same folder on the disk.
    pub(crate) fn is_same_folder(&self, other: &Self) -> bool {
        match (self.path.canonicalize(), other.path.canonicalize()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        }
    }
}

/// A folder that configured paths begin at: the package, or where the configuration lies.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    pub(crate) path: PathBuf,
    from_package: String,
}

impl Base {
    /// The folder of the package's manifest.
    pub(crate) fn package(path: PathBuf) -> Self {
        Self { path, from_package: String::new() }
    }

    /// The folder that a file lies in.
    pub(crate) fn beside(&self, file: &Place) -> Self {
        let folder = |path: &str| match path.rsplit_once('/') {
            Some(("", _)) => "/".to_owned(),
            Some((folder, _)) => folder.to_owned(),
            None => String::new(),
        };
        let path = file.path.parent().map_or_else(|| self.path.clone(), Path::to_path_buf);
        Self { path, from_package: folder(&file.from_package) }
    }

    /// A path as it was configured.
    pub(crate) fn join(&self, configured: &str) -> Place {
        let configured = slashes(configured);
        let shown = configured.trim_start_matches("./");
        let shown = if shown.len() > 1 { shown.trim_end_matches('/') } else { shown };
        let from_package = if self.from_package.is_empty() || Path::new(shown).is_absolute() {
            shown.to_owned()
        } else {
            format!("{}/{shown}", self.from_package.trim_end_matches('/'))
        };
        Place { path: self.path.join(shown), shown: shown.to_owned(), from_package }
    }

    /// The folder, for messages.
    pub(crate) fn shown(&self) -> String {
        slashes(&self.path.to_string_lossy())
    }
}

/// A path with `/`, which every system that Rust runs on understands.
pub(crate) fn slashes(path: &str) -> String {
    if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_paths_begin_at_the_configuration() {
        let package = Base::package(PathBuf::from("/p/app"));
        let base = package.beside(&package.join("../conf/multitenant.toml"));
        let folder = base.join("./migrations/tenant/");
        assert_eq!(folder.shown, "migrations/tenant");
        assert_eq!(folder.from_package, "../conf/migrations/tenant");
        assert_eq!(folder.path, Path::new("/p/app/../conf/migrations/tenant"));
        assert!(folder.join("up.sql").include().to_string().contains("\"/../conf/migrations/tenant/up.sql\""));
    }

    #[test]
    #[cfg(unix)]
    fn absolute_paths_stay_as_they_are() {
        let base = Base::package(PathBuf::from("/p/app"));
        let file = base.join("/etc/app/multitenant.toml");
        assert_eq!(file.path, Path::new("/etc/app/multitenant.toml"));
        assert!(!file.include().to_string().contains("CARGO_MANIFEST_DIR"));
        assert_eq!(base.beside(&file).join("sql").from_package, "/etc/app/sql");
        assert_eq!(base.beside(&base.join("/multitenant.toml")).join("sql").from_package, "/sql");
    }
}
