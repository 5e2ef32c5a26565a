//! The notes of one tenant.

use multitenant_runtime::prelude::*;
use multitenant_runtime::{TenantConn, TenantTable};

diesel::table! {
    notes (id) {
        id -> Integer,
        text -> Text,
        important -> Bool,
    }
}

#[derive(Queryable, Selectable, TenantTable)]
#[diesel(table_name = notes)]
struct Note {
    id: i32,
    text: String,
}

/// All of them, a line each.
pub(crate) async fn list(connection: &mut TenantConn) -> QueryResult<String> {
    let query = notes::table.order(notes::id).select(Note::as_select());
    let all: Vec<Note> = query.load(connection).await?;
    Ok(all.iter().map(|note| format!("{}: {}\n", note.id, note.text)).collect())
}
