//! A proxy that cuts a connection at the server's answer, so that what was sent is done and nobody is told.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::project::Project;

/// A proxy on loopback, as long as the runtime lives.
pub(crate) struct Proxy {
    pub(crate) url: String,
    cuts: Arc<AtomicUsize>,
}

impl Proxy {
    /// Before the project's server; cuts the connection whose server says this word, once.
    pub(crate) async fn cutting_at(project: &Project, word: &'static [u8]) -> Self {
        let config: Config = project.database.url().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let user = config.get_user().unwrap_or("postgres");
        let password = config.get_password().map(|p| format!("password={} ", String::from_utf8_lossy(p)));
        let url = format!(
            "host=127.0.0.1 port={} user={user} {}dbname={} sslmode=disable",
            listener.local_addr().unwrap().port(),
            password.unwrap_or_default(),
            project.database.name()
        );
        let cuts = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&cuts);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let counter = Arc::clone(&counter);
                let port = config.get_ports().first().copied().unwrap_or(5432);
                match config.get_hosts().first().unwrap() {
                    Host::Unix(folder) => {
                        let path: PathBuf = folder.join(format!(".s.PGSQL.{port}"));
                        let server = UnixStream::connect(path).await.unwrap();
                        tokio::spawn(pass(client, server, word, counter));
                    }
                    Host::Tcp(host) => {
                        let server = TcpStream::connect((host.as_str(), port)).await.unwrap();
                        tokio::spawn(pass(client, server, word, counter));
                    }
                }
            }
        });
        Self { url, cuts }
    }

    /// How often it has cut: once, if the word was ever said.
    pub(crate) fn cuts(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }
}

async fn pass(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    word: &[u8],
    cuts: Arc<AtomicUsize>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let up = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut seen = Vec::new();
    let mut buffer = vec![0; 65_536];
    while let Ok(n @ 1..) = from_server.read(&mut buffer).await {
        seen.extend_from_slice(&buffer[..n]);
        let said = seen.windows(word.len()).any(|part| part == word);
        if said && cuts.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            break;
        }
        if to_client.write_all(&buffer[..n]).await.is_err() {
            break;
        }
    }
    up.abort();
}
