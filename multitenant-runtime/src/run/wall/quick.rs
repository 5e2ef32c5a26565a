//! The quick look at the wall: a tenth of the guard's price, for the migrations that do not come near it.
//!
//! Whoever changes a relation, or removes an object, holds a lock on it. A transaction that holds none of these has
//! not touched the wall. One that does is rolled back and done again under the guard, which knows what such a lock
//! means. A migration that says the name of something shared has the guard from the beginning: a foreign key to a
//! shared table holds such a lock too, and types and schemas can be renamed without one.

use std::collections::HashSet;

use super::objects::{RELATIONS, SCHEMAS, TYPES, Wall};

impl Wall {
    /// A statement that fails (division by zero) where this transaction may have changed something behind the wall.
    ///
    /// `None` where there is nothing behind the wall. It needs `search_path = pg_catalog`.
    pub(crate) fn quick(&self) -> Option<String> {
        if self.objects.is_empty() {
            return None;
        }
        let list = |wanted: &dyn Fn(u32) -> bool| {
            let oids = self.objects.keys().filter(|address| wanted(address.class));
            oids.map(|address| address.oid.to_string()).collect::<Vec<_>>().join(",")
        };
        Some(format!(
            "SELECT 1 / (count(*) = 0)::int FROM pg_locks WHERE pid = pg_backend_pid() AND granted \
             AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock') \
             AND (locktype = 'relation' AND relation = ANY ('{{{}}}'::oid[]) \
             OR locktype = 'object' AND objid = ANY ('{{{}}}'::oid[]))",
            list(&|class| class == RELATIONS),
            list(&|class| class != RELATIONS),
        ))
    }

    /// Whether a statement names what is behind the wall: then it may change it without a lock, or, more often, lock
    /// it without changing it, by a foreign key. Either way the quick look would not do.
    pub(crate) fn wants_care(&self, sql: &str) -> bool {
        let sql = sql.to_lowercase();
        let is_part_of_a_word = |c: char| c.is_alphanumeric() || c == '_';
        let words: HashSet<&str> = sql.split(|c| !is_part_of_a_word(c)).collect();
        let says = |name: &str| {
            let name = name.to_lowercase();
            if name.chars().all(is_part_of_a_word) { words.contains(name.as_str()) } else { sql.contains(&name) }
        };
        self.objects.iter().any(|(address, object)| match address.class {
            RELATIONS => says(&object.name),
            TYPES => object.name.strip_prefix("type ").is_some_and(says),
            SCHEMAS => words.contains("schema") && object.name.strip_prefix("schema ").is_some_and(says),
            _ => false,
        })
    }
}
