//! Rows, within the server and through us, and what sequences have come to.

use std::io::Cursor;
use std::pin::pin;

use futures_util::{SinkExt, TryStreamExt};
use tokio_postgres::SimpleQueryMessage;

use crate::connection::{RowSink, Session};
use crate::copy::{AnonymiseRules, Table, Writer, selected};
use crate::ident::{Identifier, SchemaName, literal};
use crate::run::Failure;

use super::site::{Site, qualified};
use super::{CopyError, failed};

/// How many sequences one statement reads.
const CHUNK: usize = 200;

/// Where a sequence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SequenceValue {
    pub(super) name: String,
    pub(super) last: i64,
    pub(super) is_called: bool,
}

impl Site {
    /// Copies a table's rows into the table of the same name in another schema, under whose path this runs. Says how many.
    pub(super) async fn copy_rows(
        &self,
        table: &Table,
        [from, to]: [&SchemaName; 2],
        rules: &AnonymiseRules,
        salt: &str,
    ) -> Result<u64, CopyError> {
        let (names, values) = selected(table, rules, salt, true)?;
        let (source, new) = (qualified(from, &table.name)?, qualified(to, &table.name)?);
        let only = if table.is_partitioned { "" } else { "ONLY " };
        let sql = if names.is_empty() {
            format!("INSERT INTO {new} SELECT FROM {only}{source} r")
        } else {
            format!(
                "INSERT INTO {new} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {only}{source} r",
                names.join(", "),
                values.join(", ")
            )
        };
        let path = format!("SET LOCAL search_path = {}, pg_temp", to.quoted());
        self.session.rows(&path).await?;
        let rows = counted(&self.session, &sql).await.map_err(|error| of_table(&error, &table.name))?;
        self.session.rows("SET LOCAL search_path = pg_catalog").await?;
        Ok(rows)
    }

    /// Writes a table's rows into a dump. Says how many.
    pub(super) async fn dump_rows(
        &self,
        table: &Table,
        schema: &SchemaName,
        writer: &mut Writer,
    ) -> Result<u64, CopyError> {
        let (names, values) = selected(table, &AnonymiseRules::new(), "", false)?;
        let source = qualified(schema, &table.name)?;
        let only = if table.is_partitioned { "" } else { "ONLY " };
        // A COPY of columns that are none is no COPY; such a table has nothing but its number of rows.
        let sql = format!("COPY (SELECT {} FROM {only}{source} r) TO STDOUT", values.join(", "));
        let columns = table.columns.iter().map(|column| column.name.clone()).collect();
        debug_assert_eq!(names.len(), values.len());
        writer.table(&table.name, columns).await?;
        let mut stream = pin!(self.session.copy_out(&sql).await?);
        let mut rows = 0;
        // A message is a row.
        while let Some(row) = stream.try_next().await? {
            writer.bytes(&row).await?;
            rows += 1;
        }
        writer.last_row(rows).await?;
        Ok(rows)
    }

    /// Begins to fill a table of the schema with rows of a dump.
    pub(super) async fn load_rows(
        &self,
        schema: &SchemaName,
        table: &str,
        columns: &[String],
    ) -> Result<RowSink, CopyError> {
        let names: Vec<String> =
            columns.iter().map(|name| Ok(Identifier::new(name)?.quoted())).collect::<Result<_, CopyError>>()?;
        let columns = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        let sql = format!("COPY {}{columns} FROM STDIN", qualified(schema, table)?);
        self.session.copy_in(&sql).await.map_err(|error| of_table(&error, table))
    }

    /// Where these sequences stand.
    pub(super) async fn values(
        &self,
        schema: &SchemaName,
        sequences: &[String],
    ) -> Result<Vec<SequenceValue>, CopyError> {
        let mut values = Vec::with_capacity(sequences.len());
        for chunk in sequences.chunks(CHUNK) {
            let queries = chunk.iter().map(|name| {
                Ok(format!("SELECT {}, last_value, is_called FROM {}", literal(name), qualified(schema, name)?))
            });
            let queries: Vec<String> = queries.collect::<Result<_, CopyError>>()?;
            for row in self.session.rows(&queries.join(" UNION ALL ")).await? {
                if let (Some(name), Some(Ok(last))) = (row.get(0), row.get(1).map(str::parse)) {
                    values.push(SequenceValue { name: name.to_owned(), last, is_called: row.get(2) == Some("t") });
                }
            }
        }
        Ok(values)
    }

    /// Lets the sequences of a schema stand there.
    pub(super) async fn set_values(&self, schema: &SchemaName, values: &[SequenceValue]) -> Result<(), CopyError> {
        for chunk in values.chunks(CHUNK) {
            let calls = chunk.iter().map(|value| {
                let name = literal(&qualified(schema, &value.name)?);
                Ok(format!("pg_catalog.setval({name}::pg_catalog.regclass, {}, {})", value.last, value.is_called))
            });
            let calls: Vec<String> = calls.collect::<Result<_, CopyError>>()?;
            self.session.rows(&format!("SELECT {}", calls.join(", "))).await?;
        }
        Ok(())
    }
}

/// Hands some bytes of rows on.
pub(super) async fn send(sink: &mut std::pin::Pin<Box<RowSink>>, bytes: Vec<u8>, table: &str) -> Result<(), CopyError> {
    sink.as_mut().feed(Cursor::new(bytes)).await.map_err(|error| of_table(&error, table))
}

/// Ends the rows. Says how many there were.
pub(super) async fn end(mut sink: std::pin::Pin<Box<RowSink>>, table: &str) -> Result<u64, CopyError> {
    sink.as_mut().finish().await.map_err(|error| of_table(&error, table))
}

async fn counted(session: &Session, sql: &str) -> Result<u64, tokio_postgres::Error> {
    let mut answer = session.answer(sql).await?;
    let mut rows = 0;
    while let Some(message) = answer.next().await? {
        if let SimpleQueryMessage::CommandComplete(number) = message {
            rows = number;
        }
    }
    Ok(rows)
}

fn of_table(error: &tokio_postgres::Error, table: &str) -> CopyError {
    let mut failure = Failure::from_postgres(error);
    failure.message = format!("the rows of {table:?}: {}", failure.message);
    failed(failure)
}
