//! One thing is another, and the comparison says so.

use std::os::unix::fs::PermissionsExt;

use multitenant_runtime::{Scope, SnapshotOutcome};

use crate::project::Project;

/// A `pg_dump` that forgets or alters something is found out.
#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_is_not_right_is_no_snapshot() {
    let project = Project::new().await.tenant(
        "1_a",
        "CREATE TABLE a (id serial PRIMARY KEY, name text, flag bool, at timestamptz DEFAULT now());
         CREATE INDEX a_name ON a (name); COMMENT ON TABLE a IS 'first'; GRANT SELECT ON a TO PUBLIC;
         INSERT INTO a (name, flag) VALUES ('one', true), ('two', NULL);
         CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM a;",
    );
    project.migrator().migrate(Scope::all()).await.unwrap();
    for change in [
        "s/'one'/'One'/",
        "s/'two', NULL/'two', false/",
        "/^[[:space:]](2, /d; s/^\\([[:space:]](1, .*\\),$/\\1;/",
        "s/setval(\\(.*\\), 2, true)/setval(\\1, 3, true)/",
        "s/setval(\\(.*\\), 2, true)/setval(\\1, 2, false)/",
        "/pg_catalog.setval/d",
        "/^CREATE INDEX/d",
        "/^COMMENT ON TABLE/d",
        "/^GRANT/d",
        "s/^REFRESH.*//",
        "s/name text/name character varying/",
        "s/'20[0-9-]* [0-9:.]*+00'/'2020-01-01 00:00:00+00'/",
        "$ s/$/\\nCREATE TABLE more ();/",
        "s/^CREATE INDEX/CREATE INDEX CONCURRENTLY/",
    ] {
        let program = project.path("pg_dump");
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && exec pg_dump --version\npg_dump \"$@\" | sed -e {}\n",
            shell_word(change)
        );
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let migrator = project.builder().pg_dump(&program).build().unwrap();
        let report = migrator.make_snapshot().await.unwrap();
        assert_eq!(report.outcome, SnapshotOutcome::Impossible, "{change}: {report:?}");
        let reason = report.reason.unwrap();
        assert!(reason.contains("not what the migrations make") || reason.contains("statements fail"), "{reason}");
    }
    assert_eq!(project.migrator().make_snapshot().await.unwrap().outcome, SnapshotOutcome::Made);
}

fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
