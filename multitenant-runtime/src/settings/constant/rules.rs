//! Each rule as a `const fn`: what is wrong with a value, if anything.

use super::Rule;
use crate::ident::MAX_IDENTIFIER_BYTES;

/// What is wrong with the value.
pub(super) const fn problem(rule: Rule<'_>) -> Option<&'static str> {
    match rule {
        Rule::Identifier(name) => identifier(name),
        Rule::SharedSchema(name) => shared_schema(name),
        Rule::StateSchema(name) => state_schema(name),
        Rule::Template(template) => schema_template(template),
        Rule::SearchPath(entries) => search_path(entries),
        Rule::RoleTemplate(template) => role_template(template),
        Rule::ApplicationRole(name) => application_role(name),
        Rule::Duration(text) => duration(text),
        Rule::OutOfOrder(policy) => out_of_order(policy),
        Rule::Jobs(0) => Some("0 workers would do nothing: use 1 or more"),
        Rule::Jobs(_) => None,
        Rule::Sql(sql) => sql_text(sql),
        Rule::ArchivedColumn(name) if name.is_empty() => None,
        Rule::ArchivedColumn(name) => identifier(name),
        Rule::ArchiveTemplate(template) => archive_template(template),
        Rule::TenantIds(ids) => tenant_ids(ids),
    }
}

const fn out_of_order(policy: &str) -> Option<&'static str> {
    if matches!(policy.as_bytes(), b"apply" | b"refuse") { None } else { Some("neither \"apply\" nor \"refuse\"") }
}

const fn identifier(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("the name is empty: give it at least one character")
    } else if count(name, "\0") > 0 {
        Some("the name holds a NUL character, which PostgreSQL cannot store: remove it")
    } else if name.len() > MAX_IDENTIFIER_BYTES {
        Some("the name has more than 63 bytes, and PostgreSQL cuts longer ones, silently: choose a shorter one")
    } else {
        None
    }
}

const fn shared_schema(name: &str) -> Option<&'static str> {
    if found_at(name, "pg_", 0) || (name.len() == 18 && found_at(name, "information_schema", 0)) {
        Some("the schema belongs to PostgreSQL: choose another shared schema")
    } else {
        identifier(name)
    }
}

const fn state_schema(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        None
    } else if name.len() == 6 && found_at(name, "public", 0) {
        Some("the schema public is no schema of our own: choose another state schema")
    } else {
        shared_schema(name)
    }
}

const fn schema_template(template: &str) -> Option<&'static str> {
    if count(template, "\0") > 0 {
        Some("the schema template holds a NUL character, which PostgreSQL cannot store: remove it")
    } else if count(template, "{id}") != 1 {
        Some("the schema template must hold `{id}` exactly once, as in \"tenant_{id}\"")
    } else {
        None
    }
}

const fn archive_template(template: &str) -> Option<&'static str> {
    if count(template, "\0") > 0 {
        Some("the template of archived schemas holds a NUL character, which PostgreSQL cannot store: remove it")
    } else if count(template, "{schema}") != 1 || template.len() == 8 {
        Some(
            "the template of archived schemas must hold `{schema}` exactly once, and something else beside it, as in \
             \"archived_{schema}\"",
        )
    } else {
        None
    }
}

const fn role_template(template: &str) -> Option<&'static str> {
    if count(template, "\0") > 0 {
        Some("the template of roles holds a NUL character, which PostgreSQL cannot store: remove it")
    } else if count(template, "{schema}") != 1 || count(template, "{database}") > 1 || found_at(template, "pg_", 0) {
        Some(
            "the template of roles must hold `{schema}` exactly once and `{database}` at most once, and not begin with \
             `pg_`, as in \"{database}_{schema}\"",
        )
    } else {
        None
    }
}

const fn application_role(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        None
    } else if matches!(name.as_bytes(), b"public" | b"none") || found_at(name, "pg_", 0) {
        Some("the name means something else to PostgreSQL: write the role that the application logs in as")
    } else {
        identifier(name)
    }
}

const fn search_path(entries: &[&str]) -> Option<&'static str> {
    if entries.is_empty() || !is_tenant(entries[0]) {
        return Some("must begin with \"{tenant}\", since new objects go to the first schema of the path");
    }
    let mut i = 1;
    while i < entries.len() {
        if is_tenant(entries[i]) {
            return Some("\"{tenant}\" may stand only once, at the beginning");
        }
        if let Some(problem) = identifier(entries[i]) {
            return Some(problem);
        }
        i += 1;
    }
    None
}

const fn is_tenant(entry: &str) -> bool {
    entry.len() == 8 && found_at(entry, "{tenant}", 0)
}

const fn duration(text: &str) -> Option<&'static str> {
    const PROBLEM: Option<&str> = Some(
        "this is no duration up to 596h: write a whole number and a unit, as in \"500ms\", \"2s\", \"5m\" or \
         \"1h\", or \"0\"",
    );
    let text = text.as_bytes().trim_ascii();
    let mut number: u64 = 0;
    let mut i = 0;
    while i < text.len() && text[i].is_ascii_digit() {
        number = number.saturating_mul(10).saturating_add((text[i] - b'0') as u64);
        i += 1;
    }
    if i == 0 {
        return PROBLEM;
    }
    let factor = match text.split_at(i).1.trim_ascii_start() {
        b"" if i == 1 && number == 0 => 1,
        b"ms" => 1,
        b"s" => 1_000,
        b"m" | b"min" => 60_000,
        b"h" => 3_600_000,
        _ => return PROBLEM,
    };
    if number.saturating_mul(factor) > i32::MAX as u64 { PROBLEM } else { None }
}

const fn sql_text(sql: &str) -> Option<&'static str> {
    let bytes = sql.as_bytes();
    let mut i = 0;
    let mut empty = true;
    while i < bytes.len() {
        if bytes[i] == 0 {
            return Some("the SQL holds a NUL character, which PostgreSQL cannot store: remove it");
        }
        empty = empty && (bytes[i].is_ascii_whitespace() || bytes[i] == b';');
        i += 1;
    }
    if empty { Some("is empty: write the SQL, or remove the key") } else { None }
}

const fn tenant_ids(ids: &[&str]) -> Option<&'static str> {
    let mut i = 0;
    while i < ids.len() {
        if ids[i].is_empty() {
            return Some("one of the ids is empty: give it at least one character");
        }
        if count(ids[i], "\0") > 0 {
            return Some("one of the ids holds a NUL character, which PostgreSQL cannot store: remove it");
        }
        i += 1;
    }
    None
}

/// How often a text holds another that is not empty, without overlaps.
const fn count(text: &str, wanted: &str) -> usize {
    let (mut found, mut i) = (0, 0);
    while i < text.len() {
        if found_at(text, wanted, i) {
            found += 1;
            i += wanted.len();
        } else {
            i += 1;
        }
    }
    found
}

const fn found_at(text: &str, wanted: &str, at: usize) -> bool {
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    if text.len() < at + wanted.len() {
        return false;
    }
    let mut i = 0;
    while i < wanted.len() {
        if text[at + i] != wanted[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::{registry_query, registry_table};
    use super::*;
    use crate::settings::{RegistryText, Settings, SettingsText};

    /// The rule for the compiler and the one at run time must refuse the same.
    fn agree(rule: Rule<'_>, text: SettingsText<'_>) {
        let at_run_time = Settings::try_from(text);
        assert_eq!(problem(rule).is_some(), at_run_time.is_err(), "{rule:?}: {:?}, {at_run_time:?}", problem(rule));
    }

    const NAMES: [&str; 10] = [
        "",
        "a",
        "a\0b",
        "pg_x",
        "pgx",
        "information_schema",
        "information_schema2",
        "é",
        "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss63",
        "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss_64",
    ];

    #[test]
    fn names_agree() {
        let d = SettingsText::DEFAULT;
        for name in NAMES {
            agree(Rule::Identifier(name), SettingsText { tenant_history: name, ..d });
            agree(Rule::SharedSchema(name), SettingsText { shared_schema: name, ..d });
            agree(Rule::ArchivedColumn(name), SettingsText { archived_column: name, ..d });
            agree(Rule::Identifier(name), SettingsText { registry: registry_table(None, Some(name), None, None), ..d });
        }
    }

    #[test]
    fn templates_and_paths_agree() {
        let d = SettingsText::DEFAULT;
        for template in ["", "{id}", "tenant", "{id}_{id}", "{ID}", "a\0{id}", "{{id}}", "{id", "é{id}ü"] {
            agree(Rule::Template(template), SettingsText { schema_name: template, ..d });
        }
        for template in [
            "",
            "{schema}",
            "{database}",
            "{schema}_{database}",
            "{schema}{schema}",
            "{database}{schema}{database}",
            "pg_{schema}",
            "a\0{schema}",
        ] {
            agree(Rule::RoleTemplate(template), SettingsText { role_name: template, ..d });
        }
        for name in NAMES.into_iter().chain(["public", "none", "None", "app"]) {
            agree(Rule::ApplicationRole(name), SettingsText { application_role: name, ..d });
        }
        for template in ["", "{schema}", "old", "{schema}_old", "{schema}{schema}", "a\0{schema}", "{schema}é"] {
            agree(Rule::ArchiveTemplate(template), SettingsText { archived_schema: template, ..d });
        }
        let tenant = "{tenant}";
        for path in [&[][..], &[tenant], &["{shared}"], &[tenant, tenant], &[tenant, ""], &[tenant, "{shared}", "x"]] {
            agree(Rule::SearchPath(path), SettingsText { search_path: path, ..d });
        }
    }

    #[test]
    fn limits_agree() {
        let d = SettingsText::DEFAULT;
        for text in [
            "",
            "0",
            "00",
            "0s",
            "7ms",
            "2 s",
            " 3min ",
            "5m",
            "1h",
            "596h",
            "597h",
            "5",
            "s",
            "-1s",
            "1.5s",
            "1d",
            "99999999999999999999s",
            "１s",
            "2147483647ms",
            "2147483648ms",
        ] {
            agree(Rule::Duration(text), SettingsText { lock_timeout: text, ..d });
            agree(Rule::Duration(text), SettingsText { statement_timeout: text, ..d });
        }
        for policy in ["apply", "refuse", "", "Apply"] {
            agree(Rule::OutOfOrder(policy), SettingsText { out_of_order: policy, ..d });
        }
        for jobs in [0, 1, 64] {
            agree(Rule::Jobs(jobs), SettingsText { jobs, ..d });
        }
    }

    #[test]
    fn registries_agree() {
        let d = SettingsText::DEFAULT;
        for sql in ["", " ;\n", "select 1;", "a\0"] {
            agree(Rule::Sql(sql), SettingsText { registry: registry_query(sql), ..d });
            agree(Rule::Sql(sql), SettingsText { registry: registry_table(None, None, None, Some(sql)), ..d });
        }
        for ids in [&[][..], &["a"], &["a", ""], &["a\0"]] {
            agree(Rule::TenantIds(ids), SettingsText { registry: RegistryText::List { ids }, ..d });
        }
        assert_eq!(registry_table(None, None, None, None), RegistryText::DEFAULT);
    }
}
