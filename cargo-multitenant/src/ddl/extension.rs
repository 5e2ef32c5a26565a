//! Extensions.

use super::name::name;
use crate::lint::brings_its_schema;
use crate::model::{Extension, Model};

/// What makes an extension where it is not there yet, in the shared schema unless it says otherwise, and before it the
/// schema that it is to be in.
pub(crate) fn create_extension(model: &Model, extension: &Extension) -> Vec<String> {
    let own = name(&extension.name);
    match &extension.schema {
        Some(schema) => {
            let make = format!("CREATE EXTENSION IF NOT EXISTS {own} WITH SCHEMA {};", name(schema));
            // PostgreSQL's own are always there, and cannot be made.
            if schema.starts_with("pg_") {
                vec![make]
            } else {
                vec![format!("CREATE SCHEMA IF NOT EXISTS {};", name(schema)), make]
            }
        }
        None if brings_its_schema(&extension.name) => vec![format!("CREATE EXTENSION IF NOT EXISTS {own};")],
        None => vec![format!("CREATE EXTENSION IF NOT EXISTS {own} WITH SCHEMA {};", name(&model.shared_schema))],
    }
}

/// `DROP EXTENSION`, which the server refuses while anything needs it.
pub(crate) fn drop_extension(extension: &Extension) -> String {
    format!("DROP EXTENSION IF EXISTS {};", name(&extension.name))
}
