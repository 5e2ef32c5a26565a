//! Behind PgBouncer, where it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::server::{Server, as_user, free_port, own};
use crate::connection::introduction::ConnectOptions;
use crate::connection::session::Session;
use crate::connection::{ConnectError, ConnectionUrl};

struct Bouncer {
    child: Child,
    port: u16,
}

impl Bouncer {
    fn start(program: &Path, server: &Server, settings: &str) -> Self {
        let port = free_port();
        let folder = server.path().join(format!("bouncer-{port}"));
        fs::create_dir(&folder).unwrap();
        let file = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\npostgres = host={0} port={1} dbname=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\n{settings}\n",
            server.path().display(),
            server.port
        )
        // With `any` all clients are one user on the server.
        .replace("dbname=postgres", "dbname=postgres user=postgres");
        fs::write(&file, text).unwrap();
        own(&folder);
        own(&file);
        let child = as_user(program).arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { child, port }
    }

    async fn connect(&self, query: &str) -> Session {
        self.try_connect(query).await.unwrap()
    }

    async fn try_connect(&self, query: &str) -> Result<Session, ConnectError> {
        let text = format!("postgres://postgres@127.0.0.1:{}/postgres?{query}", self.port);
        let url = ConnectionUrl::parse(&text).unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            match Session::connect(&url, &ConnectOptions::default()).await {
                Ok(session) => return Ok(session),
                Err(error) if error.is_retryable() && Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Without PgBouncer there is nothing to be behind of.
fn program() -> Option<PathBuf> {
    ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}

#[tokio::test]
async fn a_session_behind_a_pooler_is_not_direct() {
    let Some(program) = program() else { return };
    let server = Server::start("", |_| String::new());
    for mode in ["session", "transaction", "statement"] {
        for ignored in ["", "ignore_startup_parameters = options"] {
            let bouncer = Bouncer::start(&program, &server, &format!("pool_mode = {mode}\n{ignored}"));
            let session = bouncer.connect("").await;
            assert!(!session.is_direct(), "{mode} {ignored}");
            let rows = session.pipeline_rows(&["SELECT 1", "SELECT 2"]).await.unwrap();
            assert_eq!(rows[1][0].get(0), Some("2"), "{mode} {ignored}");
            // PgBouncer closes the client's connection where the statement still waits for a server.
            let error = super::session::cancelled(&session).await.error;
            let code = error.code().map(tokio_postgres::error::SqlState::code);
            assert!(code == Some("57014") || error.is_closed(), "{mode} {ignored}: {error}");
            session.close().await;
        }
    }
}

#[tokio::test]
async fn a_pooler_may_want_tls() {
    let Some(program) = program() else { return };
    let server = Server::start("", |folder| {
        super::tls::certificates(folder);
        String::new()
    });
    let folder = server.path().display();
    let tls = format!(
        "pool_mode = transaction\nclient_tls_sslmode = require\nclient_tls_cert_file = {folder}/server.pem\n\
         client_tls_key_file = {folder}/server.key"
    );
    let bouncer = Bouncer::start(&program, &server, &tls);
    if cfg!(feature = "tls") {
        for query in ["", "sslmode=allow", "sslmode=require"] {
            assert!(!bouncer.connect(query).await.is_direct(), "{query}");
        }
    } else {
        let error = bouncer.try_connect("").await.err().unwrap().to_string();
        assert!(error.contains("enable its feature `tls`"), "{error}");
    }
    let error = bouncer.try_connect("sslmode=disable").await.err().unwrap().to_string();
    assert!(error.contains("sslmode=disable forbids it"), "{error}");
}
