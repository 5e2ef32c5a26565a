//! What names a schema in its text, and does not follow when the schema gets another name.

use crate::connection::Session;
use crate::ident::{SchemaName, literal};
use crate::settings::Settings;

/// Functions and views that name the `old` schema in their text: those in the schema, by its `new` name, and those in the
/// schemas that all tenants share. At most ten.
///
/// What PostgreSQL keeps by number shows the new name by now, so what still shows the old one is text.
pub(super) async fn mentions(
    session: &Session,
    settings: &Settings,
    old: &SchemaName,
    new: &SchemaName,
) -> Result<Vec<String>, tokio_postgres::Error> {
    let schemas = [new, &settings.shared_schema].into_iter().chain(settings.search_path.after_tenant());
    let schemas: Vec<String> = schemas.map(|schema| literal(schema.as_str())).collect();
    let names_it = |text: &str| format!("{text} ~ {}", literal(&as_a_word(old.as_str())));
    let sql = format!(
        "SELECT d FROM (SELECT pg_catalog.pg_describe_object('pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0) AS d \
         FROM pg_catalog.pg_proc p WHERE p.pronamespace IN (SELECT oid FROM own) AND {} UNION ALL \
         SELECT pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0) \
         FROM pg_catalog.pg_class c WHERE c.relnamespace IN (SELECT oid FROM own) AND c.relkind IN ('v', 'm') AND {}) x \
         ORDER BY 1 LIMIT 10",
        names_it("p.prosrc"),
        names_it("pg_catalog.pg_get_viewdef(c.oid)"),
    );
    let own =
        format!("WITH own AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname IN ({}))", schemas.join(", "));
    let rows = session.rows(&format!("{own} {sql}")).await?;
    Ok(rows.iter().filter_map(|row| row.get(0)).map(str::to_owned).collect())
}

/// A regular expression for the name where no letter, digit or underscore goes on before or after it.
fn as_a_word(name: &str) -> String {
    let escaped: String = name
        .chars()
        .flat_map(|c| {
            let plain = c.is_alphanumeric() || c == '_' || !c.is_ascii();
            (!plain).then_some('\\').into_iter().chain([c])
        })
        .collect();
    format!("(^|[^[:alnum:]_]){escaped}($|[^[:alnum:]_])")
}

#[cfg(test)]
mod tests {
    use super::as_a_word;

    #[test]
    fn nothing_in_a_name_is_an_operator() {
        assert_eq!(as_a_word("tenant_a"), "(^|[^[:alnum:]_])tenant_a($|[^[:alnum:]_])");
        assert_eq!(as_a_word(r"a.b\é$"), r"(^|[^[:alnum:]_])a\.b\\é\$($|[^[:alnum:]_])");
    }
}
