use std::path::Path;

use multitenant_runtime::{CloneOptions, DumpError, Error, Scope, TenantDump};

use super::{NOTHING, WHOLE, contents, everything, filled, id, new, portrait, refusal, small, standing};

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_loaded_is_what_was_dumped() {
    let project = filled().await;
    let migrator = project.migrator();
    project.sql("COMMENT ON SCHEMA tenant_a IS 'of a'; GRANT USAGE ON SCHEMA tenant_a TO pg_monitor").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("é \"a\".dump");
    let dumped = migrator.dump_tenant(&id("a"), &file, false).await.unwrap();
    assert_eq!((files(folder.path()).len(), dumped.bytes), (1, std::fs::metadata(&file).unwrap().len()));
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions()) & 0o777,
        0o600
    );
    let dump = TenantDump::open(&file).unwrap();
    assert_eq!(dump.tenant().unwrap(), id("a"));
    // In the same database, and in another one, where all else is as new.
    let client = project.client().await;
    let expected = contents(&client, "tenant_a").await;
    let odd = "A'b\"c é";
    let loaded = migrator.load_tenant(&dump, new(odd)).await.unwrap();
    assert_eq!((loaded.rows, loaded.from.as_str(), loaded.is_proven), (dumped.rows, "a", true));
    assert_eq!(standing(&project, odd, &format!("tenant_{odd}")).await, WHOLE);
    assert_eq!(contents(&client, &format!("tenant_{odd}")).await, expected);
    assert_eq!(portrait(&migrator, odd).await.differences(&portrait(&migrator, "a").await), []);
    let other = everything().await;
    other.migrator().load_tenant(&dump, new("a")).await.unwrap();
    assert_eq!(contents(&other.client().await, "tenant_a").await, expected);
    assert_eq!(portrait(&other.migrator(), "a").await.differences(&portrait(&migrator, "a").await), []);
    assert_eq!(standing(&other, "a", "tenant_a").await, WHOLE);
    // What was dumped again is the same but for the moment.
    let again = folder.path().join("again");
    other.migrator().dump_tenant(&id("a"), &again, false).await.unwrap();
    let lines = |file: &Path| {
        let text = std::fs::read_to_string(file).unwrap();
        text.lines().skip(2).filter(|line| !line.starts_with("--:end")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, second) = (lines(&file), lines(&again));
    assert!(first.len() > 300);
    let rowless = |lines: Vec<String>| {
        lines
            .into_iter()
            .filter(|line| line.starts_with("--:") || line.contains(' '))
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(rowless(first), rowless(second));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_there_stays_and_a_folder_that_is_not_is_told() {
    let project = small(&["a"]).await;
    let migrator = project.migrator();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    std::fs::write(&file, "mine").unwrap();
    let there = migrator.dump_tenant(&id("a"), &file, false).await.unwrap_err();
    assert!(matches!(&there, Error::Dump(DumpError::Exists { .. })), "{there}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    let nowhere = migrator.dump_tenant(&id("a"), folder.path().join("no/where"), false).await.unwrap_err();
    assert!(nowhere.to_string().contains("cannot be written"), "{nowhere}");
    let unknown = migrator.dump_tenant(&id("nobody"), folder.path().join("y"), false).await.unwrap_err();
    assert!(matches!(unknown, Error::UnknownTenants(_)), "{unknown}");
    // What a killed dump has left goes with the next one; what is somebody's stays.
    std::fs::write(folder.path().join(".x.0123abc.partial"), "half").unwrap();
    std::fs::write(folder.path().join(".x.y.z.partial"), "not ours").unwrap();
    migrator.dump_tenant(&id("a"), &file, true).await.unwrap();
    assert_eq!(files(folder.path()), [".x.y.z.partial", "x"]);
    TenantDump::open(&file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_off_or_altered_is_refused() {
    let project = small(&["a"]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    project.migrator().dump_tenant(&id("a"), &file, false).await.unwrap();
    let whole = std::fs::read(&file).unwrap();
    let open = |bytes: &[u8]| {
        let damaged = folder.path().join("damaged");
        std::fs::write(&damaged, bytes).unwrap();
        TenantDump::open(&damaged).map(drop)
    };
    assert!(open(&whole).is_ok());
    for length in 0..whole.len() {
        assert!(open(&whole[..length]).is_err(), "{length}");
    }
    // The last line is the checksum itself, in which only its case is free.
    let end = whole.windows(6).rposition(|w| w == b"--:end").unwrap();
    for at in (0..end).step_by(7) {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        assert!(open(&altered).is_err(), "{at}");
    }
    assert!(matches!(open(b"pg_dump"), Err(DumpError::NoDump { .. })));
    assert!(matches!(TenantDump::open(folder.path()), Err(DumpError::NoDump { .. })));
    let newer = String::from_utf8(whole).unwrap().replacen("format 1", "format 2", 1);
    assert!(matches!(open(newer.as_bytes()), Err(DumpError::Newer { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_from_before_is_behind_and_one_from_later_is_refused() {
    let project = small(&["a"]).await;
    let folder = tempfile::tempdir().unwrap();
    let (old, late) = (folder.path().join("old"), folder.path().join("late"));
    project.migrator().dump_tenant(&id("a"), &old, false).await.unwrap();
    let newer = project.tenant("2_more", "ALTER TABLE users ADD COLUMN more int;");
    newer.migrator().migrate(Scope::all()).await.unwrap();
    newer.migrator().dump_tenant(&id("a"), &late, false).await.unwrap();
    let loaded = newer.migrator().load_tenant(&TenantDump::open(&old).unwrap(), new("b")).await.unwrap();
    assert_eq!(loaded.pending.iter().map(multitenant_runtime::Version::as_str).collect::<Vec<_>>(), ["2"]);
    assert_eq!(newer.migrator().migrate(Scope::all()).await.unwrap().summary().applied, 1);
    assert_eq!(portrait(&newer.migrator(), "b").await.differences(&portrait(&newer.migrator(), "a").await), []);
    let other = small(&[]).await;
    let said = refusal(other.migrator().load_tenant(&TenantDump::open(&late).unwrap(), new("b")).await);
    assert!(said.contains("does not know: 2"), "{said}");
    assert_eq!(standing(&other, "b", "tenant_b").await, NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_lacks_is_named() {
    let project = everything().await;
    project.migrator().create_tenant(new("a")).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    project.migrator().dump_tenant(&id("a"), &file, false).await.unwrap();
    project.sql("ALTER TABLE plans RENAME COLUMN name TO called; ALTER TYPE level RENAME TO levels").await;
    let said = refusal(project.migrator().load_tenant(&TenantDump::open(&file).unwrap(), new("b")).await);
    assert!(said.contains("column name of public.plans") && said.contains("type public.level"), "{said}");
    assert!(said.contains("migrate shared"), "{said}");
    assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
    // Who has the same tables under another name has another project.
    let mut other = small(&[]).await;
    other.settings.tenant_history = "history";
    let said = refusal(other.migrator().load_tenant(&TenantDump::open(&file).unwrap(), new("b")).await);
    assert!(said.contains("migrations.table"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_names_its_schema_is_loaded_under_its_own_id_alone() {
    let project = small(&["a"]).await;
    project
        .sql("CREATE FUNCTION tenant_a.names() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM tenant_a.users'")
        .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    project.migrator().dump_tenant(&id("a"), &file, false).await.unwrap();
    let dump = TenantDump::open(&file).unwrap();
    let said = refusal(project.migrator().load_tenant(&dump, new("b")).await);
    assert!(said.contains("names the schema \"tenant_a\"") && said.contains("names()"), "{said}");
    assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
    small(&[]).await.migrator().load_tenant(&dump, new("a")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_and_a_load_leave_the_same() {
    let project = filled().await;
    let migrator = project.migrator();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await.unwrap();
    migrator.dump_tenant(&id("b"), &file, false).await.unwrap();
    migrator.load_tenant(&TenantDump::open(&file).unwrap(), new("c")).await.unwrap();
    let client = project.client().await;
    assert_eq!(contents(&client, "tenant_c").await, contents(&client, "tenant_a").await);
}
