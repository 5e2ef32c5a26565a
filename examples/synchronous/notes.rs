//! The notes of one tenant: queries that know of no other.

use std::fmt;

use multitenant_runtime::TenantTable;
use multitenant_runtime::sync::TenantConn;
use multitenant_runtime::sync::prelude::*;

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
pub(crate) fn list(connection: &mut TenantConn) -> QueryResult<String> {
    let all: Vec<Note> = notes::table.order(notes::id).select(Note::as_select()).load(connection)?;
    Ok(all.iter().map(|note| format!("{note}\n")).collect())
}

/// Adds a note, and lists them all: both or nothing.
pub(crate) fn add(connection: &mut TenantConn, text: &str) -> QueryResult<String> {
    connection.transaction(|connection| {
        diesel::insert_into(notes::table).values(notes::text.eq(text)).execute(connection)?;
        list(connection)
    })
}
