//! Opening a socket and asking the server for TLS. Ours, and not `tokio_postgres`', so that each failure is known
//! for what it is without reading messages, and so that `sslmode` can mean what it means in libpq.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::Config;

use super::host::HostEntry;

/// A TCP or Unix socket.
///
/// A type of its own, and no `Box<dyn …>` by another name: that has a lifetime, for all of which the compiler would
/// then want TLS to be implemented before it believes that our futures are `Send`.
pub(super) struct Socket(Box<dyn Stream>);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Socket {
    pub(super) fn new(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        Self(Box::new(stream))
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}

/// A place to connect to, resolved.
#[derive(Clone, Debug)]
pub(super) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// What is between a client and its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "migrations"), expect(unreachable_pub, reason = "only who migrates exports it"))]
pub enum Way {
    /// A Unix socket, which knows no TLS and needs none.
    Socket,
    /// This machine's own loopback.
    Loopback,
    /// A network.
    Network,
}

impl Address {
    pub(super) fn way(&self) -> Way {
        match self {
            Self::Unix(_) => Way::Socket,
            Self::Tcp(address) if address.ip().to_canonical().is_loopback() => Way::Loopback,
            Self::Tcp(_) => Way::Network,
        }
    }

    pub(super) async fn resolve(entry: &HostEntry) -> io::Result<Vec<Self>> {
        if entry.is_socket() {
            return Ok(vec![Self::Unix(PathBuf::from(&entry.host).join(format!(".s.PGSQL.{}", entry.port)))]);
        }
        if let Some(address) = entry.address {
            return Ok(vec![Self::Tcp(SocketAddr::new(address, entry.port))]);
        }
        let addresses: Vec<_> =
            tokio::net::lookup_host((entry.host.as_str(), entry.port)).await?.map(Self::Tcp).collect();
        if addresses.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(addresses) }
    }

    pub(super) fn is_tcp(&self) -> bool {
        matches!(self, Self::Tcp(_))
    }

    pub(super) async fn open(&self, config: &Config) -> io::Result<Socket> {
        match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                keep_alive(&stream, config)?;
                Ok(Socket::new(stream))
            }
            #[cfg(unix)]
            Self::Unix(path) => Ok(Socket::new(tokio::net::UnixStream::connect(path).await?)),
            #[cfg(not(unix))]
            Self::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// A migration may run for long without a word on the wire, and a NAT forgets silent connections.
fn keep_alive(stream: &TcpStream, config: &Config) -> io::Result<()> {
    let socket = SockRef::from(stream);
    #[cfg(target_os = "linux")]
    if let Some(limit) = config.get_tcp_user_timeout() {
        socket.set_tcp_user_timeout(Some(*limit))?;
    }
    if config.get_keepalives() {
        let mut settings = TcpKeepalive::new().with_time(config.get_keepalives_idle());
        if let Some(interval) = config.get_keepalives_interval() {
            settings = settings.with_interval(interval);
        }
        if let Some(retries) = config.get_keepalives_retries() {
            settings = settings.with_retries(retries);
        }
        socket.set_tcp_keepalive(&settings)?;
    }
    Ok(())
}

/// Asks for TLS: `true` if the server waits for the handshake now, `false` if it goes on without.
pub(super) async fn ask_for_tls(socket: &mut Socket) -> io::Result<bool> {
    // SSLRequest: the length of the message, then 1234 and 5679 for a version.
    socket.write_all(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]).await?;
    socket.flush().await?;
    match socket.read_u8().await? {
        b'S' => Ok(true),
        b'N' => Ok(false),
        // Not PostgreSQL, or one that failed before it could read the request.
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the answer to the request for TLS is neither yes nor no")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::connection::ConnectionUrl;

    /// The seconds of idling, between probes, their number, and the milliseconds for what is sent.
    #[cfg(target_os = "linux")]
    async fn check(query: &str, expected: (bool, u64, u64, u32, Option<u64>)) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let url = ConnectionUrl::parse(&format!("postgres://localhost/app?{query}")).unwrap();
        keep_alive(&stream, url.config()).unwrap();
        let socket = SockRef::from(&stream);
        let seconds = |time: io::Result<Duration>| time.unwrap().as_secs();
        let found = (
            socket.keepalive().unwrap(),
            seconds(socket.tcp_keepalive_time()),
            seconds(socket.tcp_keepalive_interval()),
            socket.tcp_keepalive_retries().unwrap(),
            socket.tcp_user_timeout().unwrap().map(|limit| limit.as_millis().try_into().unwrap()),
        );
        assert_eq!(found, expected, "{query}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_dead_peer_is_noticed_after_a_minute_unless_said_otherwise() {
        check("", (true, 30, 10, 3, Some(60_000))).await;
        check("keepalives_idle=7&keepalives_count=2&tcp_user_timeout=1500", (true, 7, 10, 2, Some(1_500))).await;
        check("keepalives_interval=4&tcp_user_timeout=0", (true, 30, 4, 3, None)).await;
    }
}
