//! A proxy on loopback in front of a server: it cuts connections, and swallows what is sent over them.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// What befalls one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// It is closed after so many bytes.
    Cut(Way, usize),
    /// After so many bytes nothing goes through any more, in either direction, for a while or for ever; the
    /// connection stays open.
    Stall(Way, usize, Option<Duration>),
}

/// Which bytes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    ToServer,
    ToClient,
}

/// A proxy on loopback, as long as the runtime lives.
pub(crate) struct Proxy {
    url: String,
    state: Arc<State>,
}

struct State {
    /// What befalls the next connections; `None` is nothing.
    plan: Mutex<VecDeque<Option<Fault>>>,
    happened: AtomicUsize,
    /// Whether nothing goes through at all.
    stalled: watch::Sender<bool>,
    /// How many connections there were.
    opened: AtomicUsize,
    /// So many of them, from the first on, are silent.
    silent: watch::Sender<usize>,
}

impl Proxy {
    /// In front of the server of this URL.
    pub(crate) async fn before(url: &str) -> Self {
        let config: Config = url.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let encoded = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let url = format!(
            "postgres://{}{}@{}/{}?sslmode=disable",
            encoded(config.get_user().unwrap_or("postgres").as_bytes()),
            config.get_password().map(|password| format!(":{}", encoded(password))).unwrap_or_default(),
            listener.local_addr().unwrap(),
            encoded(config.get_dbname().unwrap_or("postgres").as_bytes()),
        );
        let state = Arc::new(State {
            plan: Mutex::default(),
            happened: AtomicUsize::new(0),
            stalled: watch::Sender::new(false),
            opened: AtomicUsize::new(0),
            silent: watch::Sender::new(0),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (config, state) = (config.clone(), Arc::clone(&shared));
                tokio::spawn(async move { serve(client, &config, &state).await });
            }
        });
        Self { url, state }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What befalls the next connections, one after the other; those that follow have none.
    pub(crate) fn plan(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.state.plan.lock().unwrap().extend(faults);
    }

    /// Forgets what was planned and has not happened.
    pub(crate) fn forget(&self) {
        self.state.plan.lock().unwrap().clear();
    }

    /// How many planned faults have happened.
    pub(crate) fn happened(&self) -> usize {
        self.state.happened.load(Ordering::SeqCst)
    }

    /// From now on nothing goes through, and no connection notices.
    pub(crate) fn stall(&self) {
        self.state.stalled.send_replace(true);
    }

    /// Nothing goes any more through the connections that are there; new ones are as good as ever.
    pub(crate) fn silence(&self) {
        self.state.silent.send_replace(self.state.opened.load(Ordering::SeqCst));
    }
}

async fn serve(client: TcpStream, config: &Config, state: &State) {
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
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = tokio::io::split(server);
    let own = watch::Sender::new(false);
    let number = state.opened.fetch_add(1, Ordering::SeqCst);
    let of =
        |wanted| fault.filter(|fault| matches!(fault, Fault::Cut(way, _) | Fault::Stall(way, ..) if *way == wanted));
    tokio::select! {
        () = copy(from_client, to_server, of(Way::ToServer), &own, number, state) => {}
        () = copy(from_server, to_client, of(Way::ToClient), &own, number, state) => {}
    }
}

async fn copy(
    from: impl AsyncRead,
    to: impl AsyncWrite,
    mut fault: Option<Fault>,
    own: &watch::Sender<bool>,
    number: usize,
    state: &State,
) {
    let (mut from, mut to) = (pin!(from), pin!(to));
    let mut passed = 0;
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
        let Ok(n @ 1..) = read else { return };
        let (Some(Fault::Cut(_, after) | Fault::Stall(_, after, _)), true) =
            (fault, fault.is_some_and(|fault| passed + n >= limit(fault)))
        else {
            passed += n;
            if to.write_all(&buffer[..n]).await.is_err() {
                return;
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
                    return;
                }
            }
            _ => return,
        }
    }
}

fn limit(fault: Fault) -> usize {
    match fault {
        Fault::Cut(_, after) | Fault::Stall(_, after, _) => after,
    }
}
