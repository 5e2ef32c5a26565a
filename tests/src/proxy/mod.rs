//! A proxy on loopback in front of a server: it cuts connections, and swallows what is sent over them.
#![expect(clippy::unwrap_used, reason = "for tests")]

mod link;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_postgres::Config;

/// What befalls one connection.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It is closed after so many bytes.
    Cut(Way, usize),
    /// After so many bytes nothing goes through any more, in either direction, for a while or for ever; the
    /// connection stays open.
    Stall(Way, usize, Option<Duration>),
}

/// Which bytes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
}

/// A proxy on loopback, as long as the runtime lives.
pub struct Proxy {
    url: String,
    state: Arc<State>,
}

struct State {
    /// What befalls the next connections; `None` is nothing.
    plan: Mutex<VecDeque<Option<Fault>>>,
    /// What is not to be said.
    word: Mutex<Option<Word>>,
    happened: AtomicUsize,
    /// Whether nothing goes through at all.
    stalled: watch::Sender<bool>,
    /// How many connections there were.
    opened: AtomicUsize,
    /// So many of them, from the first on, are silent.
    silent: watch::Sender<usize>,
}

/// What ends a connection when it is said.
struct Word {
    way: Way,
    bytes: &'static [u8],
    /// How many connections it still ends.
    left: usize,
    end: End,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// For both.
    Both,
    /// For the client; the server does not notice.
    Client,
}

impl Proxy {
    /// In front of the server of this URL.
    pub async fn before(url: &str) -> Self {
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
            word: Mutex::default(),
            happened: AtomicUsize::new(0),
            stalled: watch::Sender::new(false),
            opened: AtomicUsize::new(0),
            silent: watch::Sender::new(0),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (config, state) = (config.clone(), Arc::clone(&shared));
                tokio::spawn(async move { link::serve(client, &config, &state).await });
            }
        });
        Self { url, state }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts as many connections, each where this is first said, before it gets through: what the server answers, it has
    /// done, and nobody is told.
    #[must_use]
    pub fn cutting(self, way: Way, bytes: &'static [u8], times: usize) -> Self {
        self.ending(Word { way, bytes, left: times, end: End::Both })
    }

    /// The same, but the server waits for what the client has said, and does not notice that it is gone.
    #[must_use]
    pub fn losing_the_client(self, bytes: &'static [u8], times: usize) -> Self {
        self.ending(Word { way: Way::ToServer, bytes, left: times, end: End::Client })
    }

    fn ending(self, word: Word) -> Self {
        *self.state.word.lock().unwrap() = Some(word);
        self
    }

    /// What befalls the next connections, one after the other; those that follow have none.
    pub fn plan(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.state.plan.lock().unwrap().extend(faults);
    }

    /// Forgets what was planned and has not happened.
    pub fn forget(&self) {
        self.state.plan.lock().unwrap().clear();
    }

    /// How many faults have happened, planned ones and words that were said.
    pub fn happened(&self) -> usize {
        self.state.happened.load(Ordering::SeqCst)
    }

    /// From now on nothing goes through, and no connection notices.
    pub fn stall(&self) {
        self.state.stalled.send_replace(true);
    }

    /// Nothing goes any more through the connections that are there; new ones are as good as ever.
    pub fn silence(&self) {
        self.state.silent.send_replace(self.state.opened.load(Ordering::SeqCst));
    }
}

impl State {
    /// Whether what is new ends a connection, and how. Of what was said before the last bytes are kept: there the word may
    /// have begun.
    fn ends_at(&self, way: Way, said: &mut Vec<u8>, new: &[u8]) -> Option<End> {
        let mut word = self.word.lock().unwrap();
        let word = word.as_mut().filter(|word| word.way == way && word.left > 0)?;
        said.extend_from_slice(new);
        let is_said = said.windows(word.bytes.len()).any(|part| part == word.bytes);
        said.drain(..said.len().saturating_sub(word.bytes.len() - 1));
        is_said.then(|| {
            word.left -= 1;
            self.happened.fetch_add(1, Ordering::SeqCst);
            word.end
        })
    }
}
