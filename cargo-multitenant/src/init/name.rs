//! Names of packages, and what else is called after them.

use std::fmt;

/// What a package cannot be called: Rust's words, the standard library's crates, folders of Cargo's, and files that
/// Windows does not have.
const TAKEN: [&str; 73] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "aux",
    "await",
    "become",
    "box",
    "break",
    "build",
    "con",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "nul",
    "override",
    "panic",
    "priv",
    "prn",
    "proc-macro",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "axum",
    "diesel",
    "tokio",
    "serde",
    "tracing",
    "hyper",
    "tower",
];

/// A package's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackageName(String);

impl PackageName {
    /// The name, if a package can be called that.
    ///
    /// # Errors
    ///
    /// Why not, as the end of a sentence.
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() {
            return Err("is empty".to_owned());
        }
        if name.len() > 64 {
            return Err("is longer than 64 characters".to_owned());
        }
        if !name.chars().all(is_letter) {
            return Err("holds something other than ASCII letters, digits, `-` and `_`".to_owned());
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err("does not begin with a letter".to_owned());
        }
        let lower = name.to_ascii_lowercase();
        if TAKEN.contains(&&*lower) || super::dependencies::is_one(&lower) {
            return Err("is taken by Rust, by Cargo, or by a crate that the package depends on".to_owned());
        }
        Ok(Self(name.to_owned()))
    }

    /// The name of a package that is there: whatever it is called, as long as a program can be.
    ///
    /// # Errors
    ///
    /// Why not, as the end of a sentence.
    pub(crate) fn of_package(name: &str) -> Result<Self, String> {
        let is_one = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if is_one { Ok(Self(name.to_owned())) } else { Self::new(name) }
    }

    /// Where nothing is called after it.
    pub(crate) fn any() -> Self {
        Self("application".to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the library is called in code.
    pub(crate) fn library(&self) -> String {
        self.0.replace('-', "_")
    }

    /// What it is called in Kubernetes, with room for a suffix.
    pub(crate) fn in_kubernetes(&self) -> String {
        let lower = self.0.to_ascii_lowercase().replace('_', "-");
        lower.get(..lower.len().min(50)).unwrap_or_default().trim_end_matches('-').to_owned()
    }

    /// What its database is called.
    pub(crate) fn in_postgresql(&self) -> String {
        let lower = self.0.to_ascii_lowercase().replace('-', "_");
        lower.get(..lower.len().min(60)).unwrap_or_default().to_owned()
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_cargo_takes() {
        for bad in [
            "",
            "1app",
            "a b",
            "a\"b",
            "../../evil",
            "a/b",
            "é",
            "_",
            "-a",
            "Self",
            "fn",
            "test",
            "axum",
            "diesel-async",
            "con",
            "multitenant-runtime",
        ] {
            assert!(PackageName::new(bad).is_err(), "{bad:?}");
        }
        assert!(PackageName::new(&"a".repeat(65)).is_err());
        for good in ["a", "my-app", "my_app", "App2", "tenants"] {
            assert!(PackageName::new(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn what_is_called_after_it_is_a_name_there() {
        let name = PackageName::new("My_App-").unwrap();
        assert_eq!(
            (&*name.library(), &*name.in_kubernetes(), &*name.in_postgresql()),
            ("My_App_", "my-app", "my_app_")
        );
        let long = PackageName::new(&"a-".repeat(32)).unwrap();
        assert!(long.in_kubernetes().len() <= 50 && !long.in_kubernetes().ends_with('-'));
        assert_eq!(long.in_postgresql().len(), 60);
    }
}
