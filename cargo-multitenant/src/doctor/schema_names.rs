//! Names in a function's text that may be schemas': whatever stands before a dot, or in a `search_path`.

use std::collections::BTreeSet;

/// The names before a dot in the text, and those in the settings' `search_path`, as the server would fold them.
pub(crate) fn schema_names(text: &str, settings: &str) -> BTreeSet<String> {
    let before_dots = words(text).into_iter().filter(|word| word.has_dot).map(|word| word.name);
    let path = settings.split_once("search_path=").map(|(_, path)| path).unwrap_or_default();
    before_dots.chain(words(path).into_iter().map(|word| word.name)).collect()
}

/// A name, and whether a dot follows.
struct Word {
    name: String,
    has_dot: bool,
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (name, after) = match c {
            '"' => in_quotes(&rest[1..]),
            c if is_of_a_name(c) => {
                let end = rest.find(|c| !is_of_a_name(c)).unwrap_or(rest.len());
                (rest[..end].to_lowercase(), &rest[end..])
            }
            c => (String::new(), &rest[c.len_utf8()..]),
        };
        rest = after;
        if !name.is_empty() {
            words.push(Word { name, has_dot: rest.trim_start().starts_with('.') });
        }
    }
    words
}

/// What is in double quotes, of which the first is passed, and what comes after them.
fn in_quotes(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return (name, &text[at + 1..]);
        }
    }
    (name, "")
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, settings: &str, expected: &[&str]) {
        assert_eq!(schema_names(text, settings).into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn names_before_dots_and_on_paths_are_found() {
        check(
            "select * from Tenant_A.users u where u . id = \"te\"\"n.ant\".f(1.5)",
            "",
            &["1", "te\"n.ant", "tenant_a", "u"],
        );
        check("select 'tenant_a'; execute 'delete from tenant_b.users'", "", &["tenant_b"]);
        check("", "work_mem=1MB search_path=\"tenant_é x\", public", &["public", "tenant_é x"]);
        check("select tenant_10.x, \"unclosed", "", &["tenant_10"]);
    }
}
