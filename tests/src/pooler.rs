//! PgBouncer in front of a server, where that program is installed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "for tests")]

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use multitenant_runtime::embedded::EmbeddedServer;
use tokio_postgres::NoTls;

/// PgBouncer, on a Unix socket, for as long as it is held.
pub struct Pooler {
    child: Child,
    folder: tempfile::TempDir,
    server: EmbeddedServer,
}

/// Its socket's number, in a folder of its own.
const PORT: u16 = 6432;

impl Pooler {
    /// In front of this server, in this mode, with so many connections to it; `None` where PgBouncer is not installed.
    pub async fn start(server: EmbeddedServer, mode: &str, pool_size: usize) -> Option<Self> {
        let known = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
        let program = known.into_iter().map(PathBuf::from).find(|path| path.exists())?;
        let folder = tempfile::Builder::new().prefix("mt").tempdir().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\npostgres = host={server} user=postgres dbname=postgres\n\
             alias = host={server} user=postgres dbname=postgres\n[pgbouncer]\nlisten_addr =\n\
             listen_port = {PORT}\nunix_socket_dir = {own}\nauth_type = any\npool_mode = {mode}\n\
             default_pool_size = {pool_size}\nmax_client_conn = 100\nserver_reset_query =\n",
            server = server.folder().display(),
            own = folder.path().display(),
        );
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(program);
        command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        as_owner_of(&server, &mut command, &[folder.path(), &file]);
        let child = command.spawn().unwrap();
        let pooler = Self { child, folder, server };
        for _ in 0..1_000 {
            if tokio_postgres::connect(&pooler.url(), NoTls).await.is_ok() {
                return Some(pooler);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("PgBouncer does not answer");
    }

    /// Through the pooler.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@/postgres?host={}&port={PORT}", self.folder.path().display())
    }

    /// Through the pooler, which has another name for the database.
    #[must_use]
    pub fn alias_url(&self) -> String {
        self.url().replacen("@/postgres?", "@/alias?", 1)
    }

    /// Past the pooler.
    #[must_use]
    pub fn direct_url(&self) -> String {
        self.server.url("postgres")
    }

    /// What is behind it.
    #[must_use]
    pub fn server(&self) -> &EmbeddedServer {
        &self.server
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// PgBouncer refuses root as PostgreSQL does: then both run as the same other user.
fn as_owner_of(server: &EmbeddedServer, command: &mut Command, files: &[&Path]) {
    let owner = std::fs::metadata(server.folder()).unwrap();
    let data = std::fs::metadata(server.folder().join("data")).unwrap_or(owner);
    let own = std::fs::metadata(files[0]).unwrap().uid();
    if own != data.uid() {
        for file in files {
            chown(file, Some(data.uid()), Some(data.gid())).unwrap();
        }
        command.uid(data.uid()).gid(data.gid());
    }
}
