//! Requests that two programs would read in two ways, over HTTP.

use multitenant_runtime::route::{Header, PathSegment, Resolve, Subdomain};

use super::client::{get, send};
use super::server::{Application, BOTH};
use super::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_not_smuggled() {
    let shop = Shop::with(&["acme", "globex"]).await;
    let pool = shop.pool().build().unwrap();
    let long = vec![b'a'; 65_536];
    for framework in BOTH {
        let address = Application::new(pool.clone(), Header::new("x-tenant")).serve(framework).await;
        for (headers, status) in [
            (&[("x-tenant", &b"acme"[..])][..], 200),
            (&[("X-TENANT", b"acme")], 200),
            (&[("x-tenant", b"acme"), ("x-tenant", b"globex")], 400),
            (&[("x-tenant", b"acme"), ("x-tenant", b"acme")], 400),
            (&[("x-tenant", b"acme"), ("X-Tenant", b"")], 400),
            (&[("x-tenant", b"acme,globex")], 400),
            (&[("x-tenant", b"acme, acme")], 400),
            (&[("x-tenant", b"")], 400),
            (&[("x-tenant", b"acme\0")], 400),
            (&[("x-tenant", b"acme\xff")], 400),
            (&[("x-tenant", b"\xc0\xafacme")], 400),
            (&[("x-tenant", b"ac\tme")], 400),
            (&[("x-tenant", b"%61cme")], 404),
            (&[("x-tenant", b"acme%00")], 404),
            (&[("x-tenant", b"ACME")], 404),
            (&[("x-tenant", b"\"acme\"")], 404),
            (&[("x_tenant", b"acme")], 400),
            (&[("x-tenant-", b"acme")], 400),
            (&[], 400),
        ] {
            let answer = get(address, "/who", headers).await;
            assert_eq!(answer.status, status, "{framework:?} {headers:?}: {answer:?}");
            assert!(status != 200 || answer.body == "tenant_acme", "{framework:?} {headers:?}: {answer:?}");
        }
        let answer = get(address, "/who", &[("x-tenant", &long)]).await;
        assert!(matches!(answer.status, 0 | 400 | 431), "{framework:?}: {answer:?}");
        // A folded line and a blank before the colon.
        for smuggled in ["x-tenant: acme\r\n globex", "x-tenant : acme", "a: b\nx-tenant: acme"] {
            let request = format!("GET /who HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{smuggled}\r\n\r\n");
            let answer = send(address, request.as_bytes()).await;
            assert!(answer.status != 200 || answer.body == "tenant_acme", "{framework:?} {smuggled:?}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_are_not_smuggled() {
    let shop = Shop::with(&["acme", "globex"]).await;
    let pool = shop.pool().build().unwrap();
    for framework in BOTH {
        let address = Application::new(pool.clone(), Subdomain::of("example.com")).serve(framework).await;
        for (target, hosts, status) in [
            ("/who", &["acme.example.com"][..], 200),
            ("/who", &["ACME.Example.COM:8080"], 200),
            ("/who", &["acme.example.com."], 200),
            ("http://acme.example.com/who", &["acme.example.com"], 200),
            ("http://globex.example.com/who", &["acme.example.com"], 400),
            ("/who", &["acme.example.com", "globex.example.com"], 400),
            ("/who", &["acme.example.com, globex.example.com"], 400),
            ("/who", &["globex@acme.example.com"], 400),
            ("/who", &["acme.example.com:80:80"], 400),
            ("/who", &["acme.example.com:globex"], 400),
            ("/who", &["acme.example.com.."], 400),
            ("/who", &["a.acme.example.com"], 400),
            ("/who", &["acme.example.com.evil.org"], 400),
            ("/who", &["acmeexample.com"], 400),
            ("/who", &["[::1]:80"], 400),
            ("/who", &["127.0.0.1"], 400),
            ("/who", &["www.example.com"], 400),
            ("/who", &["initech.example.com"], 404),
        ] {
            let hosts: Vec<_> = hosts.iter().map(|host| ("host", host.as_bytes())).collect();
            let answer = get(address, target, &hosts).await;
            assert_eq!(answer.status, status, "{framework:?} {target} {hosts:?}: {answer:?}");
            assert!(status != 200 || answer.body == "tenant_acme", "{framework:?} {hosts:?}: {answer:?}");
        }
        // Nobody has said that this header may be believed.
        let headers = [("host", &b"acme.example.com"[..]), ("x-forwarded-host", b"globex.example.com")];
        assert_eq!(get(address, "/who", &headers).await.body, "tenant_acme");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_are_not_smuggled() {
    let shop = Shop::with(&["acme", "globex"]).await;
    let pool = shop.pool().build().unwrap();
    for framework in BOTH {
        let address = Application::new(pool.clone(), PathSegment::after("/t/")).serve(framework).await;
        for (path, status) in [
            ("/t/acme", 200),
            ("/t/%61cme/who?t=globex", 200),
            ("/t/acme//t/globex", 200),
            ("/t/%2561cme", 404),
            ("/t/acme%2fglobex", 400),
            ("/t/acme%5Cglobex", 400),
            ("/t/acme/../globex", 400),
            ("/t/../t/acme", 400),
            ("/t/acme/%2e%2E/globex", 400),
            ("/t/%2e%2e", 400),
            ("/t/./acme", 400),
            ("/t//acme", 400),
            ("/t/", 400),
            ("/t/%ff", 400),
            ("/t/acme%00", 400),
            ("/t/acme%0a", 400),
            ("/t/acme%", 400),
            ("/t/acme%4", 400),
            ("/t/acme;globex", 404),
            ("/T/acme", 400),
            ("//t/acme", 400),
        ] {
            let answer = get(address, path, &[]).await;
            assert_eq!(answer.status, status, "{framework:?} {path}: {answer:?}");
            assert!(status != 200 || answer.body == "tenant_acme", "{framework:?} {path}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_places_must_not_disagree() {
    let shop = Shop::with(&["acme", "globex"]).await;
    let pool = shop.pool().build().unwrap();
    for framework in BOTH {
        let resolver = Subdomain::of("example.com").or(Header::new("x-tenant"));
        let address = Application::new(pool.clone(), resolver.clone()).serve(framework).await;
        let first = Application::new(pool.clone(), resolver.first_wins()).serve(framework).await;
        let acme = ("host", &b"acme.example.com"[..]);
        for (tenant, status, first_status) in [("acme", 200, 200), ("globex", 400, 200), ("", 400, 200)] {
            let headers = [acme, ("x-tenant", tenant.as_bytes())];
            let answer = get(address, "/who", &headers).await;
            assert_eq!(answer.status, status, "{framework:?} {tenant}: {answer:?}");
            let answer = get(first, "/who", &headers).await;
            assert_eq!((answer.status, &*answer.body), (first_status, "tenant_acme"), "{framework:?} {tenant}");
        }
    }
}
