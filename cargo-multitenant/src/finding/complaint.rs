//! What is wrong with a set-up or a database: a finding that no file of migrations holds.

use serde::Serialize;

use super::Level;

/// One thing that is wrong with the set-up or the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// The check, by the name that `explain` knows it by.
    pub(crate) code: &'static str,
    pub(crate) level: Level,
    /// What is wrong, in one sentence.
    pub(crate) message: String,
    /// The command or line that mends it.
    pub(crate) help: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) schema: Option<String>,
    /// All tenants that it is about, where it is about tenants.
    pub(crate) tenants: Vec<String>,
    /// What it is about: a setting, a role, an index.
    pub(crate) object: String,
    /// Where it is written, where it is written anywhere.
    pub(crate) file: Option<FilePoint>,
}

/// A line and a column of a file, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilePoint {
    /// The path as it is shown, with `/`.
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Complaint {
    pub(crate) fn new(code: &'static str, level: Level, message: impl Into<String>) -> Self {
        Self {
            code,
            level,
            message: message.into(),
            help: None,
            tenant: None,
            schema: None,
            tenants: Vec::new(),
            object: String::new(),
            file: None,
        }
    }

    /// What to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What it is about.
    pub(crate) fn object(mut self, object: impl Into<String>) -> Self {
        self.object = object.into();
        self
    }

    /// As JSON shows it.
    pub(crate) fn item(&self) -> ComplaintItem<'_> {
        let at = self.file.as_ref();
        ComplaintItem {
            code: self.code,
            level: self.level.noun(),
            message: &self.message,
            file: at.map(|at| at.file.as_str()),
            line: at.map(|at| at.line),
            column: at.map(|at| at.column),
            end_line: None,
            end_column: None,
            tenant: self.tenant.as_deref(),
            schema: self.schema.as_deref(),
            tenants: &self.tenants,
            object: &self.object,
            help: self.help.as_deref(),
            related: [],
        }
    }
}

/// A complaint as JSON shows it: the fields of every finding, and whose it is.
#[derive(Debug, Serialize)]
pub(crate) struct ComplaintItem<'a> {
    code: &'a str,
    level: &'a str,
    message: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    tenant: Option<&'a str>,
    schema: Option<&'a str>,
    tenants: &'a [String],
    object: &'a str,
    help: Option<&'a str>,
    related: [(); 0],
}
