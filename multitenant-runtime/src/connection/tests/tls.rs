use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::server::Server;
use crate::connection::introduction::ConnectOptions;
use crate::connection::session::Session;
use crate::connection::{ConnectError, ConnectErrorKind, ConnectionUrl};

const HBA: &str = "
hostssl all only_tls 127.0.0.1/32 trust
hostnossl all only_plain 127.0.0.1/32 trust
hostssl all with_certificate 127.0.0.1/32 cert
host all with_password 127.0.0.1/32 scram-sha-256
host all postgres 127.0.0.1/32 trust";

/// An authority and what it signed, another authority, a certificate that vouches for itself.
pub(super) fn certificates(folder: &Path) {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
        Issuer::new(params, key)
    };
    let ca = authority("ca");
    authority("other");
    for (name, common_name, names) in
        [("server", "localhost", vec!["localhost".to_owned()]), ("client", "with_certificate", Vec::new())]
    {
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &ca).unwrap();
        fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    fs::write(folder.join("self.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(folder.join("self.key"), key.serialize_pem()).unwrap();
}

fn with_tls(server_certificate: &str) -> Server {
    let server = Server::start(HBA, |folder| {
        certificates(folder);
        let path = folder.display();
        format!(
            "ssl = on\nssl_cert_file = '{path}/{server_certificate}.pem'\nssl_key_file = '{path}/{server_certificate}.key'\n\
             ssl_ca_file = '{path}/ca.pem'"
        )
    });
    server.psql(
        "CREATE ROLE only_tls LOGIN; CREATE ROLE only_plain LOGIN; CREATE ROLE with_certificate LOGIN; \
         CREATE ROLE with_password LOGIN PASSWORD 's3cret'",
    );
    server
}

/// Connects with the query part given, `{}` being the server's folder; tells whether it is encrypted.
async fn connect(server: &Server, host: &str, user: &str, query: &str) -> Result<bool, ConnectError> {
    let query = query.replace("{}", server.path().to_str().unwrap());
    let url = format!("postgres://{user}@{host}:{}/postgres?{query}", server.port);
    let session = Session::connect(&ConnectionUrl::parse(&url).unwrap(), &ConnectOptions::default()).await?;
    assert!(session.is_direct());
    let rows = session.rows("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").await.unwrap();
    session.close().await;
    Ok(rows[0].get(0) == Some("t"))
}

async fn check(server: &Server, host: &str, user: &str, query: &str, expected: Result<bool, &str>) {
    match (connect(server, host, user, query).await, expected) {
        (Ok(encrypted), Ok(expected)) => assert_eq!(encrypted, expected, "{user}@{host} {query}"),
        (Err(error), Err(part)) => {
            let text = error.to_string();
            assert!(text.contains(part), "{user}@{host} {query}: {text}");
            assert!(!format!("{text} {error:?}").contains("s3cret"), "{text}");
        }
        (found, expected) => panic!("{user}@{host} {query}: {found:?}, expected {expected:?}"),
    }
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn sslmode_means_what_it_means_in_libpq() {
    let server = with_tls("server");
    let pinned = "sslmode=verify-ca&sslrootcert={}/server.pem";
    for (host, user, query, expected) in [
        ("localhost", "postgres", "", Ok(true)),
        ("localhost", "postgres", "sslmode=disable", Ok(false)),
        ("localhost", "postgres", "sslmode=allow", Ok(false)),
        ("localhost", "postgres", "sslmode=prefer", Ok(true)),
        ("127.0.0.1", "postgres", "sslmode=require", Ok(true)),
        ("127.0.0.1", "postgres", "sslmode=require&sslrootcert={}/ca.pem", Ok(true)),
        ("localhost", "postgres", "sslmode=require&sslrootcert={}/other.pem", Err("certificate is not accepted")),
        ("localhost", "postgres", "sslmode=prefer&sslrootcert={}/other.pem", Err("certificate is not accepted")),
        ("127.0.0.1", "postgres", "sslmode=verify-ca&sslrootcert={}/ca.pem", Ok(true)),
        ("localhost", "postgres", "sslmode=verify-ca&sslrootcert={}/other.pem", Err("certificate is not accepted")),
        ("localhost", "postgres", "sslmode=verify-ca", Err("ertificate")),
        ("localhost", "postgres", pinned, Ok(true)),
        ("localhost", "postgres", "sslmode=verify-full&sslrootcert={}/ca.pem", Ok(true)),
        ("localhost.", "postgres", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={}/ca.pem", Ok(true)),
        ("127.0.0.1", "postgres", "sslmode=verify-full&sslrootcert={}/ca.pem", Err("certificate is not accepted")),
        ("localhost", "postgres", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={}/ca.pem", Ok(true)),
        ("other", "postgres", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={}/ca.pem", Err("not accepted")),
        ("localhost", "postgres", "sslmode=verify-full&sslrootcert={}/other.pem", Err("certificate is not accepted")),
        ("localhost", "postgres", "sslmode=verify-full&sslrootcert={}/none.pem", Err("cannot use the file")),
        ("localhost", "postgres", "sslmode=verify-full&sslrootcert={}/server.key", Err("cannot use the file")),
        ("localhost", "only_tls", "sslmode=allow", Ok(true)),
        ("localhost", "only_tls", "sslmode=disable", Err("sslmode=disable forbids it")),
        ("localhost", "only_plain", "sslmode=prefer", Ok(false)),
        ("localhost", "only_plain", "sslmode=require", Err("28000")),
        ("localhost", "nobody_there", "sslmode=disable", Err("28000")),
        ("localhost", "with_certificate", "sslmode=require", Err("28000")),
        ("localhost", "with_certificate", "sslmode=require&sslcert={}/client.pem&sslkey={}/client.key", Ok(true)),
        ("localhost", "with_certificate", "sslmode=require&sslcert={}/client.pem&sslkey={}/ca.pem", Err("`sslkey`")),
        ("localhost", "with_password", "password=s3cret&sslmode=require&channel_binding=require", Ok(true)),
        (
            "localhost",
            "with_password",
            "password=s3cret&sslmode=disable&channel_binding=require",
            Err("channel binding"),
        ),
        ("localhost", "with_password", "password=s3cret-not", Err("28P01")),
        ("localhost", "with_password", "", Err("password missing")),
        ("", "postgres", "host={}&sslmode=verify-full&sslrootcert={}/ca.pem", Ok(false)),
    ] {
        check(&server, host, user, query, expected).await;
    }
}

/// What `openssl req -x509` makes is an authority and a server's certificate in one.
#[cfg(feature = "tls")]
#[tokio::test]
async fn a_certificate_that_vouches_for_itself_is_its_own_root() {
    let server = with_tls("self");
    for (host, query, expected) in [
        ("localhost", "sslmode=verify-full&sslrootcert={}/self.pem", Ok(true)),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert={}/self.pem", Ok(true)),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={}/self.pem", Err("certificate is not accepted")),
        ("localhost", "sslmode=verify-ca&sslrootcert={}/ca.pem", Err("certificate is not accepted")),
        ("localhost", "sslmode=require", Ok(true)),
    ] {
        check(&server, host, "postgres", query, expected).await;
    }
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn sessions_work_by_tls_too() {
    let server = with_tls("server");
    let url = format!("postgres://only_tls@localhost:{}/postgres?sslmode=require", server.port);
    let url = ConnectionUrl::parse(&url).unwrap();
    super::session::cancels(&url).await;
    super::session::is_not_blocked(&url).await;
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn without_the_feature_the_error_names_it() {
    let server = with_tls("server");
    let feature = "this build of multitenant-runtime has no TLS: enable its feature `tls`";
    for (user, query, expected) in [
        ("postgres", "", Ok(false)),
        ("postgres", "sslmode=allow", Ok(false)),
        ("postgres", "sslmode=require", Err(feature)),
        ("postgres", "sslmode=verify-ca", Err(feature)),
        ("postgres", "sslmode=verify-full", Err(feature)),
        ("only_tls", "", Err(feature)),
        ("only_tls", "sslmode=disable", Err("sslmode=disable forbids it")),
        ("only_plain", "", Ok(false)),
        ("nobody_there", "", Err("28000")),
    ] {
        check(&server, "localhost", user, query, expected).await;
    }
    let error = connect(&server, "localhost", "only_tls", "").await.unwrap_err();
    assert_eq!((error.kind(), error.sqlstate()), (ConnectErrorKind::Tls, Some("28000")));
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_server_without_tls_says_so() {
    let server = Server::start(HBA, |_| String::new());
    check(&server, "localhost", "postgres", "", Ok(false)).await;
    check(&server, "localhost", "postgres", "sslmode=require", Err("the server offers no TLS")).await;
    let error = connect(&server, "localhost", "postgres", "sslmode=verify-ca").await.unwrap_err();
    assert_eq!(error.kind(), ConnectErrorKind::Tls);
    assert!(!error.is_retryable());
}

/// PostgreSQL's manual makes such certificates with openssl; without it there is nothing to try.
#[cfg(feature = "tls")]
#[tokio::test]
async fn a_certificate_of_version_1_encrypts() {
    let openssl = |folder: &Path, arguments: &str| {
        let words = arguments.split(' ');
        let done = std::process::Command::new("openssl").args(words).current_dir(folder).output();
        done.is_ok_and(|output| output.status.success())
    };
    if !openssl(Path::new("/"), "version") {
        return;
    }
    let server = Server::start(HBA, |folder| {
        let request = "req -new -nodes -newkey rsa:2048 -subj /CN=localhost -keyout v1.key -out v1.csr";
        assert!(openssl(folder, request));
        assert!(openssl(folder, "x509 -req -in v1.csr -signkey v1.key -out v1.pem -days 9"));
        let path = folder.display();
        format!("ssl = on\nssl_cert_file = '{path}/v1.pem'\nssl_key_file = '{path}/v1.key'")
    });
    server.psql("CREATE ROLE with_password LOGIN PASSWORD 's3cret'");
    for (user, query, expected) in [
        ("postgres", "", Ok(true)),
        ("postgres", "sslmode=require", Ok(true)),
        ("with_password", "password=s3cret&sslmode=require", Ok(true)),
    ] {
        check(&server, "localhost", user, query, expected).await;
    }
    // Newer versions of openssl make version 3 here too, and those are accepted.
    let bound = "password=s3cret&sslmode=require&channel_binding=require";
    if let Err(error) = connect(&server, "localhost", "with_password", bound).await {
        assert_eq!(error.kind(), ConnectErrorKind::Tls, "{error}");
    }
}
