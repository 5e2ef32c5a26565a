//! Names that can stand in a language that quotes none.

use std::collections::BTreeSet;

/// Names that have been given, so that none is given twice.
#[derive(Debug, Default)]
pub(super) struct Identifiers {
    given: BTreeSet<String>,
    /// Whether numbers follow a name directly, as those of types in Rust do.
    is_camel: bool,
}

impl Identifiers {
    /// With names that nobody can have.
    pub(super) fn without(reserved: &[&str]) -> Self {
        Self { given: reserved.iter().map(|name| (*name).to_owned()).collect(), is_camel: false }
    }

    /// For names of types: `Order2`, and not `Order_2`.
    pub(super) fn camel(self) -> Self {
        Self { is_camel: true, ..self }
    }

    /// The name, and those with a number.
    fn names(&self, wanted: &str) -> impl Iterator<Item = String> + use<> {
        let gap = if self.is_camel && !wanted.ends_with(|c: char| c.is_ascii_digit()) { "" } else { "_" };
        let wanted = wanted.to_owned();
        std::iter::once(wanted.clone()).chain((2..u32::MAX).map(move |number| format!("{wanted}{gap}{number}")))
    }

    /// All names that are given, or were taken from the beginning.
    pub(super) fn given(self) -> Vec<String> {
        self.given.into_iter().collect()
    }

    /// A name that nobody has yet: this one, or with a number.
    pub(super) fn give(&mut self, wanted: &str) -> String {
        let mut names = self.names(wanted);
        let name = names.find(|name| !self.given.contains(name)).unwrap_or_default();
        self.given.insert(name.clone());
        name
    }

    /// The same for several that belong together, by the endings that they will have.
    pub(super) fn give_all(&mut self, wanted: &str, endings: &[&str]) -> String {
        let mut names = self.names(wanted);
        let is_free = |name: &String| endings.iter().all(|ending| !self.given.contains(&format!("{name}{ending}")));
        let name = names.find(is_free).unwrap_or_default();
        self.given.extend(endings.iter().map(|ending| format!("{name}{ending}")));
        name
    }
}

/// A name in ASCII letters, digits and `_`, that begins with no digit.
pub(super) fn plain(name: &str) -> String {
    let mut plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !plain.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        plain.insert(0, '_');
    }
    plain
}

/// The same as a type's: `order_items` is `OrderItems`.
pub(super) fn pascal(name: &str) -> String {
    let mut pascal = String::new();
    for word in plain(name).split('_') {
        let mut chars = word.chars();
        pascal.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        pascal.push_str(chars.as_str());
    }
    match pascal.chars().next() {
        // A lone `_` is no name in Rust.
        None => pascal.push_str("Unnamed"),
        Some(first) if !first.is_ascii_alphabetic() => pascal.insert(0, '_'),
        Some(_) => {}
    }
    pascal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_given_once() {
        assert_eq!(
            ["order items", "2fa", "größe", "", "../x"].map(plain),
            ["order_items", "_2fa", "gr__e", "_", "___x"]
        );
        assert_eq!(
            ["order_items", "2fa", "__", "HTTPStatus"].map(pascal),
            ["OrderItems", "_2fa", "Unnamed", "HTTPStatus"]
        );
        let mut names = Identifiers::without(&["Json"]);
        assert_eq!(["Json", "A", "A"].map(|name| names.give(name)), ["Json_2", "A", "A_2"]);
        assert_eq!(names.give_all("B", &["", "Insert"]), "B");
        assert_eq!(names.give_all("BInsert", &["", "Insert"]), "BInsert_2");
    }
}
