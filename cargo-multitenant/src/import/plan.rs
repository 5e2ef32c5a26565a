//! The files that an import writes.

use std::path::PathBuf;

use multitenant_runtime::Tier;

use super::code::{CodeGround, code};
use super::parts::Parts;
use crate::ddl::{create_all, drop_all};
use crate::error::CliError;
use crate::scaffold::{Batch, NewMigration};

/// All that is written.
pub(crate) struct Plan {
    pub(crate) batch: Batch,
    /// What is worth a word.
    pub(crate) words: Vec<String>,
}

/// The migrations that make what is new, the shared ones first, and its code where there is a package for it.
///
/// # Errors
///
/// What the code's place refuses.
pub(crate) fn plan(
    parts: &Parts,
    name: &str,
    folder: impl Fn(Tier) -> PathBuf,
    ground: Option<&CodeGround<'_>>,
) -> Result<Plan, CliError> {
    let mut words = parts.words.clone();
    let changes = ground.map(|ground| code(parts, ground, &mut words)).transpose()?.unwrap_or_default();
    let mut migrations = Vec::new();
    for tier in [Tier::Shared, Tier::Tenant] {
        let up = script(&create_all(&parts.new, tier));
        if !up.is_empty() {
            let files = vec![("up.sql", up), ("down.sql", script(&drop_all(&parts.new, tier)))];
            migrations.push((folder(tier), vec![NewMigration { name: name.to_owned(), files }]));
        }
    }
    Ok(Plan { batch: Batch { changes, migrations }, words })
}

/// Statements as a file has them: an empty line between what is not alike.
pub(super) fn script(statements: &[String]) -> String {
    let mut text = String::new();
    let mut last: Option<&str> = None;
    for statement in statements {
        let is_line = |text: &str| !text.contains('\n');
        let kind = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
        if last.is_some_and(|last| !(is_line(last) && is_line(statement) && kind(last) == kind(statement))) {
            text.push('\n');
        }
        text += statement;
        text.push('\n');
        last = Some(statement);
    }
    text
}
