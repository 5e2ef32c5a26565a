//! Projects that are generated.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::options::Options;

/// What the migrations of a project are like.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// `up.sql` and `down.sql` of the migration of a number.
    scripts: fn(usize) -> (String, String),
}

pub(crate) const SHAPES: [Shape; 3] = [
    Shape { name: "small", scripts: small },
    Shape { name: "tables", scripts: tables },
    Shape { name: "history", scripts: history },
];

/// A project on disk.
pub(crate) struct Project {
    folder: TempDir,
    pub(crate) shape: Shape,
    /// All scripts.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) bytes: usize,
}

impl Project {
    pub(crate) fn generate(shape: Shape, options: &Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mut files, mut bytes) = (Vec::new(), 0);
        for number in 0..options.migrations {
            let migration = folder.path().join(format!("migrations/tenant/2026-01-01-{number:06}_step"));
            fs::create_dir_all(&migration).unwrap();
            let (up, down) = (shape.scripts)(number);
            for (name, text) in [("up.sql", up), ("down.sql", down)] {
                bytes += text.len();
                fs::write(migration.join(name), text).unwrap();
                files.push(migration.join(name));
            }
        }
        fs::write(folder.path().join("multitenant.toml"), "").unwrap();
        Self { folder, shape, files, bytes }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Every tenth migration makes a table, the others add a column and an index to one of the latest.
fn small(number: usize) -> (String, String) {
    let table = number / 10;
    if number.is_multiple_of(10) {
        return (table_of(table), format!("DROP TABLE table_{table};\n"));
    }
    let up = format!(
        "ALTER TABLE table_{table} ADD COLUMN extra_{number} text;\n\
         CREATE INDEX table_{table}_extra_{number} ON table_{table} (extra_{number});\n"
    );
    (up, format!("ALTER TABLE table_{table} DROP COLUMN extra_{number};\n"))
}

/// Each migration makes a type, a table, a function and a trigger: as many tables as migrations.
fn tables(number: usize) -> (String, String) {
    let mut up = format!("CREATE TYPE state_{number} AS ENUM ('new', 'active', 'gone');\n\n");
    up.push_str(&table_of(number));
    let _ = write!(
        up,
        "\nALTER TABLE table_{number} ADD COLUMN state state_{number} NOT NULL DEFAULT 'new';\n\
         CREATE FUNCTION touch_{number}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$\n\
         BEGIN\n    IF NEW.state <> OLD.state THEN\n        NEW.updated_at := now();\n    END IF;\n    RETURN NEW;\nEND\n$$;\n\
         CREATE TRIGGER touch BEFORE UPDATE ON table_{number} FOR EACH ROW EXECUTE FUNCTION touch_{number}();\n\
         INSERT INTO table_{number} (name, amount) SELECT name, count(*) FROM table_{number} GROUP BY name;\n"
    );
    let down = format!("DROP TABLE table_{number};\nDROP FUNCTION touch_{number}();\nDROP TYPE state_{number};\n");
    (up, down)
}

/// Five hundred tables, and all later migrations change some of them.
fn history(number: usize) -> (String, String) {
    const TABLES: usize = 500;
    if number < TABLES {
        return (table_of(number), format!("DROP TABLE table_{number};\n"));
    }
    let (table, other) = (number * 7 % TABLES, number * 13 % TABLES);
    match number % 4 {
        0 => (
            format!("ALTER TABLE table_{table} ADD COLUMN c_{number} bigint REFERENCES table_{other} (id);\n"),
            format!("ALTER TABLE table_{table} DROP COLUMN c_{number};\n"),
        ),
        1 => (
            format!("CREATE INDEX i_{number} ON table_{table} (name, amount) WHERE amount > {number};\n"),
            format!("DROP INDEX i_{number};\n"),
        ),
        2 => (
            format!("ALTER TABLE table_{table} ADD CONSTRAINT k_{number} CHECK (amount <> {number}) NOT VALID;\n"),
            format!("ALTER TABLE table_{table} DROP CONSTRAINT k_{number};\n"),
        ),
        _ => (
            format!("UPDATE table_{table} SET amount = amount + 1 WHERE name = 'name {number}';\n"),
            format!("UPDATE table_{table} SET amount = amount - 1 WHERE name = 'name {number}';\n"),
        ),
    }
}

fn table_of(number: usize) -> String {
    let refers = if number == 0 {
        String::new()
    } else {
        format!("    parent bigint REFERENCES table_{} (id) ON DELETE CASCADE,\n", number - 1)
    };
    format!(
        "-- The table of number {number}.\nCREATE TABLE table_{number} (\n    id bigserial PRIMARY KEY,\n{refers}    name varchar(80) NOT NULL,\n    \
         amount numeric(12, 2) NOT NULL DEFAULT 0 CHECK (amount >= 0),\n    details jsonb,\n    \
         created_at timestamptz NOT NULL DEFAULT now(),\n    updated_at timestamp,\n    UNIQUE (name, created_at)\n);\n\
         CREATE INDEX table_{number}_created_at ON table_{number} (created_at DESC);\n"
    )
}
