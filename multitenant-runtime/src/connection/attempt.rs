//! From a URL to a connection: which server, with TLS or without, and what to try next.

use std::io;

use tokio_postgres::config::{SslMode as DriverMode, SslNegotiation};
use tokio_postgres::tls::TlsConnect;
use tokio_postgres::{Client, Config, Connection};

use super::codes;
use super::ear::{Ear, Listening, Overheard};
use super::error::Cause;
use super::host::HostEntry;
use super::socket::{Address, Socket, ask_for_tls};
use super::ssl::{SslMode, SslSettings};
use super::tls::{AVAILABLE, Connector, Handshake, TlsError};

type Encrypted = Overheard<<Handshake as TlsConnect<Socket>>::Stream>;

/// A client, its other half, and the way it came.
pub(super) struct Attempt {
    pub(super) client: Client,
    pub(super) connection: Connection<Socket, Encrypted>,
    pub(super) route: Route,
}

/// How a connection was made; a cancel request must take the same way.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) address: Address,
    pub(super) host: String,
    pub(super) encrypted: bool,
    /// The handshake at once, without asking.
    pub(super) direct: bool,
    pub(super) config: Config,
    pub(super) connector: Connector,
}

/// What one attempt does about TLS.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    Plain,
    IfOffered,
    Required,
}

/// Tries one address in the ways that `sslmode` allows.
pub(super) async fn connect(
    address: &Address,
    entry: &HostEntry,
    config: &Config,
    settings: &SslSettings,
    connector: &Connector,
    ear: Option<&Ear>,
) -> Result<Attempt, Cause> {
    let mut route = Route {
        address: address.clone(),
        host: entry.host.clone(),
        encrypted: false,
        direct: settings.direct,
        config: config.clone(),
        connector: connector.clone(),
    };
    let (first, second) = plan(settings.mode, address.is_tcp());
    let failure = match try_once(&mut route, first, settings, ear).await {
        Ok(attempt) => return Ok(attempt),
        Err(failure) => failure,
    };
    let failure = match second {
        Some(second) if worth_another(&failure, first, route.encrypted, settings) => {
            match try_once(&mut route, second, settings, ear).await {
                Ok(attempt) => return Ok(attempt),
                // The server has no TLS either, or refuses both ways: the first answer says more.
                Err(_) => failure,
            }
        }
        _ => failure,
    };
    Err(explain(failure, &route, settings).await)
}

/// The attempt, and the one after it if the first fails. Unix sockets know no TLS: `sslmode` is not for them.
fn plan(mode: SslMode, tcp: bool) -> (Encryption, Option<Encryption>) {
    match mode {
        _ if !tcp => (Encryption::Plain, None),
        SslMode::Disable => (Encryption::Plain, None),
        SslMode::Allow | SslMode::Prefer if !AVAILABLE => (Encryption::Plain, None),
        SslMode::Allow => (Encryption::Plain, Some(Encryption::Required)),
        SslMode::Prefer => (Encryption::IfOffered, Some(Encryption::Plain)),
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => (Encryption::Required, None),
    }
}

fn worth_another(failure: &Cause, first: Encryption, encrypted: bool, settings: &SslSettings) -> bool {
    match failure {
        Cause::Server(_) => refuses_the_way(failure) && (first == Encryption::Plain || encrypted),
        // Who gave `sslrootcert` wants to know that the certificate is wrong.
        Cause::Tls(_) => settings.roots.is_none(),
        _ => false,
    }
}

/// Whether the server may have refused because of TLS or its absence: `pg_hba.conf`, or a pooler that demands it.
fn refuses_the_way(failure: &Cause) -> bool {
    failure.code().is_some_and(|code| *code == codes::INVALID_AUTHORIZATION || *code == codes::PROTOCOL_VIOLATION)
}

async fn try_once(
    route: &mut Route,
    encryption: Encryption,
    settings: &SslSettings,
    ear: Option<&Ear>,
) -> Result<Attempt, Cause> {
    let mut socket = route.address.open(&route.config).await.map_err(Cause::Io)?;
    route.encrypted = match encryption {
        Encryption::Plain => false,
        _ if settings.direct => true,
        _ => ask_for_tls(&mut socket).await.map_err(Cause::Io)?,
    };
    if encryption == Encryption::Required && !route.encrypted {
        return Err(Cause::Tls(TlsError::NotOffered { mode: settings.mode.name() }));
    }
    let mut config = route.config.clone();
    set_encryption(&mut config, route.encrypted);
    if let (Some(ear), false) = (ear, route.encrypted) {
        socket = Socket::new(Overheard::new(socket, Some(ear.clone())));
    }
    let handshake = Listening { handshake: route.connector.handshake(&route.host), ear: ear.cloned() };
    let (client, connection) = config.connect_raw(socket, handshake).await.map_err(Cause::from_startup)?;
    Ok(Attempt { client, connection, route: route.clone() })
}

/// The asking is done: the driver goes into the handshake at once, or into none.
fn set_encryption(config: &mut Config, encrypted: bool) {
    config.ssl_mode(if encrypted { DriverMode::Require } else { DriverMode::Disable });
    config.ssl_negotiation(SslNegotiation::Direct);
}

/// Where a plain connection was refused, asks the server whether it would have had TLS.
async fn explain(failure: Cause, route: &Route, settings: &SslSettings) -> Cause {
    if route.encrypted || !route.address.is_tcp() || !refuses_the_way(&failure) {
        return failure;
    }
    let because = match settings.mode {
        SslMode::Disable => TlsError::Disabled,
        mode if !AVAILABLE => TlsError::FeatureOff { mode: mode.name() },
        _ => return failure,
    };
    // The routine tells a refusal by pg_hba.conf from that of an unknown role, which has the same code.
    let Cause::Server(refusal) = failure else {
        return failure;
    };
    let by_role = refusal.as_db_error().and_then(|error| error.routine()).is_some_and(|r| r != "ClientAuthentication");
    match if by_role { Ok(false) } else { offers_tls(route).await } {
        Ok(true) => Cause::TlsWanted { because, refusal },
        Ok(false) | Err(_) => Cause::Server(refusal),
    }
}

async fn offers_tls(route: &Route) -> io::Result<bool> {
    ask_for_tls(&mut route.address.open(&route.config).await?).await
}

impl Route {
    /// A socket as far as the driver's next word: the handshake, or the startup or cancel message.
    pub(super) async fn reopen(&self) -> Result<Socket, Cause> {
        let mut socket = self.address.open(&self.config).await.map_err(Cause::Io)?;
        if self.encrypted && !self.direct && !ask_for_tls(&mut socket).await.map_err(Cause::Io)? {
            return Err(Cause::Tls(TlsError::NotOffered { mode: SslMode::Require.name() }));
        }
        Ok(socket)
    }
}
