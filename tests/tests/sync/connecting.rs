//! Why there is no connection, though libpq has only texts.

use std::time::{Duration, Instant};

use multitenant_runtime::{ConnectErrorKind, PoolError};

use super::place::{Place, Who as _};

#[test]
fn the_error_is_of_its_class() {
    let place = Place::with(&["a"]);
    let elsewhere = |database: &str| {
        let url = multitenant_runtime::ConnectionUrl::parse(place.shop.url()).unwrap().with_database(database);
        place.shop.pool().database_url(url.expose()).build_sync().unwrap()
    };
    let error = elsewhere("no such database").tenant("a").unwrap_err();
    assert!(
        matches!(&error, PoolError::Connect(error) if error.kind() == ConnectErrorKind::DatabaseMissing),
        "{error}"
    );
    let begun = Instant::now();
    let nobody = place.shop.pool().database_url("postgres://x@127.0.0.1:1/x").build_sync().unwrap();
    let error = nobody.tenant("a").unwrap_err();
    assert!(matches!(&error, PoolError::Connect(error) if error.kind() == ConnectErrorKind::Unreachable), "{error}");
    assert!(begun.elapsed() > Duration::from_millis(200), "it is tried again");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!((nobody.status().open, nobody.status().in_use), (0, 0));
}

#[test]
fn a_server_without_a_free_connection_is_waited_for() {
    let place = Place::with(&["a"]);
    let client = place.client();
    let name: String = place.wait_for(client.query_one("SELECT current_database()::text", &[])).unwrap().get(0);
    let role = format!("{name}_app");
    place.sql(&format!(
        "CREATE ROLE \"{role}\" LOGIN PASSWORD 'x' CONNECTION LIMIT 1; \
         GRANT USAGE ON SCHEMA tenant_a, public, multitenant TO \"{role}\"; \
         GRANT SELECT ON ALL TABLES IN SCHEMA public, tenant_a, multitenant TO \"{role}\""
    ));
    let url = place.shop.url();
    let url = format!("{url}{}user={role}&password=x", if url.contains('?') { "&" } else { "?" });
    let pool = || place.shop.pool().database_url(&url).build_sync().unwrap();
    let (first, second) = (pool(), pool());
    let held = first.tenant("a").unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| second.tenant("a").unwrap().who().unwrap());
        std::thread::sleep(Duration::from_millis(300));
        assert!(!waiting.is_finished());
        drop(held);
        assert!(first.close(Duration::from_secs(5)));
        assert_eq!(waiting.join().unwrap(), "tenant_a");
    });
    assert!(second.close(Duration::from_secs(5)));
    place.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
}
