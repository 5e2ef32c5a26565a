//! What the fields of structs say of a column.

use std::collections::BTreeMap;

use crate::lint::{FieldSays, Said};
use crate::model::{Home, TypeRef};

/// Puts together what several structs say of a column; the message where they disagree.
pub(super) fn merge<'a>(fields: &mut BTreeMap<&'a str, FieldSays>, field: &'a FieldSays) -> Option<String> {
    let Some(known) = fields.get_mut(field.column.as_str()) else {
        fields.insert(&field.column, field.clone());
        return None;
    };
    known.unique |= field.unique;
    known.index |= field.index;
    let mut wrong = None;
    for (name, known, more) in [
        ("default", &mut known.default, &field.default),
        ("sql_type", &mut known.sql_type, &field.sql_type),
        ("generated", &mut known.generated, &field.generated),
        ("check", &mut known.check, &field.check),
        ("references", &mut known.references, &field.references),
        ("on_delete", &mut known.on_delete, &field.on_delete),
        ("on_update", &mut known.on_update, &field.on_update),
    ] {
        match (&known, more) {
            (Some(one), Some(other)) if one.text != other.text => {
                wrong = Some(format!("another struct of the table says another `{name}` of `{}`", field.column));
            }
            (None, Some(_)) => known.clone_from(more),
            _ => {}
        }
    }
    if known.identity.is_some() && field.identity.is_some() && known.identity != field.identity {
        wrong = Some(format!("another struct of the table says another `identity` of `{}`", field.column));
    }
    known.identity = known.identity.or(field.identity);
    wrong
}

/// What a column cannot be together.
pub(super) fn contradiction(says: &FieldSays, ty: &TypeRef, is_nullable: bool) -> Option<String> {
    let column = &says.column;
    let is_null = |said: &Said| said.text.trim().eq_ignore_ascii_case("null");
    let is_integer = !ty.array && matches!(ty.name.as_str(), "int2" | "int4" | "int8") || ty.home != Home::System;
    let sources = [says.default.is_some(), says.identity.is_some(), says.generated.is_some()];
    if sources.iter().filter(|is_said| **is_said).count() > 1 {
        Some(format!("`{column}` has one of `default`, `identity` and `generated`, and not several"))
    } else if says.identity.is_some() && !is_integer {
        Some(format!("`{column}` is {}, and `identity` is for smallint, integer and bigint", ty.sql()))
    } else if !is_nullable && says.default.as_ref().is_some_and(is_null) {
        Some(format!("`{column}` is not Nullable, and its default is null"))
    } else {
        None
    }
}
