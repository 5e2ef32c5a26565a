//! A map by names that costs nothing to copy.

use std::sync::Arc;

use multitenant_runtime::MAX_IDENTIFIER_BYTES;
use rpds::{ListSync, RedBlackTreeMapSync};

/// Things by their names. A copy shares everything with its original until one of them is changed, and knows then by
/// which names they differ.
///
/// Names are cut as PostgreSQL cuts them.
#[derive(Debug)]
pub(crate) struct Entries<T> {
    by_name: RedBlackTreeMapSync<String, Arc<T>>,
    /// The names that were touched, the last one first.
    touched: ListSync<Arc<str>>,
}

impl<T> Entries<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<T>> {
        self.by_name.get(cut(name))
    }

    pub(crate) fn contains_key(&self, name: &str) -> bool {
        self.by_name.contains_key(cut(name))
    }

    /// In the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Arc<T>)> {
        self.by_name.iter()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Arc<T>> {
        self.by_name.values()
    }

    /// The names by which this may differ from what it was copied from, in their order.
    pub(crate) fn touched_since(&self, earlier: &Self) -> Vec<&str> {
        let count = self.touched.len().saturating_sub(earlier.touched.len());
        let mut names: Vec<&str> = self.touched.iter().take(count).map(AsRef::as_ref).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(super) fn insert(&mut self, name: &str, entry: Arc<T>) {
        self.touch(name);
        self.by_name.insert_mut(cut(name).to_owned(), entry);
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Arc<T>> {
        let entry = self.by_name.get(cut(name)).cloned()?;
        self.touch(name);
        self.by_name.remove_mut(cut(name));
        Some(entry)
    }

    /// Changes an entry, if it is there.
    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut T))
    where
        T: Clone,
    {
        if let Some(mut entry) = self.remove(name) {
            change(Arc::make_mut(&mut entry));
            self.insert(name, entry);
        }
    }

    fn touch(&mut self, name: &str) {
        self.touched.push_front_mut(cut(name).into());
    }
}

impl<T> Clone for Entries<T> {
    fn clone(&self) -> Self {
        Self { by_name: self.by_name.clone(), touched: self.touched.clone() }
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self { by_name: RedBlackTreeMapSync::new_sync(), touched: ListSync::new_sync() }
    }
}

/// A name as PostgreSQL keeps it.
pub(super) fn cut(name: &str) -> &str {
    if name.len() <= MAX_IDENTIFIER_BYTES {
        return name;
    }
    let ends = name.char_indices().map(|(at, c)| at + c.len_utf8());
    &name[..ends.take_while(|end| *end <= MAX_IDENTIFIER_BYTES).last().unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_what_it_was() {
        let mut entries = Entries::default();
        entries.insert("a", Arc::new(1));
        entries.insert("b", Arc::new(2));
        let before = entries.clone();
        entries.change("b", |entry| *entry = 3);
        entries.insert("c", Arc::new(4));
        entries.remove("a");
        entries.remove("nothing");
        let all = |entries: &Entries<i32>| entries.iter().map(|(name, n)| (name.clone(), **n)).collect::<Vec<_>>();
        assert_eq!(all(&before), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
        assert_eq!(all(&entries), [("b".to_owned(), 3), ("c".to_owned(), 4)]);
        assert_eq!(entries.touched_since(&before), ["a", "b", "c"]);
        assert_eq!(before.touched_since(&before), [] as [&str; 0]);
    }

    #[test]
    fn names_are_cut() {
        let (long, longer) = ("x".repeat(70), "x".repeat(80));
        let mut entries = Entries::default();
        entries.insert(&long, Arc::new(1));
        assert!(entries.contains_key(&longer));
        assert_eq!(entries.iter().next().map(|(name, _)| name.len()), Some(63));
        assert_eq!(cut(&"ä".repeat(40)).len(), 62);
    }
}
