//! A dump that somebody else has written.

use std::path::Path;

use multitenant_runtime::TenantDump;

use super::{NOTHING, Project, id, new, refusal, small, standing};

/// A dump of the shop's tenant with one more statement, and the right checksum.
fn with_statement(file: &Path, section: &str, sql: &str) -> TenantDump {
    let text = std::fs::read_to_string(file).unwrap();
    let (body, end) = text.rsplit_once("--:end ").unwrap();
    let named = if section == "first" { "before" } else { section };
    let statement = format!("--:statement {{\"section\":\"{named}\",\"bytes\":{}}}\n{sql}\n", sql.len());
    let body = match section {
        "before" => {
            let at = body.find("--:rows").unwrap();
            format!("{}{statement}{}", &body[..at], &body[at..])
        }
        "first" => {
            let at = body.find("--:statement").unwrap();
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
    let (project, folder) = attacked().await;
    let file = folder.path().join("x");
    for (sql, expected) in [
        ("DROP TABLE public.kept", "no dump has"),
        ("CREATE TABLE t (); DROP TABLE public.kept", "no dump has"),
        ("DO $$ BEGIN NULL; END $$", "no dump has"),
        ("COPY users TO PROGRAM 'touch /tmp/evil'", "no dump has"),
        ("ALTER TABLE public.kept ADD COLUMN evil int", ""),
        ("COMMENT ON TABLE public.kept IS 'evil'", ""),
        ("CREATE TABLE tenant_other.evil ()", ""),
        ("CREATE TRIGGER evil BEFORE INSERT ON public.kept EXECUTE FUNCTION suppress_redundant_updates_trigger()", ""),
        ("CREATE POLICY evil ON public.tenants USING (true)", ""),
        ("GRANT pg_monitor TO pg_signal_backend", "no dump has"),
        ("GRANT CREATE ON TABLESPACE pg_default TO pg_monitor", "no dump has"),
        ("COMMENT ON ROLE pg_monitor IS 'evil'", "no dump has"),
        ("GRANT SELECT ON TABLE public.kept TO pg_monitor", ""),
        ("CREATE TABLE heir () INHERITS (public.kept)", "kept"),
        ("CREATE TABLE stray (id int)", ""),
    ] {
        for section in ["before", "after"] {
            let said = refusal(project.migrator().load_tenant(&with_statement(&file, section, sql), new("b")).await);
            // What the new schema does not have afterwards is no part of it.
            let is_expected = match expected {
                "" => said.contains("would not be equal") || said.contains("what is not the new tenant's"),
                expected => said.contains(expected),
            };
            assert!(is_expected, "{sql} {section}: {said}");
            assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
        }
    }
    nothing_was_done(&project).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dump_s_functions_do_elsewhere_is_noticed() {
    let (project, folder) = attacked().await;
    let file = folder.path().join("x");
    for (deed, expected) in [
        ("DELETE FROM public.kept", "kept"),
        ("PERFORM nextval('public.counted')", "counted"),
        ("EXECUTE 'CREATE ROLE evil_of_a_dump'", "roles"),
        ("UPDATE tenant_other.users SET name = 'evil'", "tenant_other.users"),
        ("EXECUTE 'ALTER TABLE public.kept ADD COLUMN evil int'", "kept"),
        ("EXECUTE 'COMMENT ON SCHEMA tenant_other IS $c$ evil $c$'", "a comment on tenant_other"),
        ("EXECUTE 'CREATE TABLE tenant_other.evil ()'", "tenant_other.evil"),
        ("EXECUTE 'DROP SCHEMA tenant_other CASCADE'", "schema tenant_other"),
        ("EXECUTE 'DROP TABLE public.lonely'", "lonely"),
        ("EXECUTE 'DROP FUNCTION public.pf()'", "function"),
        ("EXECUTE 'DROP POLICY pp ON public.lonely'", "lonely"),
        ("EXECUTE 'DROP TYPE public.odd'", "odd"),
        ("EXECUTE 'COMMENT ON TABLE public.lonely IS NULL'", "lonely"),
        ("EXECUTE 'GRANT ALL ON public.precious TO PUBLIC'", "precious"),
        ("EXECUTE 'ALTER TABLE public.precious DISABLE ROW LEVEL SECURITY'", "precious"),
        ("EXECUTE 'COMMENT ON ROLE pg_monitor IS $c$ evil $c$'", "pg_monitor"),
        ("EXECUTE 'GRANT CREATE ON TABLESPACE pg_default TO pg_monitor'", "tablespaces"),
        ("EXECUTE 'ALTER DATABASE ' || quote_ident(current_database()) || ' SET search_path = evil'", "settings"),
    ] {
        // All of it is where a dump would have it, so that the schema is just what the file says.
        let deed = format!("CREATE FUNCTION deed() RETURNS void LANGUAGE plpgsql AS $d$ BEGIN {deed}; END $d$");
        let evil = "CREATE FUNCTION evil(t text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $e$ BEGIN PERFORM deed(); RETURN true; END $e$";
        let (deed, evil) =
            (as_written(&project, &deed, "deed()").await, as_written(&project, evil, "evil(text)").await);
        let step = with_statement(&file, "first", &evil);
        let step = with_statement(&copied(&step, "1"), "first", &deed);
        let dump =
            with_statement(&copied(&step, "2"), "after", "CREATE INDEX zz_evil ON users USING btree (evil(name))");
        let said = refusal(project.migrator().load_tenant(&dump, new("b")).await);
        assert!(
            said.contains("would change what is not the new tenant's") && said.contains(expected),
            "{deed}: {said}"
        );
        assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
    }
    nothing_was_done(&project).await;
}

/// A shop with a dump of a tenant, and what an attacker would like to change.
async fn attacked() -> (Project, tempfile::TempDir) {
    let project = small(&["a", "other"]).await;
    project.sql("CREATE TABLE public.kept (id int PRIMARY KEY); INSERT INTO kept VALUES (1); CREATE SEQUENCE public.counted;
         CREATE TABLE public.lonely (id int); CREATE POLICY pp ON public.lonely; COMMENT ON TABLE public.lonely IS 'x';
         CREATE TYPE public.odd AS ENUM ('a'); CREATE FUNCTION public.pf() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE TABLE public.precious (id int PRIMARY KEY); ALTER TABLE public.precious ENABLE ROW LEVEL SECURITY;
         ALTER TABLE tenant_a.users ADD COLUMN p int REFERENCES public.precious").await;
    let folder = tempfile::tempdir().unwrap();
    project.migrator().dump_tenant(&id("a"), folder.path().join("x"), false).await.unwrap();
    (project, folder)
}

async fn nothing_was_done(project: &Project) {
    assert_eq!(project.one("SELECT count(*)::text FROM public.kept").await, "1");
    assert_eq!(project.one("SELECT name FROM tenant_other.users").await, "u");
    assert_eq!(project.one("SELECT count(*)::text FROM pg_roles WHERE rolname = 'evil_of_a_dump'").await, "0");
}

/// A function as the server writes it.
async fn as_written(project: &Project, sql: &str, signature: &str) -> String {
    project.sql(&format!("CREATE SCHEMA written; SET search_path = written; {sql}")).await;
    let text = project.one(&format!("SELECT pg_get_functiondef('written.{signature}'::regprocedure)")).await;
    project.sql("DROP SCHEMA written CASCADE").await;
    text.replacen("CREATE OR REPLACE FUNCTION written.", "CREATE FUNCTION ", 1)
}

fn copied(dump: &TenantDump, name: &str) -> std::path::PathBuf {
    let file = dump.file().with_file_name(name);
    std::fs::copy(dump.file(), &file).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_of_another_kind_is_refused_whatever_version_the_dump_says_it_is_of() {
    let (project, folder) = attacked().await;
    let file = folder.path().join("x");
    let text = std::fs::read_to_string(&file).unwrap();
    let at = text.find("\"postgres\":").unwrap() + "\"postgres\":".len();
    let end = at + text[at..].find(',').unwrap();
    std::fs::write(&file, format!("{}13{}", &text[..at], &text[end..])).unwrap();
    for sql in [
        "GRANT ALTER SYSTEM ON PARAMETER work_mem TO pg_monitor",
        "GRANT CREATE ON TABLESPACE pg_default TO pg_monitor",
        "COMMENT ON ROLE pg_monitor IS 'evil'",
        "GRANT SELECT ON TABLE public.kept TO pg_monitor",
        "GRANT SELECT ON TABLE public.precious TO pg_monitor",
    ] {
        let said = refusal(project.migrator().load_tenant(&with_statement(&file, "grants", sql), new("b")).await);
        assert!(said.contains("no dump has") || said.contains("what is not the new tenant's"), "{sql}: {said}");
        assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
    }
    let granted = "GRANT SELECT ON TABLE users TO pg_monitor";
    project.migrator().load_tenant(&with_statement(&file, "grants", granted), new("b")).await.unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_is_too_long_is_the_file_s_fault_and_not_its_folder_s() {
    let (project, folder) = attacked().await;
    let file = folder.path().join("x");
    let text = std::fs::read_to_string(&file).unwrap();
    let at = text.find("\"bytes\":").unwrap() + "\"bytes\":".len();
    let end = at + text[at..].find('}').unwrap();
    std::fs::write(&file, format!("{}99999999{}", &text[..at], &text[end..])).unwrap();
    let error = project.migrator().load_tenant(&with_statement_free(&file), new("b")).await.unwrap_err().to_string();
    assert!(error.contains("a statement is too long") && error.contains("cut off or altered"), "{error}");
    assert!(!error.contains("folder"), "{error}");
    assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
}
