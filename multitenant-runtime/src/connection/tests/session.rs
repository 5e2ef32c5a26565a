use std::sync::Arc;
use std::time::Duration;

use super::server::{Server, free_port};
use crate::connection::introduction::ConnectOptions;
use crate::connection::notice::NoticeBuffer;
use crate::connection::session::{PipelineError, Session};
use crate::connection::silence::Watch;
use crate::connection::witness::Witness;
use crate::connection::{ConnectErrorKind, ConnectionUrl};

const HBA: &str = "host all with_password 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust";

fn server() -> Server {
    Server::start(HBA, |_| String::new())
}

fn url(server: &Server, query: &str) -> ConnectionUrl {
    let folder = server.path().to_str().unwrap();
    ConnectionUrl::parse(&format!("postgres:///postgres?user=postgres&host={folder}&port={}&{query}", server.port))
        .unwrap()
}

async fn open(url: &ConnectionUrl) -> Session {
    Session::connect(url, &ConnectOptions::default()).await.unwrap()
}

fn code(error: &tokio_postgres::Error) -> Option<&str> {
    error.code().map(tokio_postgres::error::SqlState::code)
}

#[tokio::test]
async fn nothing_is_written_outside_of_a_transaction() {
    let server = server();
    server.psql("ALTER ROLE postgres SET default_transaction_read_only = off");
    let session = open(&url(&server, "options=-c%20lock_timeout%3D77&application_name=mine")).await;
    assert!(session.is_direct());
    for reset in ["SELECT 1", "RESET ALL", "DISCARD ALL"] {
        session.rows(reset).await.unwrap();
        let error = session.rows("CREATE TABLE t (a int)").await.unwrap_err();
        assert_eq!(code(&error), Some("25006"));
    }
    session.pipeline(&["BEGIN READ WRITE", "CREATE TABLE t (a int)", "COMMIT"]).await.unwrap();
    // A pipeline whose BEGIN failed.
    let error = session.pipeline(&["BEGIN READ WRITE x", "INSERT INTO t VALUES (1)", "COMMIT"]).await.unwrap_err();
    assert_eq!((error.index, code(&error.error)), (0, Some("42601")));
    let shown = "SELECT count(*), current_setting('lock_timeout'), current_setting('application_name') FROM t";
    let rows = session.rows(shown).await.unwrap();
    assert_eq!((rows[0].get(0), rows[0].get(1), rows[0].get(2)), (Some("0"), Some("77ms"), Some("mine")));
    session.close().await;
}

#[tokio::test]
async fn a_pipeline_answers_in_order() {
    let server = server();
    let session = open(&url(&server, "")).await;
    let rows =
        session.pipeline_rows(&["SELECT 1, NULL", "", "VALUES ('a'), ('b')", "SET lock_timeout = 1"]).await.unwrap();
    assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 2, 0]);
    assert_eq!((rows[0][0].get(0), rows[0][0].get(1), rows[2][1].get(0)), (Some("1"), None, Some("b")));
    let none: [&str; 0] = [];
    assert!(session.pipeline_rows(&none).await.unwrap().is_empty());

    let error = session.pipeline(&["BEGIN", "SELECT 1/0", "SELECT 1", "COMMIT"]).await.unwrap_err();
    assert_eq!((error.index, code(&error.error)), (1, Some("22012")));
    assert!(!session.client().is_closed());
    // All answers were read, so the next ones are the next statement's.
    assert_eq!(session.rows("SELECT 5").await.unwrap()[0].get(0), Some("5"));
    assert!(!session.is_closed());
}

#[tokio::test]
async fn what_comes_before_a_pipeline_is_no_part_of_it() {
    let server = server();
    let session = open(&url(&server, "")).await;
    session.pipeline_after(&["SELECT 1/0"], &["SELECT 1"]).await.unwrap();
    let error = session.pipeline_after(&["SELECT 1/0"], &["SELECT 1", "SELECT 'a'::int"]).await.unwrap_err();
    assert_eq!((error.index, code(&error.error)), (1, Some("22P02")));
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_is_the_result_there() {
    let server = server();
    let session = open(&url(&server, "")).await;
    let error = session
        .pipeline(&["SELECT 1", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 2", "SELECT 3"])
        .await
        .unwrap_err();
    assert_eq!((error.index, code(&error.error)), (1, Some("57P01")));
    let error = session.pipeline(&["SELECT 1"]).await.unwrap_err();
    assert!(error.index == 0 && error.error.is_closed());
    assert!(session.is_closed());
}

#[tokio::test]
async fn a_huge_pipeline_does_not_block_itself() {
    let server = server();
    for query in ["", "host=127.0.0.1"] {
        is_not_blocked(&url(&server, query)).await;
    }
}

/// More in both directions than all buffers hold.
pub(super) async fn is_not_blocked(url: &ConnectionUrl) {
    let session = open(url).await;
    // 50 MB there, and 50 MB back in rows and notices.
    let filler = "x".repeat(500_000);
    let statements: Vec<_> = (0..100)
        .map(|i| format!("SELECT repeat('y', 250000), {i} FROM generate_series(1, 2) -- {filler}"))
        .chain([format!("DO $$ BEGIN FOR i IN 1..400 LOOP RAISE NOTICE '% {}', i; END LOOP; END $$", "z".repeat(9000))])
        .collect();
    let rows =
        tokio::time::timeout(Duration::from_secs(60), session.pipeline_rows(&statements)).await.unwrap().unwrap();
    assert_eq!(rows.len(), 101);
    for (i, rows) in rows[..100].iter().enumerate() {
        assert_eq!((rows.len(), rows[1].get(1)), (2, Some(i.to_string().as_str())));
    }
    let notices = session.take_notices();
    assert_eq!(notices.len(), NoticeBuffer::CAPACITY);
    assert!(notices[NoticeBuffer::CAPACITY - 1].message.starts_with("400 "));
}

#[tokio::test]
async fn notices_are_kept_until_taken() {
    let server = server();
    let session = open(&url(&server, "")).await;
    assert_eq!(session.take_notices(), []);
    session
        .rows(
            "DO $$ BEGIN RAISE WARNING 'w' USING DETAIL = 'd', HINT = 'h', ERRCODE = 'ZX123'; RAISE NOTICE 'n'; END $$",
        )
        .await
        .unwrap();
    let notices = session.take_notices();
    assert_eq!(notices.len(), 2);
    let first = &notices[0];
    assert_eq!((first.severity.as_str(), first.message.as_str(), first.sqlstate.as_str()), ("WARNING", "w", "ZX123"));
    assert_eq!((first.detail.as_deref(), first.hint.as_deref()), (Some("d"), Some("h")));
    assert_eq!(session.take_notices(), []);
}

#[tokio::test]
async fn a_cancel_request_stops_what_runs() {
    let server = server();
    cancels(&url(&server, "")).await;
    cancels(&url(&server, "host=127.0.0.1")).await;
}

pub(super) async fn cancels(url: &ConnectionUrl) {
    let session = open(url).await;
    let error = cancelled(&session).await;
    assert_eq!((error.index, code(&error.error)), (1, Some("57014")));
    assert_eq!(session.rows("SELECT 5").await.unwrap()[0].get(0), Some("5"));
}

/// Sleeps until a request of the session's canceller ends it.
pub(super) async fn cancelled(session: &Session) -> PipelineError {
    let canceller = session.canceller();
    let sleeps = session.pipeline(&["SELECT 1", "SELECT pg_sleep(60)"]);
    // Again and again: the first request may come before the statement.
    let cancels = async {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            canceller.clone().cancel().await;
        }
    };
    tokio::select! {
        result = sleeps => result.unwrap_err(),
        () = cancels => unreachable!("an endless loop"),
    }
}

#[tokio::test]
async fn failures_say_what_where_and_what_next() {
    let server = server();
    server.psql("CREATE ROLE with_password LOGIN PASSWORD 's3cret'");
    server.psql("CREATE ROLE limited LOGIN CONNECTION LIMIT 0");
    let (port, folder) = (server.port, server.path().to_str().unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (silent, closed) = (listener.local_addr().unwrap().port(), free_port());
    use ConnectErrorKind::*;
    for (text, kind, retryable, parts) in [
        (
            format!("postgres://postgres@127.0.0.1:{port}/nope"),
            DatabaseMissing,
            false,
            vec!["127.0.0.1:", "/nope: ", "3D000", "`createdb nope`"],
        ),
        (
            format!("postgres://with_password:s3cretX@127.0.0.1:{port}/postgres"),
            Authentication,
            false,
            vec!["28P01", "check user"],
        ),
        (
            format!("postgres://with_password@127.0.0.1:{port}/postgres"),
            Authentication,
            false,
            vec!["password missing"],
        ),
        (format!("postgres://limited@127.0.0.1:{port}/postgres"), TooManyConnections, true, vec!["53300"]),
        (format!("postgres://x:s3cret@127.0.0.1:{closed}/app"), Unreachable, true, vec!["nobody answers there"]),
        (
            format!("host={folder} port={closed} dbname=app password=s3cret"),
            Unreachable,
            true,
            vec![folder, "nobody answers"],
        ),
        (
            "postgres://x:s3cret@no-such-host.invalid/app".into(),
            Unreachable,
            false,
            vec!["no-such-host.invalid:5432/app", "leads nowhere"],
        ),
        (
            format!("postgres://x:s3cret@127.0.0.1:{silent}/app?connect_timeout=1"),
            Unreachable,
            true,
            vec!["within 1 s"],
        ),
        (
            format!("postgres://postgres@127.0.0.1:{port}/postgres?target_session_attrs=standby"),
            WrongServer,
            false,
            vec!["target_session_attrs"],
        ),
        (format!("postgres://postgres@127.0.0.1:{port}/postgres?options=-c%20nope%3D1"), Other, false, vec!["42704"]),
    ] {
        let url = ConnectionUrl::parse(&text).unwrap();
        let error = Session::connect(&url, &ConnectOptions::default()).await.err().unwrap();
        let shown = format!("{error}");
        assert_eq!((error.kind(), error.is_retryable()), (kind, retryable), "{shown}");
        for part in parts {
            assert!(shown.contains(part), "{shown} lacks {part}");
        }
        assert!(!format!("{shown} {error:?} {}", error.target()).contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn the_next_host_is_tried() {
    let server = server();
    let (port, closed) = (server.port, free_port());
    let text = format!("host=127.0.0.1,127.0.0.1 port={closed},{port} user=postgres target_session_attrs=read-write");
    assert!(open(&ConnectionUrl::parse(&text).unwrap()).await.is_direct());
}

#[tokio::test]
async fn another_server_does_not_testify_that_a_connection_is_lost() {
    let (server, other) = (server(), server());
    // Who has not the same formats, either.
    for (asked, query) in [(&other, ""), (&server, "options=-c%20DateStyle%3DGerman%20-c%20TimeZone%3DAsia/Tokyo")] {
        let witness = Arc::new(Witness::new(url(asked, query)));
        let watch = Watch { witness: Some((witness, Duration::from_millis(200))), ..Watch::default() };
        let options = ConnectOptions { watch, ..ConnectOptions::default() };
        let session = Session::connect(&url(&server, ""), &options).await.unwrap();
        session.rows("SELECT pg_sleep(3)").await.unwrap();
    }
}
