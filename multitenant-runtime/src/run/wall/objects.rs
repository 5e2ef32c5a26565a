//! What is behind the wall, and how it is named.

use std::collections::BTreeMap;

use crate::connection::Session;
use crate::ident::literal;
use crate::settings::Settings;

use super::guard;

// The catalogues' OIDs are part of PostgreSQL's protocol with its extensions, and the same in every version.
pub(super) const TYPES: u32 = 1247;
pub(super) const RELATIONS: u32 = 1259;
pub(super) const SCHEMAS: u32 = 2615;

/// What the guard's error carries before the objects.
pub(super) const MARKER: &str = "multitenant-wall:";

/// The objects of the shared schema, and of the others that every tenant's path ends in, as they were when the
/// run began.
#[derive(Debug, Default, Clone)]
pub(crate) struct Wall {
    pub(super) objects: BTreeMap<Address, Object>,
}

/// An object's place in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    pub(super) class: u32,
    pub(super) oid: u32,
}

impl Address {
    /// As the guard's error has it: `1259/16384`.
    fn parse(text: &str) -> Option<Self> {
        let (class, oid) = text.split_once('/')?;
        Some(Self { class: class.parse().ok()?, oid: oid.parse().ok()? })
    }
}

#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) name: String,
    /// A hash of what only `ALTER` changes of it.
    pub(super) digest: i32,
}

impl Wall {
    /// Reads what the tenants share.
    pub(crate) async fn around(session: &Session, settings: &Settings) -> Result<Self, tokio_postgres::Error> {
        let rows = session.rows(&guard::objects_of(&path_schemas(settings))).await?;
        let object = |name: &str, digest: &str| Some(Object { name: name.to_owned(), digest: digest.parse().ok()? });
        let objects = rows
            .iter()
            .filter_map(|row| {
                let address = Address { class: row.get(0)?.parse().ok()?, oid: row.get(1)?.parse().ok()? };
                Some((address, object(row.get(2)?, row.get(3)?)?))
            })
            .collect();
        Ok(Self { objects })
    }

    /// The names of the objects that the guard's error carries.
    ///
    /// The text around our own marker is the server's and in its language; what follows it is ours.
    pub(crate) fn named_in(&self, message: &str) -> Vec<&str> {
        let Some((_, objects)) = message.split_once(MARKER) else { return Vec::new() };
        let end = objects.find(|c: char| !c.is_ascii_digit() && !",/".contains(c)).unwrap_or(objects.len());
        objects[..end]
            .split(',')
            .filter_map(|address| self.objects.get(&Address::parse(address)?))
            .map(|object| object.name.as_str())
            .collect()
    }
}

/// The schemas that every tenant's path ends in, as literals.
pub(super) fn path_schemas(settings: &Settings) -> String {
    std::iter::once(&settings.shared_schema)
        .chain(settings.search_path.after_tenant())
        .map(|schema| literal(schema.as_str()))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_objects_whatever_the_language() {
        let object = |class, oid, name: &str| (Address { class, oid }, Object { name: name.to_owned(), digest: 0 });
        let wall = Wall { objects: [object(1259, 10, "plans"), object(1247, 10, "type mood")].into() };
        for message in [
            "invalid input syntax for type integer: \"multitenant-wall:1247/10,1259/10\"",
            "ungültige Eingabesyntax für Typ integer: »multitenant-wall:1247/10,1259/10«",
        ] {
            assert_eq!(wall.named_in(message), ["type mood", "plans"]);
        }
        assert!(wall.named_in("something else").is_empty());
        assert!(Wall::default().guard().is_none());
    }
}
