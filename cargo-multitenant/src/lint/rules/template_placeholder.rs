//! `template-placeholder`

use crate::finding::Place;
use crate::lint::context::MigrationAt;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds placeholders that nobody replaces: `{name}`, `${name}`, `{{name}}` and psql's `:name`, outside of strings,
    /// comments and bodies.
    ///
    /// ## Why is this bad?
    ///
    /// A migration is sent as it is. A placeholder for the schema is mostly left from a loop over tenants that was written
    /// by hand; here the tenant's schema is first in `search_path`, and needs no name.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE TABLE {schema}.orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    "template-placeholder": Error, Hygiene, Check::Migration(check),
}

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    for (script, _) in at.migration.scripts() {
        // Without an error it was SQL after all.
        if script.script.errors.is_empty() {
            continue;
        }
        for span in &script.script.placeholders {
            let place = Place::new(script.file, span.clone());
            let text = at.cx.project.sources.text(&place).to_owned();
            sink.report(place, format!("nobody replaces the placeholder `{text}`"))
                .help("write the name itself, or, for a tenant's schema, leave it out")
                .object(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            create table {replaceme}.orders (id int);
            create table ${schema}.orders (id int);
            create table {{ schema }}.orders (id int);
            insert into orders values (:id);
        "), @"
        tenant/1_a/up.sql:1:26 error: nobody replaces the placeholder `{replaceme}` [{replaceme}]
        tenant/1_a/up.sql:2:26 error: nobody replaces the placeholder `${schema}` [${schema}]
        tenant/1_a/up.sql:3:26 error: nobody replaces the placeholder `{{ schema }}` [{{ schema }}]
        tenant/1_a/up.sql:4:40 error: nobody replaces the placeholder `:id` [:id]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- {comment}
            select '{a}'::text[], $${x}$$, a[1:2], b::int, '{\"a\": 1}'::jsonb from t;
            do $$ declare x int := 1; begin null; end $$;
        ",
        );
    }
}
