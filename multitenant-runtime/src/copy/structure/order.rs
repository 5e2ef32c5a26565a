//! In which order the parts of a schema are made. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::connection::Row;

use super::Statement;

/// Parts of this rank and above come after the rows, unless one before them needs it.
const AFTER_ROWS: u32 = 30;

/// A part of a schema.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) id: String,
    /// What it comes after, whatever depends on what.
    pub(super) after: Vec<String>,
    pub(super) rank: u32,
    pub(super) name: String,
    pub(super) statement: Statement,
    /// What fills it, where it is a materialised view that is filled.
    pub(super) refresh: Option<String>,
    /// The roles that it names; nothing for the tenant's own.
    pub(super) roles: Vec<Option<String>>,
}

impl Item {
    /// From a row of id, what it comes after, rank, name, statement; the path of a function, what fills it, roles, and
    /// whether the schema is named.
    pub(super) fn of(row: &Row) -> Option<Self> {
        let list = |column| {
            row.get(column)
                .unwrap_or_default()
                .split(' ')
                .filter(|id: &&str| !id.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let sql = row.get(4)?.to_owned();
        Some(Self {
            id: row.get(0)?.to_owned(),
            after: list(1),
            rank: row.get(2)?.parse().ok()?,
            name: row.get(3)?.to_owned(),
            statement: Statement {
                sql,
                path: row.get(5).and_then(|path| serde_json::from_str(path).ok()),
                names_schema: row.get(8) == Some("t"),
            },
            refresh: row.get(6).map(str::to_owned),
            roles: row.get(7).and_then(|roles| serde_json::from_str(roles).ok()).unwrap_or_default(),
        })
    }
}

/// The parts in order.
#[derive(Debug, Default)]
pub(super) struct Ordered {
    pub(super) before: Vec<Statement>,
    pub(super) after: Vec<Statement>,
    pub(super) refresh: Vec<Statement>,
}

/// Puts them in order: by rank and name, but for what depends on what. `aliases` say which part an object belongs to.
///
/// # Errors
///
/// The names of those that depend on each other in a circle.
pub(super) fn ordered(
    mut items: Vec<Item>,
    aliases: &[(String, String)],
    edges: &[(String, String)],
) -> Result<Ordered, String> {
    items.sort_by(|a, b| (a.rank, &a.name, &a.statement.sql).cmp(&(b.rank, &b.name, &b.statement.sql)));
    let places: HashMap<&str, usize> = items.iter().enumerate().map(|(i, item)| (item.id.as_str(), i)).collect();
    let aliases: HashMap<&str, &str> = aliases.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let place = |id: &str| {
        let mut id = id;
        // An array of an array's kind at most; nothing belongs to itself.
        for _ in 0..4 {
            match places.get(id) {
                Some(place) => return Some(*place),
                None => id = aliases.get(id)?,
            }
        }
        None
    };
    let mut needs: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let explicit = items.iter().flat_map(|item| item.after.iter().map(move |after| (item.id.as_str(), after.as_str())));
    let depends = edges.iter().map(|(from, to)| (from.as_str(), to.as_str()));
    for (from, to) in depends.chain(explicit) {
        if let (Some(from), Some(to)) = (place(from), place(to))
            && from != to
        {
            needs.entry(from).or_default().insert(to);
        }
    }
    let mut walk = Walk { items: &items, needs: &needs, done: HashSet::new(), way: Vec::new(), order: Vec::new() };
    let mut boundary = None;
    for (at, item) in items.iter().enumerate() {
        if item.rank >= AFTER_ROWS && boundary.is_none() {
            boundary = Some(walk.order.len());
        }
        walk.visit(at)?;
    }
    let order = walk.order;
    let boundary = boundary.unwrap_or(order.len());
    let statements = |part: &[usize]| part.iter().map(|&at| items[at].statement.clone()).collect();
    let refresh =
        order.iter().filter_map(|&at| items[at].refresh.as_deref()).map(|sql| super::plain(sql, false)).collect();
    Ok(Ordered { before: statements(&order[..boundary]), after: statements(&order[boundary..]), refresh })
}

struct Walk<'a> {
    items: &'a [Item],
    needs: &'a BTreeMap<usize, BTreeSet<usize>>,
    done: HashSet<usize>,
    way: Vec<usize>,
    order: Vec<usize>,
}

impl Walk<'_> {
    /// What it needs, then itself. By a stack of its own: a chain of views may be long.
    fn visit(&mut self, at: usize) -> Result<(), String> {
        let mut stack = vec![(at, false)];
        while let Some((at, is_left)) = stack.pop() {
            if is_left {
                self.way.pop();
                if self.done.insert(at) {
                    self.order.push(at);
                }
                continue;
            }
            if self.done.contains(&at) {
                continue;
            }
            if let Some(from) = self.way.iter().position(|&on| on == at) {
                let names = self.way[from..].iter().map(|&at| self.items[at].name.as_str());
                return Err(names.collect::<Vec<_>>().join(", "));
            }
            self.way.push(at);
            stack.push((at, true));
            let needs = self.needs.get(&at).into_iter().flatten().rev();
            stack.extend(needs.filter(|need| !self.done.contains(need)).map(|&need| (need, false)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, rank: u32) -> Item {
        Item {
            id: id.to_owned(),
            after: Vec::new(),
            rank,
            name: id.to_owned(),
            statement: super::super::plain(id, false),
            refresh: None,
            roles: Vec::new(),
        }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
    }

    fn names(statements: &[Statement]) -> Vec<&str> {
        statements.iter().map(|statement| statement.sql.as_str()).collect()
    }

    #[test]
    fn what_is_needed_before_the_rows_comes_before_them() {
        let items = ["view 50", "table 20", "function 15", "key 33", "index 34"].map(|text| {
            let (id, rank) = text.split_once(' ').unwrap();
            item(id, rank.parse().unwrap())
        });
        let edges = pairs(&[("function", "rowtype"), ("view", "table"), ("view", "key"), ("key", "table")]);
        let ordered = ordered(items.to_vec(), &pairs(&[("rowtype", "view")]), &edges).unwrap();
        assert_eq!(names(&ordered.before), ["table", "key", "view", "function"]);
        assert_eq!(names(&ordered.after), ["index"]);
    }

    #[test]
    fn a_circle_is_named() {
        let items = vec![item("a", 10), item("b", 20), item("c", 20)];
        let circle = ordered(items, &[], &pairs(&[("a", "b"), ("b", "c"), ("c", "b")])).unwrap_err();
        assert_eq!(circle, "b, c");
    }
}
