//! Work for later.

use multitenant_runtime::{PoolError, TenantId, TenantJob};

use super::place::{Place, Who as _};

#[test]
fn a_job_is_done_for_its_tenant_or_for_nobody() {
    let place = Place::with(&["acme", "globex"]);
    let pool = place.pool_of(1);
    for id in ["acme", "globex", "acme"] {
        let job = TenantJob::new(TenantId::new(id).unwrap(), 7);
        let (mut conn, order) = job.enter_sync(&pool).unwrap();
        assert_eq!((conn.who().unwrap(), order), (format!("tenant_{id}"), 7));
    }
    let error = TenantJob::new(TenantId::new("ACME").unwrap(), 7).enter_sync(&pool).unwrap_err();
    assert!(matches!(error, PoolError::UnknownTenant { .. }), "{error}");
}
