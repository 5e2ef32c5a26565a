use std::time::Duration;

use crate::connection::ConnectionUrl;
use crate::connection::meaning::SessionAttributes;
use crate::connection::ssl::{Roots, SslMode};
use crate::connection::url_error::UrlError;

/// Redacted text, place, user, password.
fn check(text: &str, redacted: &str, place: &str, user: Option<&str>, password: Option<&str>) {
    let url = ConnectionUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(url.to_string(), redacted, "{text}");
    assert_eq!(url.host_for_display(), place, "{text}");
    assert_eq!(url.user(), user, "{text}");
    assert_eq!(url.config().get_password(), password.map(str::as_bytes), "{text}");
    // The full text is a URL again, for the same place.
    let again = ConnectionUrl::parse(&url.expose()).unwrap();
    assert_eq!(again.config(), url.config(), "{text}");
    assert_eq!(again.hosts(), url.hosts(), "{text}");
    assert!(again.ssl() == url.ssl(), "{text}");
}

#[test]
fn both_forms_are_read() {
    for (text, redacted, place, user, password) in [
        ("postgres://u:p@h/d", "postgres://u:***@h/d", "h:5432/d", Some("u"), Some("p")),
        ("postgresql://u@h:6543/d", "postgres://u@h:6543/d", "h:6543/d", Some("u"), None),
        (
            " postgres://u:p%40s%2F%25%3A:x@h/d%20b ",
            "postgres://u:***@h/d%20b",
            "h:5432/d b",
            Some("u"),
            Some("p@s/%::x"),
        ),
        ("postgres://u@[::1]:1/d", "postgres://u@[::1]:1/d", "[::1]:1/d", Some("u"), None),
        ("postgres://h?user=u&password=p%26q", "postgres://u:***@h/", "h:5432/u", Some("u"), Some("p&q")),
        ("postgres:///d?host=/run/x&port=7", "postgres:///d?host=/run/x&port=7", "/run/x:7/d", None, None),
        ("postgres://%2Frun%2Fx:7/d", "postgres:///d?host=/run/x&port=7", "/run/x:7/d", None, None),
        ("postgres://a:1,b/d", "postgres:///d?host=a,b&port=1,", "a:1,b:5432/d", None, None),
        ("host=h user=u password='p w\\'\\\\' dbname=d", "postgres://u:***@h/d", "h:5432/d", Some("u"), Some("p w'\\")),
        ("host = h user=u  password = p\\ w", "postgres://u:***@h/", "h:5432/u", Some("u"), Some("p w")),
        ("host=/run/x dbname='a b'", "postgres:///a%20b?host=/run/x", "/run/x:5432/a b", None, None),
        ("hostaddr=127.0.0.1 dbname=d", "postgres:///d?hostaddr=127.0.0.1", "127.0.0.1:5432/d", None, None),
        ("postgres://me%40srv@h/d", "postgres://me%40srv@h/d", "h:5432/d", Some("me@srv"), None),
        ("postgres://h/d?user=me@srv", "postgres://me%40srv@h/d", "h:5432/d", Some("me@srv"), None),
        (
            "postgres://h/d?options=-c%20a%3Db&application_name=x'y\\z",
            "postgres://h/d?options=-c%20a=b&application_name=x%27y%5Cz",
            "h:5432/d",
            None,
            None,
        ),
        ("postgres://u:@h/d?password=", "postgres://u@h/d", "h:5432/d", Some("u"), None),
        ("postgres://h/d?host=other", "postgres://other/d", "other:5432/d", None, None),
    ] {
        check(text, redacted, place, user, password);
    }
}

#[test]
fn tls_is_read_and_kept_from_the_driver() {
    for (text, mode) in [
        ("postgres://h/d", SslMode::Prefer),
        ("postgres://h/d?sslmode=disable", SslMode::Disable),
        ("postgres://h/d?sslmode=allow", SslMode::Allow),
        ("postgres://h/d?sslmode=prefer&application_name=x", SslMode::Prefer),
        ("postgres://h/d?application_name=x&sslmode=require&keepalives=0", SslMode::Require),
        ("postgres://h/d?ssl=true", SslMode::Require),
        ("host=h sslmode='verify-ca'", SslMode::VerifyCa),
        ("host=h sslmode=verify-full dbname=d", SslMode::VerifyFull),
        ("host=h sslrootcert=system", SslMode::VerifyFull),
    ] {
        assert_eq!(ConnectionUrl::parse(text).unwrap().ssl().mode, mode, "{text}");
    }
    let url = ConnectionUrl::parse("postgres://h/d?sslrootcert=/a%20b/ca.pem&sslcert=c&sslkey=k&sslsni=0").unwrap();
    assert_eq!(url.ssl().roots, Some(Roots::File("/a b/ca.pem".into())));
    assert!(url.ssl().client.is_some() && url.ssl().without_sni);
}

#[test]
fn other_parameters_are_read() {
    let text = "postgres://h/d?connect_timeout=3&target_session_attrs=read-write&keepalives_count=4&client_encoding=UTF8\
                &gssencmode=disable&fallback_application_name=f&channel_binding=require&options=-cx%3Dy";
    let url = ConnectionUrl::parse(text).unwrap();
    assert_eq!(url.connect_timeout(), Some(Duration::from_secs(3)));
    assert_eq!(url.attributes(), SessionAttributes::Primary);
    assert_eq!(url.config().get_keepalives_retries(), Some(4));
    assert_eq!(url.config().get_application_name(), Some("f"));
    assert_eq!(url.config().get_options(), Some("-cx=y"));
    let forever = ConnectionUrl::parse("host=h connect_timeout=0").unwrap();
    assert_eq!(forever.connect_timeout(), Some(Duration::MAX));
}

#[test]
fn another_database_keeps_the_rest() {
    for text in ["postgres://u:p@h:1/d?sslmode=require", "dbname=d host=h port=1 user=u password=p sslmode=require"] {
        let url = ConnectionUrl::parse(text).unwrap().with_database("a/b ?");
        assert_eq!(url.database(), Some("a/b ?"));
        assert_eq!(url.expose(), "postgres://u:p@h:1/a%2Fb%20%3F?sslmode=require");
    }
}

#[test]
fn what_is_not_understood_is_named() {
    let unknown = |name: &str| UrlError::Unknown { name: Some(name.into()) };
    let value = |name: &str, expected| UrlError::Value { name: name.into(), expected };
    for (text, error) in [
        ("", UrlError::Empty),
        ("localhost", UrlError::NotAConnection),
        ("mysql://u:p@h/d", UrlError::NotAConnection),
        ("=x", UrlError::NotAConnection),
        ("host=h =x dbname=d", UrlError::MissingEquals),
        ("host=h dbname", UrlError::MissingEquals),
        ("host='h", UrlError::UnterminatedQuote),
        ("postgres://h/d?colour=red", unknown("colour")),
        ("host=h colour=red", unknown("colour")),
        ("host=h passfile=/x", UrlError::Unsupported { name: "passfile".into() }),
        ("postgres://h/d?sslcrl=/x", UrlError::Unsupported { name: "sslcrl".into() }),
        ("postgres://h/d?sslmode=on", value("sslmode", "disable, allow, prefer, require, verify-ca or verify-full")),
        ("postgres://h/d?keepalives=x", value("keepalives", "a number")),
        ("host=h sslrootcert=system sslmode=require", value("sslmode", "verify-full with sslrootcert=system")),
        ("host=h sslcert=x", UrlError::Incomplete { name: "sslcert", needs: "sslkey" }),
        ("postgres://h:x/d", UrlError::Port),
        ("postgres://h:70000/d", UrlError::Port),
        ("postgres://h:0/d", UrlError::Port),
        ("postgres://::1/d", UrlError::Host),
        ("postgres://[::1/d", UrlError::Host),
        ("host=a,b,c port=1,2", UrlError::Count { name: "port", hosts: 3, found: 2 }),
        ("postgres://u:p@ss@h/d", UrlError::Reserved),
        ("postgres://u:p/ss@h/d", UrlError::Reserved),
        ("postgres://u:p%zz@h/d", UrlError::PercentEncoding),
        ("postgres://u%00@h/d", UrlError::Text { name: "user".into() }),
        ("postgres://h/%FF", UrlError::Text { name: "dbname".into() }),
    ] {
        assert_eq!(ConnectionUrl::parse(text).map(|url| url.to_string()), Err(error), "{text}");
    }
}

/// Well-formed or not: no text that we make shows the password, or a half of it.
#[test]
fn no_password_is_ever_shown() {
    let mut parsed = 0;
    for password in [
        "s3cret",
        "s3cret%21",
        "s3cret/x",
        "x@s3cret",
        "s3cret?x",
        "x?s3cret",
        "s3cret x",
        "x s3cret",
        "s3cret&a=b",
        "x&s3cret=b",
        "s3cret#x",
        "x'=s3cret",
        "%s3cret",
        "s3cret:1",
        "x=s3cret",
        "x s3cret=1",
        "x s3cret= ",
        "12/s3cret",
        "12?s3cret",
        "s3cret\\",
        "'s3cret",
    ] {
        for text in [
            format!("postgres://user:{password}@host/db"),
            format!("postgres://user:{password}@host:1/db?sslmode=require"),
            format!("postgres://host/db?user=u&password={password}"),
            format!("postgres://host/db?password={password}&sslmode=no"),
            format!("postgresql://host:x/db?password={password}"),
            format!("mysql://user:{password}@host/db"),
            format!("host=h user=u password={password}"),
            format!("password={password} host=h port=x"),
            format!("host=h password='{password}' user=u"),
            format!("host=h password = {password} sslmode=no"),
        ] {
            match ConnectionUrl::parse(&text) {
                Ok(url) => {
                    parsed += 1;
                    let config = format!("{:?}", url.config());
                    for shown in [format!("{url}"), format!("{url:?}"), url.host_for_display(), config] {
                        assert!(!shown.contains("s3cret"), "{text} shows {shown}");
                    }
                    assert!(!format!("{:?}", url.with_database("x")).contains("s3cret"), "{text}");
                }
                Err(error) => {
                    assert!(!format!("{error} {error:?}").contains("s3cret"), "{text} shows {error}");
                }
            }
        }
    }
    assert!(parsed > 50, "{parsed}");
}
