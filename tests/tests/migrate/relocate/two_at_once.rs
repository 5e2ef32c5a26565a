//! What is done to one tenant by two at once is done by one of them.

use multitenant_runtime::{NewTenant, Scope, Selection, State};

use super::{id, shop, standing};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_names_one_is_given() {
    let project = shop(&["a"]).await;
    let (one, other) = (project.migrator(), project.migrator());
    let (old, b, c) = (id("a"), id("b"), id("c"));
    let (b_given, c_given) = tokio::join!(one.rename_tenant(&old, &b), other.rename_tenant(&old, &c));
    assert_eq!(usize::from(b_given.is_ok()) + usize::from(c_given.is_ok()), 1, "{b_given:?} {c_given:?}");
    let name = if b_given.is_ok() { "b" } else { "c" };
    assert_eq!(standing(&project, name, &format!("tenant_{name}")).await, super::WHOLE);
    assert_eq!(project.one("SELECT count(*)::text FROM tenants").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_do_not_get_one_name() {
    for _ in 0..4 {
        let project = shop(&["a", "b"]).await;
        let (one, other) = (project.migrator(), project.migrator());
        let (a, b, c) = (id("a"), id("b"), id("c"));
        let (first, second) = tokio::join!(one.rename_tenant(&a, &c), other.rename_tenant(&b, &c));
        assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first:?} {second:?}");
        // Crosswise, each would have to wait for the other's name: neither gets it, and neither is lost.
        let left = if first.is_ok() { &b } else { &a };
        let (first, second) = tokio::join!(one.rename_tenant(&c, left), other.rename_tenant(left, &c));
        assert!(first.is_err() && second.is_err(), "{first:?} {second:?}");
        let plan = project.migrator().plan(Scope::tenants()).await.unwrap();
        assert!(plan.tenants.len() == 2 && plan.tenants.iter().all(|t| t.state == State::UpToDate), "{plan:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn renaming_archiving_dropping_and_creating_leave_nothing_in_between() {
    for _ in 0..6 {
        let project = shop(&["a"]).await;
        let migrators = [(); 4].map(|()| project.migrator());
        let (a, b) = (id("a"), id("b"));
        let (renamed, archived, dropped, created) = tokio::join!(
            migrators[0].rename_tenant(&a, &b),
            migrators[1].archive_tenant(&a),
            migrators[2].drop_tenant(&a),
            migrators[3].create_tenant(NewTenant::new("b").unwrap()),
        );
        let schemas = "SELECT count(*)::text FROM pg_namespace WHERE nspname ~ 'tenant_'";
        let list = project.migrator().list_tenants(Selection::All, false).await.unwrap();
        let told = format!("{renamed:?}\n{archived:?}\n{dropped:?}\n{created:?}\n{list:?}");
        assert!(list.plan.tenants.iter().all(|tenant| tenant.state == State::UpToDate), "{told}");
        assert_eq!(
            list.plan.tenants.len(),
            usize::from(renamed.is_ok())
                + usize::from(created.is_ok())
                + usize::from(renamed.is_err() && dropped.is_err() && archived.is_err()),
            "{told}"
        );
        assert!(list.archived.iter().all(|entry| list.holdings(&entry.schema).is_some()), "{told}");
        let rows = (list.plan.tenants.len() + list.archived.len()).to_string();
        assert_eq!(project.one(schemas).await, rows, "{told}");
        assert_eq!(project.one("SELECT count(*)::text FROM tenants").await, rows, "{told}");
        let roles = "SELECT count(*)::text FROM pg_roles WHERE starts_with(rolname, current_database()) AND rolname !~ 'tenants$'";
        assert_eq!(project.one(roles).await, rows, "{told}");
    }
}
