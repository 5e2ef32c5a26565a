//! Objects of a schema, as they are compared.

use std::collections::BTreeMap;

use crate::connection::Row;

use super::ObjectKind;

/// Which object of a schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) kind: ObjectKind,
    /// The table that it hangs on; empty where it stands by itself.
    pub(super) parent: String,
    pub(super) name: String,
}

/// What there is to say of it, in the order of its kind's facets.
pub(super) type Facets = Vec<Option<String>>;

/// All objects of one schema.
#[derive(Debug, Clone, Default)]
pub(super) struct Objects(pub(super) BTreeMap<Key, Facets>);

impl Objects {
    /// The objects of each schema, from the rows of [`objects`](super::catalogue::objects).
    pub(super) fn by_schema(rows: &[Row]) -> BTreeMap<String, Self> {
        let mut schemas: BTreeMap<String, Self> = BTreeMap::new();
        for row in rows {
            let (Some(schema), Some(array)) = (row.get(0), row.get(1)) else { continue };
            if let Some((key, facets)) = object(array) {
                schemas.entry(schema.to_owned()).or_default().0.insert(key, facets);
            }
        }
        schemas
    }

    /// The parts of a table, or of a domain, of this kind.
    pub(super) fn parts<'a>(
        &'a self,
        kind: ObjectKind,
        parent: &'a str,
    ) -> impl Iterator<Item = (&'a Key, &'a Facets)> {
        let from = Key { kind, parent: parent.to_owned(), name: String::new() };
        self.0.range(from..).take_while(move |(key, _)| key.kind == kind && key.parent == parent)
    }

    /// What there is to say of one.
    pub(super) fn get(&self, kind: ObjectKind, parent: &str, name: &str) -> Option<&Facets> {
        self.0.get(&Key { kind, parent: parent.to_owned(), name: name.to_owned() })
    }
}

impl Key {
    /// Whether it is there because a partition's parent has it: its name is then the server's choice, and it comes and
    /// goes with the parent's.
    pub(super) fn is_inherited(&self, facets: &Facets) -> bool {
        use ObjectKind::{Check, Exclusion, ForeignKey, Index, PrimaryKey, Trigger, Unique};
        let may_be = matches!(self.kind, PrimaryKey | Unique | Check | Exclusion | ForeignKey | Index | Trigger);
        // Their last one says whether it is the table's own.
        may_be && facets.last().and_then(Option::as_deref) == Some("false")
    }
}

fn object(array: &str) -> Option<(Key, Facets)> {
    let mut elements = elements(array)?.into_iter();
    let mut next = || elements.next().flatten();
    let kind = ObjectKind::named(&next()?)?;
    let key = Key { kind, parent: next()?, name: next()? };
    Some((key, elements.map(|element| element.filter(|text| !text.is_empty())).collect()))
}

/// The elements of an array of texts, as PostgreSQL writes one: `{a,"b, \"c\"",NULL}`.
fn elements(array: &str) -> Option<Vec<Option<String>>> {
    let mut chars = array.strip_prefix('{')?.strip_suffix('}')?.chars().peekable();
    let mut elements = Vec::new();
    while chars.peek().is_some() {
        let (mut text, quoted) = (String::new(), chars.next_if_eq(&'"').is_some());
        loop {
            match chars.next() {
                Some('\\') => text.extend(chars.next()),
                Some('"') if quoted => {
                    chars.next();
                    break;
                }
                Some(',') if !quoted => break,
                Some(c) => text.push(c),
                None => break,
            }
        }
        elements.push(if !quoted && text == "NULL" { None } else { Some(text) });
    }
    Some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_read_as_postgresql_writes_them() {
        let check = |array: &str, expected: &[Option<&str>]| {
            let expected: Vec<_> = expected.iter().map(|text| text.map(str::to_owned)).collect();
            assert_eq!(elements(array), Some(expected), "{array}");
        };
        check("{}", &[]);
        check("{a,NULL,\"NULL\",\"\"}", &[Some("a"), None, Some("NULL"), Some("")]);
        check(r#"{"a, \"b\"","c\\d","{e}",f g}"#, &[Some(r#"a, "b""#), Some(r"c\d"), Some("{e}"), Some("f g")]);
        check("{\"one\ntwo\",é}", &[Some("one\ntwo"), Some("é")]);
        assert_eq!(elements("no array"), None);
    }

    #[test]
    fn parts_are_those_of_one_table() {
        let mut objects = Objects::default();
        for array in ["{column,a,x,int}", "{column,a_b,y,int}", "{column,a,z,int}", "{index,a,i,def}"] {
            let (key, facets) = object(array).unwrap();
            objects.0.insert(key, facets);
        }
        let names: Vec<_> = objects.parts(ObjectKind::Column, "a").map(|(key, _)| key.name.as_str()).collect();
        assert_eq!(names, ["x", "z"]);
        assert!(objects.get(ObjectKind::Index, "a", "i").is_some());
    }
}
