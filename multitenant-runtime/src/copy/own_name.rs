//! Whether a statement names a schema where the server does not know that it does: in a text. Pure.
//!
//! Statements are written while the schema alone is the path, so that what is its own has no schema in front; what names
//! it all the same is the inside of texts: bodies of functions, literals. There the name counts wherever it is a word,
//! in any case and with any quotes, because nobody knows what a text is used for.
//!
//! One reading lets it through: in a body of SQL or PL/pgSQL, outside of its literals, the word may be a table's, an
//! alias's or a column's. It is where a column's name follows that is no relation's, function's or type's; and where no
//! dot follows, unless the body has to do with a path or a schema.

use std::collections::BTreeSet;

use crate::ident::{Identifier, within_literal};

use super::structure::Statement;

/// The names that a schema has for its objects, which tell a column of an alias from an object of the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Of relations, functions, types.
    pub(crate) objects: BTreeSet<String>,
    /// Of columns.
    pub(crate) columns: BTreeSet<String>,
}

/// Whether the statement names the schema in a text.
pub(crate) fn names_in_a_text(statement: &Statement, schema: &str, names: &Names) -> bool {
    let sql = statement.sql.as_str();
    // What a comment says is run by nobody.
    if sql.starts_with("COMMENT ON ") {
        return false;
    }
    let is_code = ["CREATE FUNCTION ", "CREATE PROCEDURE "].iter().any(|form| sql.starts_with(form))
        && ["\n LANGUAGE sql\n", "\n LANGUAGE plpgsql\n", "\n LANGUAGE sql ", "\n LANGUAGE plpgsql "]
            .iter()
            .any(|language| sql.contains(language));
    let word = Word::new(schema);
    texts(sql).into_iter().any(|text| match text {
        Text::Code(body) if is_code => is_referred_to(body, &word, names),
        Text::Code(text) | Text::Literal(text) => word.is_in(text),
    })
}

/// What an error calls the statement: how it begins.
pub(crate) fn shown(statement: &Statement) -> String {
    const SHOWN: usize = 160;
    let line = statement.sql.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// A schema's name as it is looked for.
struct Word {
    /// As it may be written: with what quotes double.
    forms: Vec<String>,
    /// Whether it is the same in any case, as what has no quotes is.
    folds: bool,
}

impl Word {
    fn new(schema: &str) -> Self {
        let quoted = Identifier::new(schema).map(|name| name.quoted()).ok();
        let double = quoted.as_deref().and_then(|name| name.strip_prefix('"')?.strip_suffix('"')).unwrap_or(schema);
        let mut forms = vec![schema.to_owned(), within_literal(double), double.to_owned(), within_literal(schema)];
        forms.sort();
        forms.dedup();
        Self { forms, folds: !schema.bytes().any(|byte| byte.is_ascii_uppercase()) }
    }

    fn is_in(&self, text: &str) -> bool {
        !self.places(text).is_empty()
    }

    /// Where it stands, from and to.
    fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let folded = if self.folds { text.to_ascii_lowercase() } else { text.to_owned() };
        let begins = |form: &str| form.starts_with(is_word);
        let ends = |form: &str| form.ends_with(is_word);
        let mut places = Vec::new();
        for form in self.forms.iter().filter(|form| !form.is_empty()) {
            for (at, _) in folded.match_indices(form.as_str()) {
                let end = at + form.len();
                let goes_on =
                    begins(form) && folded[..at].ends_with(is_word) || ends(form) && folded[end..].starts_with(is_word);
                if !goes_on {
                    places.push((at, end));
                }
            }
        }
        places
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// A text within a statement.
enum Text<'a> {
    /// Between dollars.
    Code(&'a str),
    /// Between single quotes.
    Literal(&'a str),
}

/// The texts of a statement, or of a body.
fn texts(sql: &str) -> Vec<Text<'_>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(c) = sql[at..].chars().next() {
        match c {
            '\'' => {
                let escapes = sql[..at].ends_with(['E', 'e']) && !sql[..at - 1].ends_with(is_word);
                let end = literal_end(sql, at + 1, escapes);
                found.push(Text::Literal(&sql[at + 1..end]));
                at = (end + 1).min(sql.len());
            }
            '"' => at = sql[at + 1..].find('"').map_or(sql.len(), |end| at + end + 2),
            '$' if !sql[..at].ends_with(is_word) => match dollars(&sql[at..]) {
                Some(tag) => {
                    let start = at + tag.len();
                    let end = sql[start..].find(tag).map_or(sql.len(), |end| start + end);
                    found.push(Text::Code(&sql[start..end]));
                    at = (end + tag.len()).min(sql.len());
                }
                None => at += 1,
            },
            _ => at += c.len_utf8(),
        }
    }
    found
}

/// Where a literal ends: at its quote, or where the text does.
fn literal_end(sql: &str, from: usize, escapes: bool) -> usize {
    let bytes = sql.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return at,
            _ => at += 1,
        }
    }
    sql.len()
}

/// `$tag$`, where the text begins with one.
fn dollars(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 1;
    let tag = &text[1..end];
    let is_tag = tag.chars().all(|c| c.is_alphanumeric() || c == '_') && !tag.starts_with(|c: char| c.is_ascii_digit());
    is_tag.then(|| &text[..=end])
}

/// Whether a body refers to the schema, or may.
fn is_referred_to(body: &str, word: &Word, names: &Names) -> bool {
    let places = word.places(body);
    if places.is_empty() {
        return false;
    }
    // Comments and quotes may hide from a simple reading what is a literal and what is not.
    if body.contains("--") || body.contains("/*") {
        return true;
    }
    let in_a_text = texts(body).into_iter().any(|text| match text {
        Text::Code(text) | Text::Literal(text) => word.is_in(text),
    });
    let folded = body.to_ascii_lowercase();
    let is_of_schemas =
        ["search_path", "schema", "regnamespace", "set_config", "u&"].iter().any(|word| folded.contains(word));
    in_a_text
        || places.iter().any(|&(_, end)| {
            let rest = body[end..].strip_prefix('"').unwrap_or(&body[end..]).trim_start();
            match rest.strip_prefix('.') {
                None => is_of_schemas,
                Some(rest) => !is_a_column(rest.trim_start(), names),
            }
        })
}

/// Whether what follows the dot is a column and nothing else.
fn is_a_column(rest: &str, names: &Names) -> bool {
    // All of an alias's columns: no object is called so.
    if rest.starts_with('*') {
        return true;
    }
    let name = match rest.strip_prefix('"') {
        Some(quoted) => match quoted.split_once('"') {
            Some((name, after)) if !after.starts_with('"') => name.to_owned(),
            _ => return false,
        },
        None => rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())].to_ascii_lowercase(),
    };
    names.columns.contains(&name) && !names.objects.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str, schema: &str) -> bool {
        let names = Names {
            objects: ["users", "log"].map(str::to_owned).into(),
            columns: ["id", "Name"].map(str::to_owned).into(),
        };
        names_in_a_text(&Statement { sql: sql.to_owned(), path: None, names_schema: false }, schema, &names)
    }

    fn body(text: &str) -> String {
        format!("CREATE FUNCTION f()\n RETURNS void\n LANGUAGE sql\nAS $function$ {text} $function$\n")
    }

    #[test]
    fn a_text_that_names_the_schema_is_found() {
        for text in [
            "x.users",
            "X . users",
            "\"x\" . users",
            "x.users_2024",
            "SET search_path TO x",
            "'x' || id",
            "x.\"Na\"\"me\"",
        ] {
            assert!(found(&body(text), "x"), "{text}");
        }
        for sql in ["SELECT 'x'", "DEFAULT nextval('X.sq'::text)", "f($$x.log$$)", "E'a\\'x'", "f('\"x\".log')"] {
            assert!(found(sql, "x"), "{sql}");
        }
        assert!(found("f('a\"\"b.c')", "a\"b") && found("f('a''b.c')", "a'b") && found("f('é-x.y')", "é-x"));
        // The text of another language is read by nobody here.
        assert!(found(&body("x.id").replace("sql", "plpython3u"), "x"));
    }

    #[test]
    fn what_is_no_reference_is_not() {
        for text in
            ["x.id", "SELECT x FROM x", "SELECT x.* FROM x", "x . \"Name\" FROM users AS x", "xx.users, x_.users, $x"]
        {
            assert!(!found(&body(text), "x"), "{text}");
        }
        for sql in ["CREATE TABLE x (x int)", "COMMENT ON TABLE t IS 'x'", "f('xx.t')", "\"a'x'\"", "$1 x $2"] {
            assert!(!found(sql, "x"), "{sql}");
        }
        // What has no quotes is never a name with capitals.
        assert!(found("f('X.t')", "X") && !found("f('x.t')", "X"));
    }
}
