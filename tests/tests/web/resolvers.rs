//! Each resolver on its own: what a request means, for both frameworks alike.

use actix_web::HttpMessage;
use actix_web::test::TestRequest;
use multitenant_runtime::TenantId;
use multitenant_runtime::route::{
    Chain, Claim, Header, MAX_ID_BYTES, PathSegment, RequestHead, Resolve, ResolveError, Subdomain,
};
use proptest::prelude::*;

/// A request without a server.
#[derive(Debug, Default, Clone)]
struct Asked<'a> {
    target: &'a str,
    headers: &'a [(&'static str, &'a [u8])],
    claim: Option<&'a str>,
}

/// Claims that an earlier middleware has verified.
#[derive(Clone)]
struct Verified(String);

/// What the resolver says: `None` where nobody is named, `Some("!")` for an error.
fn resolved(resolver: &impl Resolve, asked: &Asked<'_>) -> Option<String> {
    let Ok(mut http) = http::Request::get(asked.target).body(()) else { return Some("!".to_owned()) };
    let mut actix = TestRequest::with_uri(asked.target);
    for (name, value) in asked.headers {
        http.headers_mut().append(*name, http::HeaderValue::from_bytes(value).unwrap());
        actix = actix.append_header((*name, actix_web::http::header::HeaderValue::from_bytes(value).unwrap()));
    }
    let actix = actix.to_srv_request();
    if let Some(claim) = asked.claim {
        http.extensions_mut().insert(Verified(claim.to_owned()));
        actix.extensions_mut().insert(Verified(claim.to_owned()));
    }
    let one = resolver.resolve(&RequestHead::of_http(&http));
    let other = resolver.resolve(&RequestHead::of_actix(&actix));
    assert_eq!(one, other, "the same in both frameworks: {asked:?}");
    match one {
        Ok(tenant) => tenant.map(|tenant| tenant.to_string()),
        Err(_) => Some("!".to_owned()),
    }
}

fn check(resolver: &impl Resolve, asked: &Asked<'_>, expected: Option<&str>) {
    assert_eq!(resolved(resolver, asked).as_deref(), expected, "{asked:?}");
}

#[test]
fn a_header() {
    let long = "a".repeat(MAX_ID_BYTES + 1);
    for (value, expected) in [
        ("acme", "acme"),
        ("Zoë & Co", "Zoë & Co"),
        ("%61cme", "%61cme"),
        (" acme", "!"),
        ("acme\u{a0}", "!"),
        ("a,b", "!"),
        ("", "!"),
        (&long, "!"),
        (&long[1..], &long[1..]),
    ] {
        let headers = [("x-tenant", value.as_bytes())];
        check(&Header::new("X-Tenant"), &Asked { target: "/", headers: &headers, claim: None }, Some(expected));
    }
    let twice: [(_, &[u8]); 2] = [("x-tenant", b"acme"), ("x-tenant", b"acme")];
    check(&Header::new("x-tenant"), &Asked { target: "/", headers: &twice, claim: None }, Some("!"));
    check(&Header::new("x-tenant"), &Asked { target: "/", ..Asked::default() }, None);
}

#[test]
fn a_subdomain() {
    let resolver = Subdomain::of("Example.com.").reserved(["www", "API"]);
    let long = format!("{}.example.com", "a".repeat(64));
    for (host, expected) in [
        ("acme.example.com", Some("acme")),
        ("ACME.example.com:443", Some("acme")),
        ("acme.example.com.:443", Some("acme")),
        ("a_b.example.com", Some("a_b")),
        ("xn--zo-pka.example.com", Some("xn--zo-pka")),
        ("example.com", None),
        ("www.example.com", None),
        ("api.example.com", None),
        ("example.org", None),
        ("notexample.com", None),
        ("[2001:db8::1]:80", None),
        ("10.0.0.1:80", None),
        ("", None),
        ("a.b.example.com", Some("!")),
        (".example.com", Some("!")),
        ("-a.example.com", Some("!")),
        ("a-.example.com", Some("!")),
        ("acme.example.com..", None),
        ("a@acme.example.com", Some("!")),
        ("acme.example.com:x", Some("!")),
        ("acme.example.com:123456", Some("!")),
        ("acme.example.com, b", Some("!")),
        ("acme%2eexample.com", Some("!")),
        ("é.example.com", Some("!")),
        (&long, Some("!")),
    ] {
        let headers = [("host", host.as_bytes())];
        check(&resolver, &Asked { target: "/", headers: &headers, claim: None }, expected);
    }
    // HTTP/2 has no Host, and the absolute form may contradict it.
    check(&resolver, &Asked { target: "http://acme.example.com/", ..Asked::default() }, Some("acme"));
    for (host, expected) in [(&b"ACME.example.com:80"[..], "acme"), (b"globex.example.com", "!"), (b"", "!")] {
        let headers = [("host", host)];
        check(&resolver, &Asked { target: "http://acme.example.com/", headers: &headers, claim: None }, Some(expected));
    }
}

#[test]
fn a_forwarded_host_only_when_asked_for() {
    let (plain, trusting) = (Subdomain::of("example.com"), Subdomain::of("example.com").trust_forwarded_host());
    for (forwarded, expected) in [("b.example.com", Some("b")), ("b.example.com, c.example.com", Some("!")), ("", None)]
    {
        let headers = [("host", &b"a.example.com"[..]), ("x-forwarded-host", forwarded.as_bytes())];
        let asked = Asked { target: "/", headers: &headers, claim: None };
        check(&plain, &asked, Some("a"));
        check(&trusting, &asked, expected);
    }
    check(&trusting, &Asked { target: "/", headers: &[("host", b"a.example.com")], claim: None }, Some("a"));
}

#[test]
fn a_segment_of_the_path() {
    for (path, after, at) in [
        ("/t/acme", Some("acme"), Some("acme")),
        ("/t/acme/notes?x=/t/b", Some("acme"), Some("acme")),
        ("/t/Zo%C3%AB%20%26%20Co/", Some("Zoë & Co"), Some("Zoë & Co")),
        ("/x/acme", None, Some("acme")),
        ("/acme", None, None),
        ("/", None, None),
        ("/t", None, None),
        ("/t/", Some("!"), Some("!")),
        ("/t//acme", Some("!"), Some("!")),
        ("/t/a%2Fb", Some("!"), Some("!")),
        ("/t/a%252Fb", Some("a%2Fb"), Some("a%2Fb")),
        ("/t/%2e", Some("!"), Some("!")),
        ("/t/acme/%2E./x", Some("!"), Some("!")),
        ("/t/a%C3", Some("!"), Some("!")),
        ("/t/a%g1", Some("!"), Some("!")),
        ("/t/a%7f", Some("!"), Some("!")),
    ] {
        let asked = Asked { target: path, ..Asked::default() };
        check(&PathSegment::after("/t/"), &asked, after);
        check(&PathSegment::at(1), &asked, at);
    }
}

fn by_claim() -> impl Resolve {
    Claim::by(|head| head.extension::<Verified>().map(|claims| claims.0.clone()))
}

#[test]
fn a_claim_and_a_header_must_agree() {
    let chain = || Chain::new(by_claim()).or(Header::new("x-tenant"));
    for (claim, header, agreed, first) in [
        (Some("acme"), None, Some("acme"), Some("acme")),
        (None, Some("acme"), Some("acme"), Some("acme")),
        (Some("acme"), Some("acme"), Some("acme"), Some("acme")),
        (Some("acme"), Some("globex"), Some("!"), Some("acme")),
        (Some("acme"), Some("a,b"), Some("!"), Some("acme")),
        // A broken claim does not make way for the header.
        (Some(""), Some("globex"), Some("!"), Some("!")),
        (None, None, None, None),
    ] {
        let headers: Vec<_> = header.iter().map(|header: &&str| ("x-tenant", header.as_bytes())).collect();
        let asked = Asked { target: "/", headers: &headers, claim };
        check(&chain(), &asked, agreed);
        check(&chain().first_wins(), &asked, first);
    }
}

#[test]
fn what_is_set_up_wrongly_says_so() {
    let request = http::Request::get("/t/acme").header("host", "acme.example.com").body(()).unwrap();
    let resolvers: [Box<dyn Resolve>; 4] = [
        Box::new(Header::new("x tenant")),
        Box::new(Subdomain::of("")),
        Box::new(Subdomain::of("example.com:80")),
        Box::new(PathSegment::after("t")),
    ];
    for resolver in resolvers {
        let error = resolver.resolve(&RequestHead::of_http(&request)).unwrap_err();
        assert!(matches!(error, ResolveError::Misconfigured { .. }), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_header_is_itself_or_an_error(value in prop::collection::vec(any::<u8>().prop_filter("HTTP has no other", |b| *b == 9 || *b >= 32 && *b != 127), 0..40)) {
        let headers = [("x-tenant", &value[..])];
        let tenant = resolved(&Header::new("x-tenant"), &Asked { target: "/", headers: &headers, claim: None }).unwrap();
        prop_assert!(tenant == "!" || tenant.as_bytes() == value);
    }

    #[test]
    fn any_id_comes_back_from_the_path(id in "\\PC{1,40}") {
        let encoded: String = id.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let path = format!("/t/{encoded}/x");
        let tenant = resolved(&PathSegment::after("/t/"), &Asked { target: &path, ..Asked::default() }).unwrap();
        let is_plain = !id.contains(['/', '\\']) && id != "." && id != "..";
        prop_assert!(tenant == id || tenant == "!" && (!is_plain || TenantId::new(&id).is_err()), "{tenant}");
    }

    #[test]
    fn any_host_names_its_first_label_or_nobody(host in "[a-cA-C.:@,%_ \\[\\]0-9-]{0,12}(\\.example\\.com)?[.:0-9]{0,4}") {
        let headers = [("host", host.as_bytes())];
        let asked = Asked { target: "/", headers: &headers, claim: None };
        if let Some(tenant) = resolved(&Subdomain::of("example.com"), &asked).filter(|tenant| tenant != "!") {
            prop_assert!(host.to_ascii_lowercase().starts_with(&format!("{tenant}.example.com")), "{tenant}");
            prop_assert!(!tenant.contains(['.', '@', ':', ',', ' ']), "{tenant}");
        }
    }
}
