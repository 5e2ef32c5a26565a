//! What a new type leaves as it was.

use crate::model::{Home, TypeRef};

/// How like the old type a new one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ease {
    /// The same operators: what is made for the one is good for the other.
    Same,
    /// Both are exact numbers, which are compared and reckoned with alike.
    Number,
    Other,
}

const WHOLE: &[&str] = &["int2", "int4", "int8"];
const TEXTS: &[&str] = &["text", "varchar"];

/// How like each other two types are that have no domain above them.
pub(super) fn ease(from: &TypeRef, to: &TypeRef) -> Ease {
    let both = |of: &[&str]| of.contains(&from.name.as_str()) && of.contains(&to.name.as_str());
    let is_number = |ty: &TypeRef| ty.name == "numeric" || WHOLE.contains(&ty.name.as_str());
    let is_system = from.home == Home::System && to.home == Home::System;
    match () {
        () if from.array != to.array => Ease::Other,
        () if from.name == to.name && from.home == to.home => Ease::Same,
        () if is_system && (both(WHOLE) || both(TEXTS)) => Ease::Same,
        () if is_system && !from.array && is_number(from) && is_number(to) => Ease::Number,
        () => Ease::Other,
    }
}

/// Whether a text of SQL that has a column in it means the same with its new type.
pub(super) fn is_simple(text: &str, ease: Ease) -> bool {
    // Bits, remainders and functions are not of all numbers.
    let is_reckoned = |text: &str| !text.contains(['&', '|', '#', '~', '%', ':', '\'']) && !has_call(text);
    match ease {
        Ease::Same => true,
        Ease::Number => is_reckoned(text) && !text.contains("<<") && !text.contains(">>"),
        Ease::Other => is_test_for_null(text),
    }
}

/// Every type has NULL.
fn is_test_for_null(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c == '(' || c == ')' || c.is_whitespace()).to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_name = |word: &str| !word.contains(['(', ')', ':', '|', '-', '+']);
    matches!(words[..], [name, "is", "null"] | [name, "is", "not", "null"] if is_name(name))
}

fn has_call(text: &str) -> bool {
    text.split('(').rev().skip(1).any(|before| before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"'))
}

/// Whether an item of an index is a column with no more than an order.
pub(super) fn is_plain_item(text: &str) -> bool {
    let behind = if text.starts_with('"') { text.rsplit('"').next().unwrap_or_default() } else { text };
    let mut words = behind.split_whitespace().skip(usize::from(!text.starts_with('"')));
    words.all(|word| ["asc", "desc", "nulls", "first", "last"].iter().any(|order| word.eq_ignore_ascii_case(order)))
}

/// Whether a key or an ordinary index can have such values.
pub(super) fn can_be_sorted(ty: &TypeRef) -> bool {
    const UNSORTED: &[&str] = &["json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle"];
    ty.home != Home::System || !UNSORTED.contains(&ty.name.as_str())
}

/// Whether a foreign key of one type can lead to a column of another.
pub(super) fn can_lead(from: &TypeRef, to: &TypeRef) -> bool {
    ease(from, to) == Ease::Same || (ease(from, to) == Ease::Number && to.name == "numeric")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_no_operator_class() {
        for (text, plain) in [
            ("code", true),
            ("code desc nulls last", true),
            ("\"Odd one\" DESC", true),
            ("code text_pattern_ops", false),
            ("code collate \"C\"", false),
            ("\"Odd one\" text_pattern_ops", false),
        ] {
            assert_eq!(is_plain_item(text), plain, "{text}");
        }
    }

    #[test]
    fn numbers_are_compared_alike() {
        for (text, simple) in [
            ("n > 0", true),
            ("(n > 0 and (n + 1) < 9)", true),
            ("n % 2 = 0", false),
            ("abs(n) > 0", false),
            ("n & 1 = 0", false),
            ("n::text <> ''", false),
        ] {
            assert_eq!(is_simple(text, Ease::Number), simple, "{text}");
        }
    }

    #[test]
    fn only_null_is_of_every_type() {
        for (text, simple) in [
            ("n is null", true),
            ("(\"N\" IS NOT NULL)", true),
            ("n > 0", false),
            ("n is null or n > 0", false),
            ("f(n) is null", false),
            ("n || m is null", false),
        ] {
            assert_eq!(is_simple(text, Ease::Other), simple, "{text}");
        }
    }
}
