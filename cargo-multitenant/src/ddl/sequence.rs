//! Sequences that have a name of their own.

use super::name::name;
use crate::model::Sequence;

/// `CREATE SEQUENCE`.
pub(crate) fn create_sequence(sequence: &Sequence) -> String {
    let options = sequence.options.as_ref().map(|options| format!(" {options}")).unwrap_or_default();
    format!("CREATE SEQUENCE {}{options};", name(&sequence.name))
}

/// `DROP SEQUENCE`.
pub(crate) fn drop_sequence(sequence: &Sequence) -> String {
    format!("DROP SEQUENCE {};", name(&sequence.name))
}
