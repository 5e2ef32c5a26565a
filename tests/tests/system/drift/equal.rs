//! Equal tenants are equal, whatever they are called and however they were made.

use multitenant_runtime::{DriftOptions, DriftOutcome, DriftReference, NewTenant, Scope, Snapshots, TenantId};

use super::project::{create, drift, everything, lines, of};
use crate::fleet::Fleet;

/// Names that are hard to read: quotes, patterns, names of tables and columns, beginnings of each other, and what a mark
/// might look like.
const NAMES: &[&str] = &[
    "a",
    "a_b",
    "a_b_c",
    "it's",
    "qu\"ote",
    "do.t",
    "back\\slash",
    "per%cent",
    "dol$lar",
    "é",
    "users",
    "id",
    "name",
    "Items",
    "plans",
    "\\1",
    "%1$s",
    "<>",
    "\u{1}",
    "Drift",
    "tenant",
    "select",
    "two words",
    "(?!x)",
];

#[tokio::test(flavor = "multi_thread")]
async fn under_any_name() {
    let fleet = everything().await;
    // A name of its own in a function's text, in its settings and in a literal, and one that is not its own.
    let fleet = fleet.tenant(
        "90_own",
        "DO $do$ BEGIN EXECUTE format('CREATE FUNCTION own() RETURNS bigint LANGUAGE sql AS $f$ SELECT count(*) FROM %I.users \
         $f$', current_schema());
         EXECUTE format('ALTER TABLE quirks ADD place text DEFAULT %L', current_schema());
         EXECUTE format('CREATE FUNCTION set_own() RETURNS int LANGUAGE sql SET search_path = %I, public AS $f$ SELECT 1 $f$',
         current_schema()); END $do$",
    );
    for id in NAMES {
        for schema in [format!("tenant_{id}"), (*id).to_owned()] {
            let tenant = NewTenant::new(&schema).unwrap().in_schema(&schema).unwrap();
            let mut settings = multitenant_runtime::SettingsText::DEFAULT;
            settings.schema_name = "{id}";
            let migrator = fleet.builder_with(settings).build().unwrap();
            migrator.create_tenant(tenant).await.unwrap();
        }
    }
    let mut settings = multitenant_runtime::SettingsText::DEFAULT;
    settings.schema_name = "{id}";
    let migrator = fleet.builder_with(settings).build().unwrap();
    let report = migrator.drift(DriftOptions::new(Scope::all())).await.unwrap();
    assert_eq!(report.targets.len(), 2 * NAMES.len() + 1);
    let unequal = |report: &multitenant_runtime::DriftReport| -> Vec<String> {
        let unequal = report.targets.iter().filter(|target| target.outcome != DriftOutcome::Equal);
        unequal.map(|target| format!("{}: {:#?}", target.target, lines(target))).collect()
    };
    assert_eq!(unequal(&report), [] as [String; 0]);
    // And with each other.
    for id in ["tenant_a", "it's", "a_b", "\\1"] {
        let reference = DriftReference::Tenant(TenantId::new(id).unwrap());
        let options = DriftOptions::new(Scope::tenants()).reference(reference);
        let report = migrator.drift(options).await.unwrap();
        assert_eq!(unequal(&report), [] as [String; 0], "as {id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn made_from_a_snapshot_or_by_migrations_one_by_one() {
    let fleet = everything().await;
    create(&fleet, "replayed").await;
    fleet.migrator().make_snapshot().await.unwrap();
    for id in 0..10 {
        let migrator = fleet.builder().snapshots(Snapshots::Use).build().unwrap();
        migrator.create_tenant(NewTenant::new(format!("copied_{id}")).unwrap()).await.unwrap();
    }
    fleet.sql("CREATE SCHEMA tenant_late; INSERT INTO tenants VALUES ('late')").await;
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    let report = drift(&fleet, Scope::all()).await;
    assert_eq!(report.targets.len(), 13);
    for target in &report.targets {
        assert_eq!(lines(target), [] as [String; 0], "{}", target.target);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_role_for_each() {
    let fleet = Fleet::new()
        .await
        .with_roles()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant("1_users", "CREATE TABLE users (id bigserial PRIMARY KEY, made_by text DEFAULT current_user);");
    fleet.migrator().migrate(Scope::shared()).await.unwrap();
    for id in 0..10 {
        create(&fleet, &id.to_string()).await;
    }
    fleet.sql("ALTER TABLE tenant_3.users ADD COLUMN more int").await;
    let report = drift(&fleet, Scope::all()).await;
    for target in &report.targets {
        let expected: &[&str] =
            if target.target.schema().as_str() == "tenant_3" { &["column users.more: - -> integer"] } else { &[] };
        assert_eq!(lines(target), expected, "{}", target.target);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_s_schema_is_another_one() {
    let fleet = everything().await.tenant(
        "90_own",
        "DO $do$ BEGIN EXECUTE format('CREATE FUNCTION own() RETURNS bigint LANGUAGE sql AS $f$ SELECT count(*) FROM %I.users \
         $f$', current_schema()); END $do$",
    );
    for id in ["a", "a_b", "c", "d", "e", "f", "g", "h", "i", "j"] {
        create(&fleet, id).await;
    }
    fleet
        .sql(
            "CREATE OR REPLACE VIEW tenant_a.safe WITH (security_barrier) AS SELECT id FROM tenant_a_b.users WHERE id > 0
             WITH LOCAL CHECK OPTION;
             CREATE OR REPLACE FUNCTION tenant_c.own() RETURNS bigint LANGUAGE sql AS $f$ SELECT count(*) FROM tenant_a.users $f$;
             ALTER TABLE tenant_a_b.\"Items\" ALTER id SET DEFAULT nextval('tenant_a.\"Items_id_seq\"');
             ALTER TABLE tenant_d.\"Items\" DROP CONSTRAINT of_user, ADD CONSTRAINT of_user FOREIGN KEY (user_id)
             REFERENCES tenant_a.users ON DELETE CASCADE DEFERRABLE NOT VALID;
             ALTER TABLE tenant_d.\"Items\" ALTER CONSTRAINT of_user DEFERRABLE;
             ALTER TABLE tenant_e.\"Items\" ADD CONSTRAINT more CHECK (tenant_a.here() IS NOT NULL)",
        )
        .await
        ;
    let report = drift(&fleet, Scope::tenants()).await;
    let count = |id: &str| lines(of(&report, id)).len();
    assert_eq!(
        lines(of(&report, "a_b")),
        [
            "column Items.id default: nextval('\"Items_id_seq\"'::regclass) -> nextval('tenant_a.\"Items_id_seq\"'::regclass)"
        ]
    );
    assert_eq!((count("a"), count("c"), count("d")), (1, 1, 1), "{:#?}", report.targets);
    assert_eq!(lines(of(&report, "e")), ["check Items.more: - -> CHECK ((tenant_a.here() IS NOT NULL))"]);
    for id in ["f", "g", "h", "i", "j"] {
        assert_eq!(count(id), 0);
    }
}
