//! `sql-syntax-error`

use crate::finding::Place;
use crate::lint::context::MigrationAt;
use crate::lint::project::ScriptFile;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Span, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds `up.sql` and `down.sql` files that PostgreSQL could not parse. What follows the first error of a file is not
    /// reported; the bodies of functions are not judged.
    ///
    /// ## Why is this bad?
    ///
    /// An `up.sql` that does not parse fails for every tenant. A `down.sql` that does not parse fails on the day when it is
    /// needed, and nobody has run it before.
    ///
    /// ## Example
    ///
    /// ```sql
    /// DROP TABLE orders
    /// DROP TABLE items;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// DROP TABLE orders;
    /// DROP TABLE items;
    /// ```
    "sql-syntax-error": Error, Hygiene, Check::Migration(check),
}

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    for (script, _) in at.migration.scripts() {
        // A placeholder is no SQL either, and template-placeholder says so with better words.
        if let Some((span, message)) = script.script.errors.first()
            && script.script.placeholders.is_empty()
        {
            let text = &at.cx.project.sources.get(script.file).text;
            let draft = match psql(script, text, span) {
                Some((what, help)) => sink.report(Place::new(script.file, what.0), what.1).help(help),
                None => sink.report(Place::new(script.file, span.clone()), format!("this is no SQL: {message}")),
            };
            draft.object(at.migration.name.clone());
        }
    }
}

/// What only psql understands: its commands, and the rows behind `COPY … FROM stdin`.
fn psql(script: &ScriptFile, text: &str, span: &Span) -> Option<((Span, String), &'static str)> {
    let rest = text.get(span.start..)?;
    if rest.starts_with('\\') {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let message = format!("`{}` is a command of psql, and no SQL", &rest[..end]);
        return Some(((span.start..span.start + end, message), "write what it stands for; the server knows SQL only"));
    }
    let before = script.script.statements.iter().rev().find(|statement| statement.span.end <= span.start)?;
    let words = text.get(before.span.clone())?.to_lowercase();
    let reads_rows = before.verb == Verb::Copy && words.split_whitespace().any(|word| word == "stdin");
    reads_rows.then(|| {
        let message = "the rows behind COPY … FROM stdin are for psql, and no SQL".to_owned();
        ((span.clone(), message), "write INSERT")
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            create table a (id int;
            -- file: tenant/1_a/down.sql
            drop table a
            drop table b;
            -- file: tenant/2_b/up.sql
            \\i other.sql
            -- file: tenant/2_b/down.sql
            copy a (id) from stdin;
            1
            -- file: tenant/3_c/up.sql
            select 1; 'x'
        "), @r#"
        tenant/1_a/down.sql:2:13 error: this is no SQL: expected `,` [drop]
        tenant/1_a/up.sql:1:35 error: this is no SQL: expected `)` []
        tenant/2_b/down.sql:2:13 error: the rows behind COPY … FROM stdin are for psql, and no SQL [1]
        tenant/2_b/up.sql:1:13 error: `\i` is a command of psql, and no SQL [\i]
        tenant/3_c/up.sql:1:23 error: this is no SQL: expected command, found a string ['x']
        "#);
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table a (id int);
            do $$ begin this is no sql; end $$;
            create function f() returns int language sql as 'selec 1';
            -- file: tenant/1_a/down.sql
            drop table a
        ",
        );
    }
}
