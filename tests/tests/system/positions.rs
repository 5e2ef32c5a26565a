//! File, line and column of failures in files as people save them.

use multitenant_runtime::{Error, Scope};

use super::fleet::Fleet;

#[tokio::test(flavor = "multi_thread")]
async fn are_those_that_an_editor_shows() {
    for (up, line, column) in [
        // The server gives a position.
        ("SELECT nosuch;", 1, 8),
        ("\u{feff}SELECT nosuch;", 1, 8),
        ("\u{feff}-- é\r\nSELECT 'ü€😀', nosuch;\r\n", 2, 15),
        ("CREATE TABLE a ();\r\n\r\n\tSELECT\r\n\t  nosuch;", 4, 4),
        ("SELECT 1; SELECT '😀😀', nosuch; SELECT 2;", 1, 24),
        ("CREATE TABLE \"ä\" (id int); /* ö\n*/ INSERT INTO \"ä\" VALUES (nosuch);", 2, 28),
        ("SELECT\rnosuch;", 1, 8),
        // An unknown word, and a statement without its end.
        ("SELECT 1;\n  SELEC 2;\n", 2, 3),
        ("SELECT 1;\nSELECT 1 +", 2, 11),
        // It gives none: the statement's beginning, comments before it left out.
        ("CREATE TABLE a ();\n\n-- ä\n /* ö */ CREATE TABLE a ();", 4, 10),
        ("\u{feff}CREATE TABLE a ();CREATE TABLE a ();", 1, 19),
        ("BEGIN;\nCREATE TABLE a ();\nCREATE TABLE a ();\nCOMMIT;", 3, 1),
        ("DO $$ BEGIN\n  PERFORM 1/0;\nEND $$;", 1, 1),
    ] {
        for outside in [false, true] {
            if outside && up.starts_with("BEGIN") {
                continue;
            }
            let fleet = Fleet::new().await;
            let fleet = if outside { fleet.tenant_outside("1_x", up) } else { fleet.tenant("1_x", up) };
            fleet.schemas(1, "").await;
            let Err(Error::Incomplete(report)) = fleet.migrator().migrate(Scope::all()).await else { panic!("{up:?}") };
            let failure = report.targets[0].failure.as_ref().unwrap();
            assert_eq!((failure.line, failure.column), (Some(line), Some(column)), "{up:?}: {failure}");
            assert!(failure.file.as_ref().unwrap().ends_with("tenant/1_x/up.sql"));
        }
    }
}
