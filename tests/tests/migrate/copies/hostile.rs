//! A dump that somebody else has written.

use std::path::Path;

use multitenant_runtime::TenantDump;

use super::{NOTHING, id, new, refusal, small, standing};

/// A dump of the shop's tenant with one more statement, and the right checksum.
fn with_statement(file: &Path, section: &str, sql: &str) -> TenantDump {
    let text = std::fs::read_to_string(file).unwrap();
    let (body, end) = text.rsplit_once("--:end ").unwrap();
    let statement = format!("--:statement {{\"section\":\"{section}\",\"bytes\":{}}}\n{sql}\n", sql.len());
    let body = match section {
        "before" => {
            let at = body.find("--:rows").unwrap();
            format!("{}{statement}{}", &body[..at], &body[at..])
        }
        _ => format!("{body}{statement}"),
    };
    let rows: serde_json::Value = serde_json::from_str(end).unwrap();
    let digest: String = {
        use sha2::Digest;
        sha2::Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let hostile = file.with_extension("hostile");
    std::fs::write(&hostile, format!("{body}--:end {{\"rows\":{},\"sha256\":\"{digest}\"}}\n", rows["rows"])).unwrap();
    TenantDump::open(&hostile).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_writes_into_its_own_schema_alone() {
    let project = small(&["a", "other"]).await;
    project.sql("CREATE TABLE public.kept (id int PRIMARY KEY); INSERT INTO kept VALUES (1); CREATE SEQUENCE public.counted").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    project.migrator().dump_tenant(&id("a"), &file, false).await.unwrap();
    let evil = |body: &str| {
        format!("CREATE FUNCTION evil(t text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN {body}; RETURN true; END $$")
    };
    let index = "CREATE INDEX by_evil ON users (evil(name))";
    for (statements, expected) in [
        (vec!["DROP TABLE public.kept".to_owned()], "no dump has"),
        (vec!["CREATE TABLE t (); DROP TABLE public.kept".to_owned()], "no dump has"),
        (vec!["DO $$ BEGIN NULL; END $$".to_owned()], "no dump has"),
        (vec!["COPY users TO PROGRAM 'touch /tmp/evil'".to_owned()], "no dump has"),
        (vec!["ALTER TABLE public.kept ADD COLUMN evil int".to_owned()], "table kept"),
        (vec!["COMMENT ON TABLE public.kept IS 'evil'".to_owned(), "ALTER TABLE tenant_other.users ADD COLUMN evil int".to_owned()], "tenant_other.users"),
        (vec!["CREATE TABLE tenant_other.evil ()".to_owned()], "tenant_other.evil"),
        (vec!["CREATE TRIGGER evil BEFORE INSERT ON public.kept EXECUTE FUNCTION suppress_redundant_updates_trigger()".to_owned()], "kept"),
        (vec!["CREATE POLICY evil ON public.tenants USING (true)".to_owned()], "tenants"),
        (vec!["GRANT pg_monitor TO pg_signal_backend".to_owned()], "roles"),
        (vec![evil("DELETE FROM public.kept"), index.to_owned()], "kept"),
        (vec![evil("PERFORM nextval(''public.counted'')").replace("''", "'"), index.to_owned()], "counted"),
        (vec![evil("EXECUTE 'CREATE ROLE evil_of_a_dump'"), index.to_owned()], "roles"),
        (vec![evil("UPDATE tenant_other.users SET name = 'evil'"), index.to_owned()], "tenant_other.users"),
        (vec!["CREATE TABLE more (id int)".to_owned()], ""),
    ] {
        for section in ["before", "after"] {
            let mut copy = file.clone();
            let mut dump = None;
            for (i, sql) in statements.iter().enumerate() {
                let next = with_statement(&copy, section, sql);
                copy = folder.path().join(format!("step{i}"));
                std::fs::copy(next.file(), &copy).unwrap();
                dump = Some(next);
            }
            let loaded = project.migrator().load_tenant(&dump.unwrap(), new("b")).await;
            if statements[0].starts_with("CREATE TABLE more") && section == "before" {
                // What is the schema's own may be anything.
                loaded.unwrap();
                project.sql("DROP SCHEMA tenant_b CASCADE; DELETE FROM tenants WHERE id = 'b'; DELETE FROM multitenant.targets WHERE tenant = 'b'").await;
                project.sql(&format!("DROP OWNED BY \"{0}_tenant_b\"; DROP ROLE \"{0}_tenant_b\"", project.database.name())).await;
                continue;
            }
            // Before the rows there is no row by which a function would run.
            let error = loaded.expect_err(&statements.join("; ")).to_string();
            let is_told = error.contains(expected) || error.contains("would not be equal");
            assert!(is_told, "{statements:?} {section}: {error}");
            assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
        }
    }
    assert_eq!(project.one("SELECT count(*)::text FROM public.kept").await, "1");
    assert_eq!(project.one("SELECT name FROM tenant_other.users").await, "u");
    assert_eq!(project.one("SELECT last_value::text || is_called FROM public.counted").await, "1false");
    assert_eq!(project.one("SELECT count(*)::text FROM pg_roles WHERE rolname = 'evil_of_a_dump'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_another_is_refused() {
    let project = small(&["a"]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    project.sql("INSERT INTO tenant_a.__diesel_schema_migrations (version) VALUES ('9')").await;
    project.migrator().dump_tenant(&id("a"), &file, false).await.unwrap();
    let said = refusal(project.migrator().load_tenant(&TenantDump::open(&file).unwrap(), new("b")).await);
    assert!(said.contains("does not know: 9"), "{said}");
    // And where the header does not say so.
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen(",{\"version\":\"9\",\"checksum\":null}", "", 1)).unwrap();
    let dump = with_statement_free(&file);
    let said = refusal(project.migrator().load_tenant(&dump, new("b")).await);
    assert!(said.contains("its history is not the one"), "{said}");
    assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
}

/// The same file with a checksum that is right.
fn with_statement_free(file: &Path) -> TenantDump {
    with_statement(file, "after", "COMMENT ON TABLE users IS 'x'")
}
