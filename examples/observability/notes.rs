//! The notes of one tenant: queries that know of no other.

use std::fmt;

use multitenant_runtime::prelude::*;
use multitenant_runtime::{TenantConn, TenantTable};

diesel::table! {
    notes (id) {
        id -> Integer,
        text -> Text,
    }
}

#[derive(Queryable, Selectable, TenantTable)]
#[diesel(table_name = notes)]
pub(crate) struct Note {
    id: i32,
    text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.text)
    }
}

/// All of them, a line each.
pub(crate) async fn list(connection: &mut TenantConn) -> QueryResult<String> {
    let query = notes::table.order(notes::id).select(Note::as_select());
    let all: Vec<Note> = query.load(connection).await?;
    Ok(all.iter().map(|note| format!("{note}\n")).collect())
}

pub(crate) async fn add(connection: &mut TenantConn, text: &str) -> QueryResult<String> {
    let insert = diesel::insert_into(notes::table).values(notes::text.eq(text)).returning(Note::as_returning());
    let note: Note = insert.get_result(connection).await?;
    Ok(format!("{note}\n"))
}
