//! What a run knows from its beginning to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::connection::{ConnectError, ConnectOptions, ConnectionUrl, Session, Watch, Witness};
use crate::migration::MigrationSet;
use crate::plan::Policy;
use crate::settings::Settings;
use crate::target::{Target, Tier};

use super::event::{Event, Observer};
use super::hooks::Hooked;

/// What a run knows from its beginning to its end.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) shared: Option<MigrationSet>,
    pub(crate) tenant: MigrationSet,
    pub(crate) url: ConnectionUrl,
    /// Who asks the server about the other connections.
    pub(crate) witness: Arc<Witness>,
    pub(crate) policy: Policy,
    /// How long a target that another run holds is waited for.
    pub(crate) wait: Duration,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) hooks: Hooked,
    pub(crate) cancellation: CancellationToken,
}

impl Context {
    /// The migrations of a target's tier. The shared tier is only a target where there are shared migrations.
    pub(crate) fn set(&self, target: &Target) -> &MigrationSet {
        match (target.tier(), &self.shared) {
            (Tier::Shared, Some(shared)) => shared,
            _ => &self.tenant,
        }
    }

    /// The same, for a part that is ended by itself.
    pub(crate) fn ended_by(&self, cancellation: CancellationToken) -> Arc<Self> {
        Arc::new(Self { cancellation, ..self.clone() })
    }

    pub(crate) fn emit(&self, event: &Event) {
        if let Some(observer) = &self.observer {
            observer.event(event);
        }
    }

    /// A connection for one look: nothing is written over it, and it is not asked what it is.
    pub(crate) async fn connect_to_look(&self) -> Result<Session, ConnectError> {
        let cancellation = Some(self.cancellation.clone());
        let watch = Watch { witness: None, cancellation, limit: Some(LOOK) };
        self.open(ConnectOptions { introduction: false, watch, ..ConnectOptions::default() }).await
    }

    /// A connection that goes to Diesel, and is listened to on the way.
    #[cfg(feature = "functions")]
    pub(crate) async fn connect_for_diesel(&self) -> Result<Session, ConnectError> {
        self.open(ConnectOptions { overheard: true, watch: self.watch_cancelled(), ..ConnectOptions::default() }).await
    }

    pub(crate) async fn connect(&self) -> Result<Session, ConnectError> {
        self.open(ConnectOptions { watch: self.watch_cancelled(), ..ConnectOptions::default() }).await
    }

    /// A connection for what is brought to its end once it has begun, even if the run is cancelled.
    pub(crate) async fn connect_to_stay(&self) -> Result<Session, ConnectError> {
        self.open(ConnectOptions { watch: self.watch(), ..ConnectOptions::default() }).await
    }

    async fn open(&self, options: ConnectOptions) -> Result<Session, ConnectError> {
        Box::pin(Session::connect(&self.url, &options)).await
    }

    /// As [`watch`](Self::watch), and only a little longer than the run.
    fn watch_cancelled(&self) -> Watch {
        Watch { cancellation: Some(self.cancellation.clone()), ..self.watch() }
    }

    /// No statement is silent for longer than this without a question to the server.
    fn watch(&self) -> Watch {
        let limit = self.settings.statement_timeout.map_or(QUIET, |limit| QUIET.min(limit + Duration::from_secs(1)));
        Watch { witness: Some((Arc::clone(&self.witness), limit)), cancellation: None, limit: None }
    }
}

/// How long a look may take, which is some tenths of a second for thousands of schemas.
const LOOK: Duration = Duration::from_secs(60);

/// How long a connection is silent before the server is asked about it.
const QUIET: Duration = Duration::from_secs(30);
