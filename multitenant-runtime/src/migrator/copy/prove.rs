//! Whether a copy is equal, before it is committed.

use crate::copy::{Names, Statement, Structure, names_in_a_text, shown};
use crate::drift::{Difference, ObjectKind, portray_within};
use crate::ident::SchemaName;
use crate::migrator::Migrator;
use crate::run::Failure;
use crate::target::Target;

use super::site::Site;
use super::{CopyError, failed};

impl Migrator {
    /// That a clone is what its source is: by the statements that would make it, which are read from the catalogue once
    /// more, and by the comparison that `drift` makes, which reads it in another way.
    pub(super) async fn prove(
        &self,
        site: &Site,
        source: (&Target, &Structure),
        target: &Target,
    ) -> Result<(), CopyError> {
        let (from, expected) = source;
        let found = site.structure(self, target).await?;
        stays_within(&found, from.schema())?;
        if let Some(difference) = difference(expected, &found) {
            return Err(unequal(&difference));
        }
        let portrait = portray_within(&site.session, &self.context, from.clone(), site.major).await?;
        let copy = portray_within(&site.session, &self.context, target.clone(), site.major).await?;
        // Drift takes the source's name in a function for the schema's. What such a name is was looked at before
        // (`is_free_of`): an alias or a column, whose text is the same in the copy, as the statements have told. And whom a
        // policy is for the statements say, in which a mark stands for the tenant's own role.
        let is_told = |difference: &&Difference| match difference.kind {
            ObjectKind::Function | ObjectKind::Procedure => {
                difference.facet == Some("definition")
                    && difference.found.as_ref().is_some_and(|text| text.contains(from.schema().as_str()))
            }
            ObjectKind::Policy => difference.facet == Some("roles"),
            _ => false,
        };
        match copy.differences(&portrait).iter().find(|difference| !is_told(difference)) {
            Some(difference) => Err(unequal(&difference.to_string())),
            None => Ok(()),
        }
    }
}

/// In what a schema differs from what its copy is made of.
pub(super) fn difference(expected: &Structure, found: &Structure) -> Option<String> {
    let parts: [fn(&Structure) -> &Vec<Statement>; 4] = [|s| &s.before, |s| &s.after, |s| &s.refresh, |s| &s.grants];
    let first = |one: &[Statement], other: &[Statement]| {
        let only = one.iter().find(|statement| !other.contains(statement));
        only.map(|statement| statement.sql.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    for part in parts {
        let (expected, found) = (part(expected), part(found));
        if expected != found {
            let said = |text: Option<String>| text.unwrap_or_else(|| "nothing more".to_owned());
            return Some(format!("{} instead of {}", said(first(found, expected)), said(first(expected, found))));
        }
    }
    (expected.tables != found.tables).then(|| "its tables have other columns".to_owned())
}

/// That nothing in a clone uses anything of its source.
pub(super) fn stays_within(found: &Structure, source: &SchemaName) -> Result<(), CopyError> {
    match found.outside.iter().find(|outside| outside.schema.as_deref() == Some(source.as_str())) {
        Some(outside) => Err(unequal(&format!("it would use the original's {}", outside.identity))),
        None => Ok(()),
    }
}

/// That no text of these statements names the schema of that name, whose copy they make.
pub(super) fn is_free_of<'a>(
    statements: impl IntoIterator<Item = &'a Statement>,
    schema: &str,
    names: &Names,
) -> Result<(), CopyError> {
    let Some(statement) = statements.into_iter().find(|statement| names_in_a_text(statement, schema, names)) else {
        return Ok(());
    };
    let message = format!(
        "a part of the tenant names the schema {schema:?} in its text, and in the copy would be about the original: {}",
        shown(statement)
    );
    Err(failed(Failure::refused(message).with_hint(
        "leave the name out, the path finds what is the tenant's own; where it is an alias or a value that only happens to \
         have the schema's name, give that another name; or load a dump under the tenant's own id",
    )))
}

pub(super) fn unequal(difference: &str) -> CopyError {
    let failure = Failure::refused(format!("the copy would not be equal, so nothing of it is kept: {difference}"));
    failed(failure.with_hint(
        "where a function or a view has the schema's own name in its text, leave the name out: the path finds it",
    ))
}
