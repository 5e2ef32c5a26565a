//! The codes that no rule and no check stands for: what `verify` and `drift` find.

use multitenant_runtime::ObjectKind;

use super::Level;

/// A code with its documentation.
#[derive(Debug)]
pub(crate) struct CodeText {
    /// As findings call it; `drift-*` is all that begins so.
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    /// Markdown of a fixed form.
    docs: &'static str,
}

impl CodeText {
    /// What `explain` shows.
    pub(crate) fn entry(&self) -> String {
        format!("# {}\n\nLevel: {}.\n\n{}", self.name, self.level.word(), self.docs)
    }
}

/// The text about this code.
pub(crate) fn find_code(name: &str) -> Option<&'static CodeText> {
    let is_of_drift =
        |rest: &str| matches!(rest, "*" | "behind" | "not-comparable") || ObjectKind::named(rest).is_some();
    let name = if name.strip_prefix("drift-").is_some_and(is_of_drift) { "drift-*" } else { name };
    CODES.iter().find(|code| code.name == name)
}

/// All of them.
pub(crate) const CODES: &[CodeText] = &[
    CodeText {
        name: "verify-up-fails",
        level: Level::Error,
        docs: "\
## What it checks
That each migration's `up.sql` can be applied, after all that come before it, to a schema that was empty.

## Why is this bad?
No new tenant can be created, and no tenant gets beyond this migration.

## What to do
Correct the `up.sql` at the line that is named. What comes after it was not tried: run `cargo multitenant verify` again.
",
    },
    CodeText {
        name: "verify-down-fails",
        level: Level::Error,
        docs: "\
## What it checks
That each `down.sql` can be run on what its `up.sql` has made.

## Why is this bad?
`rollback` ends with this error, and it does so when something has gone wrong already. A migration that cannot be taken
back has no `down.sql`, and `rollback` says so before it begins.

## What to do
Correct the `down.sql` at the line that is named, or remove it where there is no way back.
",
    },
    CodeText {
        name: "verify-down-not-inverse",
        level: Level::Error,
        docs: "\
## What it checks
That the schema after `down.sql` is the schema before `up.sql`: tables, columns, indexes, constraints, functions, rights.

## Why is this bad?
A schema that was migrated back is then none that any version has: it is found by `drift`, and the next `up.sql` may fail
with \"already exists\", or not make what it should.

## What to do
Let `down.sql` undo all that `up.sql` does, newest first. The finding names what is left over, missing or different.
PostgreSQL removes no label of an enum: where nothing but labels is left over, and a comment in `down.sql` says
`-- irreversible: reason`, that is told as a note.
",
    },
    CodeText {
        name: "verify-up-again-fails",
        level: Level::Error,
        docs: "\
## What it checks
That `up.sql` can be applied once more after its `down.sql`.

## Why is this bad?
A tenant that was rolled back cannot be migrated again. As the schema is what it was before, the reason is something that
does not show in it: rows, or what is outside the schema, such as a role.

## What to do
Let `down.sql` undo that as well, or let `up.sql` not mind that it is there.
",
    },
    CodeText {
        name: "verify-up-again-differs",
        level: Level::Error,
        docs: "\
## What it checks
That `up.sql` makes the same a second time, after its `down.sql`, as the first time.

## Why is this bad?
Tenants that were rolled back and migrated again differ from those that were not, for good.

## What to do
Let `down.sql` undo everything that `up.sql` does, and `up.sql` not depend on what it finds (`IF NOT EXISTS`, names that
the server chooses).
",
    },
    CodeText {
        name: "verify-second-tenant-fails",
        level: Level::Error,
        docs: "\
## What it checks
That all migrations can be applied to a second tenant in the same database.

## Why is this bad?
They make or change something outside the tenant's schema, or name one tenant's schema: the first tenant works, and no
other.

## What to do
Leave schemas out of the names in tenants' migrations, and put what all tenants share (extensions, roles, types) into a
shared migration. `cargo multitenant lint` names the place of most of these.
",
    },
    CodeText {
        name: "verify-tenants-differ",
        level: Level::Error,
        docs: "\
## What it checks
That a second tenant is equal to the first, once all migrations are applied to both.

## Why is this bad?
The second tenant's objects point into the first one's schema, or are missing because the first one's were found in their
place: its rows go to another tenant, or are refused.

## What to do
Leave schemas out of the names in tenants' migrations, and `IF NOT EXISTS` where a name may be found in another schema.
",
    },
    CodeText {
        name: "verify-schema-code",
        level: Level::Error,
        docs: "\
## What it checks
That the `table!` of the project's Rust code are what the migrations really make: tables, columns, types, and whether a
column may be NULL. It is the linter's `schema-rs-drift`, with a database in place of the migrations' text; the finding may
be of another level, as that rule's would be.

## Why is this bad?
The code compiles, and fails in the database: a column that does not exist, a type that cannot be read, a NULL where
none is expected.

## What to do
Correct the `table!` that is named, for instance by `cargo multitenant print-schema`, or the migration.
",
    },
    CodeText {
        name: "verify-shared-changed",
        level: Level::Error,
        docs: "\
## What it checks
That tenants' migrations leave the shared schema as it is.

## Why is this bad?
It is changed once more by each tenant, and by whichever comes first: the second one fails, or changes for all what was
meant for one. Nothing records which version the shared schema has then.

## What to do
Move the statement into a shared migration; tenants' migrations may only refer to what that has made.
",
    },
    CodeText {
        name: "verify-no-migrations",
        level: Level::Warning,
        docs: "\
## What it checks
That there are migrations to try at all.

## Why is this bad?
`verify` has tried nothing, which looks like success: the folder may be another one than was meant.

## What to do
Correct `migrations.folder`, or begin with `cargo multitenant generate tenant NAME`.
",
    },
    CodeText {
        name: "drift-*",
        level: Level::Error,
        docs: "\
## What it checks
That each schema is what its migrations make. The code says what kind of object differs: `drift-table`, `drift-column`,
`drift-index` and so on. `drift-behind` is a schema that is not compared because migrations are pending, and only to be
known; `drift-not-comparable` is one that could not be looked at.

## Why is this bad?
Somebody has changed the schema by hand, or a migration was edited after it was applied. The next migration may fail in
this schema alone, and the application may find a column, an index or a constraint missing.

## What to do
Look at the difference, then either mend the schema (`cargo multitenant drift --fix-sql` writes the statements, with those
that would lose data in comments), or put what was meant into a new migration. What is meant to differ is named in
`drift.ignore`. `drift-behind`: `cargo multitenant migrate`.
",
    },
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_code_of_verify_has_its_text() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/verify");
        let mut count = 0;
        for file in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            for code in text.split('"').filter(|part| part.starts_with("verify-") && !part.contains([' ', '\n'])) {
                assert!(find_code(code).is_some(), "`explain {code}` knows nothing");
                count += 1;
            }
        }
        assert!(count > 7, "{count}");
    }

    #[test]
    fn every_kind_of_drift_has_the_one_text() {
        for code in ["drift-*", "drift-table", "drift-foreign-key", "drift-behind", "drift-not-comparable"] {
            assert_eq!(find_code(code).map(|text| text.name), Some("drift-*"), "{code}");
        }
        assert!(find_code("drift-weather").is_none() && find_code("drift").is_none());
    }

    #[test]
    fn texts_have_their_form() {
        for code in CODES {
            for heading in ["## What it checks", "## Why is this bad?", "## What to do"] {
                assert!(code.docs.contains(heading), "{} has no {heading}", code.name);
            }
        }
    }
}
