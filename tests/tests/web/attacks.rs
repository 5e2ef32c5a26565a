//! Some thousand ids that somebody makes up, through each resolver and over HTTP: an error, or the right tenant.

use std::net::SocketAddr;

use futures_util::{StreamExt, stream};
use multitenant_runtime::route::{Header, PathSegment, Subdomain};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::client::{Answer, get};
use super::server::{Application, BOTH};
use super::shop::Shop;

const TENANTS: [&str; 7] = ["acme", "Acme", "a\"b", "a-b", "é", "%61cme", "a b"];

/// What ids are made of here: tenants, their parts, and what somebody else might take for syntax.
fn ids(count: usize) -> Vec<String> {
    let piece = prop::sample::select(vec![
        "acme", "Acme", "a", "b", "-", "tenant_", "\"", "'", ",", " ", ";", "--", "\\", "é", "e\u{301}", "$user",
        "{id}", "%61", "%2f", "%00", "%", "..", ".", "/", "?", "#", "@", ":", "&", "=", "\t", "\u{200b}", "ａ",
        "public",
    ]);
    let any_piece = prop_oneof![8 => piece.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    let strategy = prop_oneof![
        1 => prop::sample::select(TENANTS.to_vec()).prop_map(str::to_owned),
        6 => prop::collection::vec(any_piece, 0..5).prop_map(|pieces| pieces.concat()),
    ];
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// How many of the answers were the right tenant's rows. All others are refusals.
async fn judged(
    address: SocketAddr,
    ids: &[String],
    ask: impl AsyncFn(SocketAddr, &str) -> Answer,
    means: impl Fn(&str) -> Option<String>,
) -> usize {
    let ask = &ask;
    let mut answers = stream::iter(ids).map(async |id| (id, ask(address, id).await)).buffer_unordered(8);
    let mut served = 0;
    while let Some((id, answer)) = answers.next().await {
        match answer.status {
            200 => {
                let tenant = means(id).unwrap_or_else(|| panic!("{id:?} means nobody: {answer:?}"));
                assert!(TENANTS.contains(&&*tenant), "{id:?}: {answer:?}");
                assert_eq!(answer.body, format!("tenant_{tenant}"), "{id:?}");
                served += 1;
            }
            // 0: not even HTTP.
            0 | 400 | 404 | 405 => assert!(!answer.body.contains("tenant_"), "{id:?}: {answer:?}"),
            _ => panic!("{id:?}: {answer:?}"),
        }
    }
    served
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_ids_in_a_header() {
    let shop = Shop::with(&TENANTS).await;
    let pool = shop.pool().max_connections(4).build().unwrap();
    for framework in BOTH {
        let address = Application::new(pool.clone(), Header::new("x-tenant")).serve(framework).await;
        let ask = async |address, id: &str| get(address, "/who", &[("x-tenant", id.as_bytes())]).await;
        // HTTP/1 takes blanks and tabs off the ends of a value.
        let means = |id: &str| Some(id.trim_matches([' ', '\t']).to_owned());
        let served = judged(address, &ids(2_000), ask, means).await;
        assert!(served > 200, "{framework:?}: {served}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_ids_in_the_path() {
    let shop = Shop::with(&TENANTS).await;
    let pool = shop.pool().max_connections(4).build().unwrap();
    for framework in BOTH {
        let address = Application::new(pool.clone(), PathSegment::after("/t/")).serve(framework).await;
        let encoded = async |address, id: &str| get(address, &format!("/t/{}/who", encode(id)), &[]).await;
        let served = judged(address, &ids(1_500), encoded, |id| Some(id.to_owned())).await;
        assert!(served > 150, "{framework:?}: {served}");
        // As they are, they mean what comes before the next slash, question mark, fragment or blank.
        let raw = async |address, id: &str| get(address, &format!("/t/{id}"), &[]).await;
        let means = |id: &str| {
            let segment = id.split(['/', '?', '#', ' ']).next().unwrap_or_default();
            Some(segment.replace("%61", "a"))
        };
        let served = judged(address, &ids(1_500), raw, means).await;
        assert!(served > 50, "{framework:?}: {served}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_ids_in_the_host() {
    let shop = Shop::with(&TENANTS).await;
    let pool = shop.pool().max_connections(4).build().unwrap();
    for framework in BOTH {
        let address = Application::new(pool.clone(), Subdomain::of("example.com")).serve(framework).await;
        let ask =
            async |address, id: &str| get(address, "/who", &[("host", format!("{id}.example.com").as_bytes())]).await;
        let means = |id: &str| Some(id.trim_matches([' ', '\t']).to_ascii_lowercase());
        let served = judged(address, &ids(2_000), ask, means).await;
        assert!(served > 50, "{framework:?}: {served}");
    }
}

fn encode(id: &str) -> String {
    id.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
