use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::TlsError;
use crate::connection::socket::Socket;
use crate::connection::ssl::{Roots, SslMode, SslSettings};

/// Makes TLS of a socket, the way the URL wants it.
#[derive(Clone)]
pub(crate) struct Connector(MakeRustlsConnect);

pub(crate) const AVAILABLE: bool = true;

impl Connector {
    pub(crate) fn new(settings: &SslSettings) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Verifier::new(settings, provider.clone())?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Settings(error.into()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &settings.client {
            None => builder.with_no_client_auth(),
            Some(client) => {
                let chain = certificates("sslcert", &client.certificate)?;
                let key = PrivateKeyDer::from_pem_file(&client.key).map_err(|error| TlsError::File {
                    parameter: "sslkey",
                    path: client.key.clone(),
                    source: error.into(),
                })?;
                builder.with_client_auth_cert(chain, key).map_err(|error| TlsError::Settings(error.into()))?
            }
        };
        config.enable_sni = !settings.without_sni;
        if settings.direct {
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(Self(MakeRustlsConnect::new(config)))
    }

    pub(crate) fn handshake(&self, host: &str) -> Handshake {
        Handshake { connector: self.0.clone(), host: host.to_owned() }
    }
}

type Inner = MakeRustlsConnect;
type TlsStream = <Inner as MakeTlsConnect<Socket>>::Stream;

/// One handshake. Its errors say whether the certificate was at fault.
pub(crate) struct Handshake {
    connector: Inner,
    host: String,
}

impl TlsConnect<Socket> for Handshake {
    type Stream = TlsStream;
    type Error = TlsError;
    type Future = Pin<Box<dyn Future<Output = Result<TlsStream, TlsError>> + Send>>;

    fn connect(mut self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            // A name's last dot means "from the root" to the resolver and nothing in certificates.
            let host = self.host.strip_suffix('.').unwrap_or(&self.host);
            let Ok(connect) = MakeTlsConnect::<Socket>::make_tls_connect(&mut self.connector, host);
            connect.connect(socket).await.map_err(|error| {
                let refused = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
                match refused {
                    Some(rustls::Error::InvalidCertificate(_)) => TlsError::Certificate(error.into()),
                    _ => TlsError::Handshake(error),
                }
            })
        })
    }
}

/// Checks a server's certificate as far as `sslmode` wants it checked.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// The trusted ones; `None` where nothing is verified.
    roots: Option<RootCertStore>,
    /// The certificates of `sslrootcert`, one of which may be the server's own.
    pinned: Vec<CertificateDer<'static>>,
    host_name: bool,
    /// Whether the server must prove to have its certificate's key, in whatever form the certificate is.
    bound: bool,
}

impl Verifier {
    fn new(settings: &SslSettings, provider: Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let mut verifier = Self {
            provider,
            roots: None,
            pinned: Vec::new(),
            host_name: settings.mode == SslMode::VerifyFull,
            bound: settings.bound,
        };
        // As in libpq, a given `sslrootcert` turns verification on in the weaker modes too.
        match &settings.roots {
            _ if settings.mode == SslMode::Disable => {}
            Some(Roots::File(path)) => {
                let mut store = RootCertStore::empty();
                verifier.pinned = certificates("sslrootcert", path)?;
                store.add_parsable_certificates(verifier.pinned.iter().cloned());
                verifier.roots = Some(store);
            }
            Some(Roots::System) => verifier.roots = Some(system_roots()?),
            None if settings.mode >= SslMode::VerifyCa => verifier.roots = Some(system_roots()?),
            None => {}
        }
        Ok(verifier)
    }
}

fn system_roots() -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() { Err(TlsError::NoSystemRoots) } else { Ok(store) }
}

fn certificates(parameter: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |source| TlsError::File { parameter, path: path.to_owned(), source };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(error.into()))?;
    if certificates.is_empty() { Err(wrong("no certificate in it".into())) } else { Ok(certificates) }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(roots) = &self.roots else {
            return Ok(ServerCertVerified::assertion());
        };
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        let chain = verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, algorithms);
        // The server's own certificate may be among the trusted ones. `openssl req -x509` marks such as an
        // authority, which rustls does not take as a server's; OpenSSL, and so libpq, does.
        if let Err(error) = chain
            && (is_out_of_date(&error) || !self.pinned.iter().any(|pinned| pinned == end_entity))
        {
            return Err(error);
        }
        if self.host_name {
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.tolerate(certificate, verify_tls12_signature(message, certificate, signature, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.tolerate(certificate, verify_tls13_signature(message, certificate, signature, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl Verifier {
    /// rustls reads X.509 version 3 only, and `openssl x509 -req`, as in PostgreSQL's manual, makes version 1.
    /// Where anybody's certificate would do, one that cannot be read does as well.
    fn tolerate(
        &self,
        certificate: &CertificateDer<'_>,
        verified: Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let anybody = self.roots.is_none() && !self.bound;
        match verified {
            Err(_) if anybody && ParsedCertificate::try_from(certificate).is_err() => {
                Ok(HandshakeSignatureValid::assertion())
            }
            verified => verified,
        }
    }
}

fn is_out_of_date(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
        )
    )
}
