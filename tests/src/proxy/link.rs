//! One connection through the proxy, and what befalls it.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::{End, Fault, State, Way};

/// One connection, from its beginning to its end.
pub(super) async fn serve(client: TcpStream, config: &Config, state: &State) {
    let _ = state.stalled.subscribe().wait_for(|stalled| !stalled).await;
    let fault = state.plan.lock().unwrap().pop_front().flatten();
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts().first().unwrap() {
        Host::Unix(folder) => {
            let path: PathBuf = folder.join(format!(".s.PGSQL.{port}"));
            if let Ok(server) = UnixStream::connect(path).await {
                pass(client, server, fault, state).await;
            }
        }
        Host::Tcp(host) => {
            if let Ok(server) = TcpStream::connect((host.as_str(), port)).await {
                pass(client, server, fault, state).await;
            }
        }
    }
}

/// Passes on what both say, until one ends or the connection is cut.
async fn pass(client: TcpStream, server: impl AsyncRead + AsyncWrite, fault: Option<Fault>, state: &State) {
    client.set_nodelay(true).unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let own = watch::Sender::new(false);
    let number = state.opened.fetch_add(1, Ordering::SeqCst);
    let link = |wanted| {
        let planned = |fault: &Fault| matches!(fault, Fault::Cut(way, _) | Fault::Stall(way, ..) if *way == wanted);
        Link { way: wanted, fault: fault.filter(planned), own: &own, number, state }
    };
    let end = tokio::select! {
        end = link(Way::ToServer).copy(&mut from_client, &mut to_server) => end,
        end = link(Way::ToClient).copy(&mut from_server, &mut to_client) => end,
    };
    if end == End::Client {
        drop((from_client, to_client));
        let _ = tokio::io::copy(&mut from_server, &mut tokio::io::sink()).await;
    }
}

/// One way of a connection.
struct Link<'a> {
    way: Way,
    fault: Option<Fault>,
    /// Whether nothing goes through this connection.
    own: &'a watch::Sender<bool>,
    number: usize,
    state: &'a State,
}

impl Link<'_> {
    async fn copy(self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> End {
        let Self { way, mut fault, own, number, state } = self;
        let mut passed = 0;
        let mut said = Vec::new();
        let mut buffer = vec![0; 16_384];
        loop {
            let read = from.read(&mut buffer).await;
            let goes_through = || async {
                let (mut all, mut own) = (state.stalled.subscribe(), own.subscribe());
                let _ = all.wait_for(|stalled| !stalled).await;
                let _ = own.wait_for(|stalled| !stalled).await;
                let _ = state.silent.subscribe().wait_for(|silent| *silent <= number).await;
            };
            // The end of a connection is swallowed like the rest.
            goes_through().await;
            let Ok(n @ 1..) = read else { return End::Both };
            if let Some(end) = state.ends_at(way, &mut said, &buffer[..n]) {
                return end;
            }
            let (Some(Fault::Cut(_, after) | Fault::Stall(_, after, _)), true) =
                (fault, fault.is_some_and(|fault| passed + n >= limit(fault)))
            else {
                passed += n;
                if to.write_all(&buffer[..n]).await.is_err() {
                    return End::Both;
                }
                continue;
            };
            let part = after - passed.min(after);
            let _ = to.write_all(&buffer[..part]).await;
            let _ = to.flush().await;
            state.happened.fetch_add(1, Ordering::SeqCst);
            match fault.take() {
                Some(Fault::Stall(_, _, lasting)) => {
                    own.send_replace(true);
                    match lasting {
                        Some(lasting) => tokio::time::sleep(lasting).await,
                        None => std::future::pending().await,
                    }
                    own.send_replace(false);
                    passed += n;
                    if to.write_all(&buffer[part..n]).await.is_err() {
                        return End::Both;
                    }
                }
                _ => return End::Both,
            }
        }
    }
}

fn limit(fault: Fault) -> usize {
    match fault {
        Fault::Cut(_, after) | Fault::Stall(_, after, _) => after,
    }
}
