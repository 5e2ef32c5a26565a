//! The quick look at the wall: a tenth of the guard's price, for the migrations that do not come near it.
//!
//! Whoever changes a relation, or removes an object, holds a lock on it. A transaction that holds none of these has
//! not touched the wall. One that does is rolled back and done again under the guard, which knows what such a lock
//! means: a foreign key to a shared table holds one too. What can be changed without a lock (a type's or the schema's
//! name) is changed by a statement that says its name: such a migration has the guard from the beginning.

use super::objects::Wall;

const RELATIONS: u32 = 1259;
const TYPES: u32 = 1247;
const SCHEMAS: u32 = 2615;

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

    /// Whether a statement may change something behind the wall without a lock.
    pub(crate) fn wants_care(&self, sql: &str) -> bool {
        let sql = sql.to_lowercase();
        let says = |name: &str| sql.contains(&name.to_lowercase());
        self.objects.iter().any(|(address, object)| match address.class {
            TYPES => object.name.strip_prefix("type ").is_some_and(says),
            SCHEMAS => says("schema") && object.name.strip_prefix("schema ").is_some_and(says),
            _ => false,
        })
    }
}
