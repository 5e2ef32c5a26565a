use multitenant_runtime::{Error, NewTenant, RegistryError, RegistryText, Scope, Selection, State};

use super::{NOTHING, WHOLE, id, refusal, shop, standing};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_migrates_it_until_it_is_back() {
    let project = shop(&["a", "b"]).await;
    let archived = project.migrator().archive_tenant(&id("a")).await.unwrap();
    assert_eq!((archived.target.schema().as_str(), archived.schema.as_str()), ("tenant_a", "archived_tenant_a"));
    // Its row is there still; schema and role have their other name, and the state table knows nothing.
    assert_eq!(standing(&project, "a", "tenant_a").await, "0 1 0 0");
    assert_eq!(standing(&project, "a", "archived_tenant_a").await, "1 1 0 1");
    // It is no new one either.
    let said = refusal(project.migrator().create_tenants(vec![NewTenant::new("a").unwrap()]).await);
    assert!(said.contains("it is archived: restore it"), "{said}");
    project.migrator().create_tenant(NewTenant::new("a").unwrap()).await.unwrap_err();
    assert_eq!(standing(&project, "a", "tenant_a").await, "0 1 0 0");
    let project = project.tenant("2_more", "CREATE TABLE more (id int);");
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(report.targets.len(), 2, "public and b");
    let error = project.migrator().migrate(Scope::tenant(id("a"))).await.unwrap_err();
    assert!(matches!(error, Error::UnknownTenants(_)), "{error}");
    assert_eq!(project.one("SELECT name FROM archived_tenant_a.users").await, "u");

    let list = project.migrator().list_tenants(Selection::All, true).await.unwrap();
    assert_eq!((list.plan.tenants.len(), list.archived.len()), (1, 1));
    assert_eq!((list.archived[0].tenant.as_str(), list.archived[0].schema.as_str()), ("a", "archived_tenant_a"));
    let holdings = list.holdings(&list.archived[0].schema).unwrap();
    assert_eq!(holdings.tables, 1);
    assert!(holdings.bytes.unwrap() > 8192, "{holdings:?}");

    let restored = project.migrator().restore_tenant(&id("a")).await.unwrap();
    assert_eq!(restored.plan.unwrap().pending.len(), 1, "one migration came meanwhile");
    project.migrator().migrate(Scope::tenant(id("a"))).await.unwrap();
    assert_eq!(standing(&project, "a", "tenant_a").await, WHOLE);
    assert_eq!(standing(&project, "a", "archived_tenant_a").await, "0 1 0 0");
    let plan = project.migrator().plan(Scope::tenants()).await.unwrap();
    assert!(plan.tenants.iter().all(|tenant| tenant.state == State::UpToDate), "{plan:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_are_archived_too_and_long_ones_refused() {
    let odd = "it's \"é\", a\\b";
    let mut project = shop(&[]).await;
    project.settings.role_per_tenant = false;
    let long = "l".repeat(56);
    for id in [odd, &long] {
        project.migrator().create_tenant(NewTenant::new(id).unwrap()).await.unwrap();
    }
    project.migrator().archive_tenant(&id(odd)).await.unwrap();
    assert_eq!(standing(&project, odd, &format!("archived_tenant_{odd}")).await, "1 1 0 0");
    project.migrator().restore_tenant(&id(odd)).await.unwrap();
    assert_eq!(standing(&project, odd, &format!("tenant_{odd}")).await, "1 1 0 0");
    let error = project.migrator().archive_tenant(&id(&long)).await.unwrap_err();
    assert!(error.to_string().contains("tenants.archived_schema"), "{error}");
    // A name of exactly 63 bytes does not leave room for one more.
    project.settings.archived_schema = "{schema}!";
    let error = project.migrator().archive_tenant(&id(&long)).await.unwrap_err();
    assert!(error.to_string().contains("64 bytes"), "{error}");
    assert_eq!(standing(&project, &long, &format!("tenant_{long}")).await, "1 1 1 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_archived_or_restored_says_why() {
    let mut project = shop(&["a", "b"]).await;
    let migrator = project.migrator();
    assert!(refusal(migrator.restore_tenant(&id("a")).await).contains("is not archived"));
    project.sql("CREATE SCHEMA archived_tenant_a").await;
    assert!(refusal(migrator.archive_tenant(&id("a")).await).contains("would be called \"archived_tenant_a\""));
    project.sql("DROP SCHEMA archived_tenant_a").await;
    migrator.archive_tenant(&id("a")).await.unwrap();
    assert!(refusal(migrator.archive_tenant(&id("a")).await).contains("is archived already, since 2"));
    // Somebody has taken its name meanwhile.
    project.sql("CREATE SCHEMA tenant_a").await;
    assert!(refusal(migrator.restore_tenant(&id("a")).await).contains("both schemas exist"));
    project.sql("DROP SCHEMA tenant_a; DROP SCHEMA tenant_b CASCADE").await;
    assert!(refusal(migrator.archive_tenant(&id("b")).await).contains("has no schema \"tenant_b\""));
    // A registry that has no place to say so.
    let why = async |project: &crate::project::Project| match project.migrator().archive_tenant(&id("b")).await {
        Err(Error::Registry(RegistryError::NotArchivable { why })) => why,
        other => panic!("{other:?}"),
    };
    project.settings.archived_column = "nosuch";
    let error = project.migrator().archive_tenant(&id("b")).await.unwrap_err();
    assert!(error.to_string().contains("nosuch"), "{error}");
    project.settings.archived_column = "suspended";
    assert!(why(&project).await.contains("of the type boolean"));
    project.settings.archived_column = "";
    assert!(why(&project).await.contains("tenants.archived_column"));
    project.settings.registry = RegistryText::Schemas;
    assert!(why(&project).await.contains("the schemas that there are"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_marked_by_hand_comes_back_and_a_filter_stays_in_force() {
    let mut project = shop(&["a"]).await;
    project.settings.registry = RegistryText::Table {
        table: "tenants",
        id_column: "id",
        schema_column: None,
        filter: Some("NOT coalesce(suspended, false) -- not those"),
    };
    project.sql("UPDATE tenants SET archived_at = now(), suspended = true").await;
    let list = project.migrator().list_tenants(Selection::Matching(vec!["a*".to_owned()]), false).await.unwrap();
    assert_eq!((list.plan.tenants.len(), list.archived[0].schema.as_str()), (0, "tenant_a"));
    let restored = project.migrator().restore_tenant(&id("a")).await.unwrap();
    assert!(restored.plan.is_none(), "the filter leaves it out");
    project.sql("UPDATE tenants SET suspended = false").await;
    assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_archived_can_be_renamed_and_dropped() {
    let project = shop(&["a", "c"]).await;
    let migrator = project.migrator();
    migrator.archive_tenant(&id("a")).await.unwrap();
    let renamed = migrator.rename_tenant(&id("a"), &id("b")).await.unwrap();
    assert_eq!(renamed.to.schema().as_str(), "archived_tenant_b");
    let overview = migrator.tenant_overview(&id("b")).await.unwrap();
    assert!(overview.archived.is_some() && overview.role.is_some() && overview.holdings.is_some(), "{overview:?}");
    migrator.drop_tenant(&id("b")).await.unwrap();
    for schema in ["tenant_a", "tenant_b", "archived_tenant_a", "archived_tenant_b"] {
        assert_eq!(standing(&project, "b", schema).await, NOTHING, "{schema}");
    }
    assert_eq!(standing(&project, "c", "tenant_c").await, WHOLE);
}
