//! The floor: the same DDL, history rows and state rows, precomputed, without lock, guard or wall.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio_postgres::Client;

use super::measuring::server::connect;
use super::project::{JOBS, Set, id, schema};

/// How a transaction goes to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A message for each statement, all of them at once.
    Messages,
    /// One message with all statements.
    Text,
}

/// The transactions of each tenant.
pub(crate) type Work = Vec<Vec<Vec<String>>>;

/// As many history tables in one statement as we read.
const CHUNK: usize = 256;

const HISTORY: &str = "__diesel_schema_migrations";

/// A digest or a checksum: what matters is its length.
const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Migrations after the first `applied` ones, a transaction each.
pub(crate) fn migrations(set: Set, tenants: usize, applied: usize) -> Work {
    let versions = versions(set);
    let statements = set.statements();
    let of_tenant = |i: usize| {
        let mut transactions = Vec::new();
        for (place, (version, checksum)) in versions.iter().enumerate().skip(applied) {
            let mut transaction = begin(i);
            if place == 0 {
                transaction.push(create_history(i));
            }
            transaction.extend(statements[place].iter().cloned());
            transaction.push(record(i, version, checksum));
            transaction.push(note(i, version));
            transaction.push("COMMIT".to_owned());
            transactions.push(transaction);
        }
        transactions
    };
    (0..tenants).map(of_tenant).collect()
}

/// New tenants, a transaction each.
pub(crate) fn creations(set: Set, tenants: usize) -> Work {
    let versions = versions(set);
    let statements = set.statements();
    let of_tenant = |i: usize| {
        let mut transaction = begin(i);
        transaction.push(format!("CREATE SCHEMA {}", schema(i)));
        transaction.push(create_history(i));
        for ((version, checksum), statements) in versions.iter().zip(&statements) {
            transaction.extend(statements.iter().cloned());
            transaction.push(record(i, version, checksum));
        }
        transaction.push(note(i, &versions[versions.len() - 1].0));
        transaction.push(format!("INSERT INTO public.tenants (id) VALUES ('{}')", id(i)));
        transaction.push("COMMIT".to_owned());
        vec![transaction]
    };
    (0..tenants).map(of_tenant).collect()
}

/// Carries the work out on so many connections.
pub(crate) async fn run(url: &str, work: &Arc<Work>, form: Form, connections: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let workers = (0..connections).map(|_| {
        let (url, work, next) = (url.to_owned(), Arc::clone(work), Arc::clone(&next));
        tokio::spawn(async move {
            let client = connect(&url).await;
            while let Some(transactions) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                for transaction in transactions {
                    send(&client, transaction, form).await;
                }
            }
        })
    });
    for worker in join_all(workers).await {
        worker.unwrap();
    }
}

async fn send(client: &Client, transaction: &[String], form: Form) {
    match form {
        Form::Text => client.batch_execute(&transaction.join(";")).await.unwrap(),
        Form::Messages => {
            // They are polled in their order, and sent when they are polled first.
            for answer in join_all(transaction.iter().map(|sql| client.batch_execute(sql))).await {
                answer.unwrap();
            }
        }
    }
}

/// Registry, state table and catalogue in one query, as the start-up check has it.
pub(crate) async fn start(url: &str) -> usize {
    let sql = format!(
        "SELECT t.id, n.oid IS NOT NULL AND s.digest <> '{HEX}' AND s.failed_at IS NULL AND (s.history_oid, s.schema_oid) \
         IN (SELECT c.oid, c.relnamespace FROM pg_class c WHERE c.relname = '{HISTORY}') \
         FROM public.tenants t LEFT JOIN multitenant.targets s ON s.schema_name = 'tenant_' || t.id \
         LEFT JOIN pg_namespace n ON n.oid = s.schema_oid AND n.nspname = s.schema_name::name"
    );
    let client = connect(url).await;
    let good = |message: &tokio_postgres::SimpleQueryMessage| matches!(message, tokio_postgres::SimpleQueryMessage::Row(row) if row.get(1) == Some("t"));
    client.simple_query(&sql).await.unwrap().iter().filter(|message| good(message)).count()
}

/// The chunks of histories, with precomputed names.
pub(crate) fn histories(tenants: usize) -> Vec<String> {
    let all: Vec<usize> = (0..tenants).collect();
    let rows = |i: &usize| {
        format!(
            "SELECT {i}, version::text, multitenant_checksum, multitenant_format::text FROM \"{}\".\"{HISTORY}\"",
            schema(*i)
        )
    };
    all.chunks(CHUNK).map(|some| some.iter().map(rows).collect::<Vec<_>>().join(" UNION ALL ")).collect()
}

/// Reads the chunks on one connection; says how many rows there were.
pub(crate) async fn read(url: &str, histories: &[String]) -> usize {
    let client = connect(url).await;
    let mut rows = 0;
    for sql in histories {
        let is_row = |message: &&tokio_postgres::SimpleQueryMessage| {
            matches!(message, tokio_postgres::SimpleQueryMessage::Row(_))
        };
        rows += client.simple_query(sql).await.unwrap().iter().filter(is_row).count();
    }
    rows
}

fn versions(set: Set) -> Vec<(String, String)> {
    let set = set.migrations();
    set.migrations()
        .iter()
        .map(|one| (one.version().to_string(), one.checksum().map(|checksum| checksum.to_string()).unwrap_or_default()))
        .collect()
}

fn begin(i: usize) -> Vec<String> {
    vec![
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned(),
        format!("SET LOCAL search_path = \"{}\", \"public\"", schema(i)),
        "SET LOCAL lock_timeout = 1000".to_owned(),
        "SET LOCAL statement_timeout = 0".to_owned(),
        "SET LOCAL standard_conforming_strings = on".to_owned(),
    ]
}

fn create_history(i: usize) -> String {
    format!(
        "CREATE TABLE \"{}\".\"{HISTORY}\" (version varchar(50) PRIMARY KEY NOT NULL, \
         run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, multitenant_checksum text, \
         multitenant_format integer, multitenant_run text)",
        schema(i)
    )
}

fn record(i: usize, version: &str, checksum: &str) -> String {
    format!(
        "INSERT INTO \"{}\".\"{HISTORY}\" (version, multitenant_checksum, multitenant_format, multitenant_run) \
         VALUES ('{version}', '{checksum}', 1, '0123456789abcdef0123456789abcdef')",
        schema(i)
    )
}

/// The row of the state table; what it refers to is looked up, since it is made in this transaction.
fn note(i: usize, head: &str) -> String {
    let (id, schema) = (id(i), schema(i));
    format!(
        "INSERT INTO multitenant.targets AS state (schema_name, tenant, schema_oid, history_oid, digest, head, format) \
         VALUES ('{schema}', '{id}', to_regnamespace('{schema}')::oid, to_regclass('{schema}.{HISTORY}'), '{HEX}', \
         '{head}', 1) ON CONFLICT (schema_name) DO UPDATE SET schema_oid = excluded.schema_oid, \
         history_oid = excluded.history_oid, digest = excluded.digest, head = excluded.head, changed_at = now()"
    )
}

/// As many connections as ours has.
pub(crate) const CONNECTIONS: usize = JOBS;
