//! A list that is filtered, sorted and walked through, however long it is.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr as _;

use super::item::Item;

/// A list, and where somebody stands in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    items: Vec<Item>,
    /// Which items are seen, in which order.
    order: Vec<usize>,
    filter: String,
    /// By which column, and whether from the end; `None` as it was read.
    sort: Option<(usize, bool)>,
    /// Where somebody stands, and what the first seen is: places in the order.
    cursor: usize,
    top: usize,
    marked: BTreeSet<String>,
    /// How wide the widest cell of each column is.
    widths: Vec<usize>,
}

impl List {
    /// What is in it from now on. Who stood on an item stands there again, if it is still there.
    pub(crate) fn set(&mut self, items: Vec<Item>) {
        let stood = self.current().map(|item| item.key.clone());
        self.widths.clear();
        for item in &items {
            self.widen(item);
        }
        self.items = items;
        let keys: BTreeSet<&str> = self.items.iter().map(|item| item.key.as_str()).collect();
        self.marked.retain(|key| keys.contains(key.as_str()));
        self.reorder();
        if let Some(stood) = stood {
            self.stand_on(&stood);
        }
    }

    /// Puts one item in place of another; the order stays until [`reorder`](Self::reorder).
    pub(crate) fn replace(&mut self, at: usize, item: Item) {
        self.widen(&item);
        if let Some(place) = self.items.get_mut(at) {
            *place = item;
        }
    }

    /// One more, at the end; it is seen after [`reorder`](Self::reorder).
    pub(crate) fn push(&mut self, item: Item) {
        self.widen(&item);
        self.items.push(item);
    }

    fn widen(&mut self, item: &Item) {
        self.widths.resize(self.widths.len().max(item.cells.len()), 0);
        for (width, cell) in self.widths.iter_mut().zip(&item.cells) {
            *width = (*width).max(cell.text().width());
        }
    }

    /// Filters and sorts once more; who stood on an item stands there still.
    pub(crate) fn reorder(&mut self) {
        let stood = self.current().map(|item| item.key.clone());
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        self.order = (0..self.items.len()).filter(|&at| self.items[at].fits(&words)).collect();
        if let Some((column, reversed)) = self.sort {
            let items = &self.items;
            let key = |at: &usize| items[*at].cells.get(column).map(super::item::Cell::order);
            self.order.sort_by(|a, b| key(a).cmp(&key(b)));
            if reversed {
                self.order.reverse();
            }
        }
        match stood {
            Some(stood) if self.stand_on(&stood) => {}
            _ => self.cursor = self.cursor.min(self.order.len().saturating_sub(1)),
        }
    }

    /// The same, but who stands at the top, and has not chosen an item, stays at the top.
    pub(crate) fn settle(&mut self) {
        let is_at_top = self.cursor == 0;
        self.reorder();
        if is_at_top {
            self.cursor = 0;
        }
    }

    fn stand_on(&mut self, key: &str) -> bool {
        let place = self.order.iter().position(|&at| self.items[at].key == key);
        self.cursor = place.unwrap_or(self.cursor);
        place.is_some()
    }

    /// Lets through only what has these words.
    pub(crate) fn narrow(&mut self, filter: impl Into<String>) {
        self.filter = filter.into();
        self.reorder();
    }

    pub(crate) fn filter(&self) -> &str {
        &self.filter
    }

    /// By the next column of so many, or, after the last one, as it was read.
    pub(crate) fn sort_next(&mut self, columns: usize) {
        self.sort = match self.sort {
            None if columns > 0 => Some((0, false)),
            Some((column, reversed)) if column + 1 < columns => Some((column + 1, reversed)),
            _ => None,
        };
        self.reorder();
    }

    /// From the other end.
    pub(crate) fn sort_reversed(&mut self) {
        let (column, reversed) = self.sort.unwrap_or((0, false));
        self.sort = Some((column, !reversed));
        self.reorder();
    }

    pub(crate) fn sorted_by(&self, sort: Option<(usize, bool)>) -> Self {
        let mut list = Self { sort, ..self.clone() };
        list.reorder();
        list
    }

    pub(crate) fn sort(&self) -> Option<(usize, bool)> {
        self.sort
    }

    /// So many steps down, or up.
    pub(crate) fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.order.len().saturating_sub(1));
    }

    pub(crate) fn first(&mut self) {
        self.cursor = 0;
    }

    pub(crate) fn last(&mut self) {
        self.cursor = self.order.len().saturating_sub(1);
    }

    /// Scrolls so far that who stands somewhere is seen, where so many rows have room.
    pub(crate) fn keep_in_sight(&mut self, rows: usize) {
        let rows = rows.max(1);
        let least = (self.cursor + 1).saturating_sub(rows);
        let most = self.order.len().saturating_sub(rows);
        self.top = self.top.clamp(least, self.cursor).min(most.max(least));
    }

    /// The item under the cursor.
    pub(crate) fn current(&self) -> Option<&Item> {
        self.order.get(self.cursor).and_then(|&at| self.items.get(at))
    }

    /// Marks the item under the cursor, or takes its mark away, and goes to the next.
    pub(crate) fn mark(&mut self) {
        let Some(key) = self.current().map(|item| item.key.clone()) else { return };
        if !self.marked.remove(&key) {
            self.marked.insert(key);
        }
        self.step(1);
    }

    /// Marks all that are seen, or takes all marks away.
    pub(crate) fn mark_all(&mut self) {
        let seen: BTreeSet<String> = self.order.iter().map(|&at| self.items[at].key.clone()).collect();
        if seen.is_subset(&self.marked) { self.marked.clear() } else { self.marked.extend(seen) }
    }

    pub(crate) fn clear_marks(&mut self) {
        self.marked.clear();
    }

    pub(crate) fn is_marked(&self, key: &str) -> bool {
        self.marked.contains(key)
    }

    pub(crate) fn marked(&self) -> usize {
        self.marked.len()
    }

    /// How many are marked that the filter hides: they are meant all the same.
    pub(crate) fn hidden_marks(&self) -> usize {
        let seen = self.order.iter().filter(|&&at| self.marked.contains(&self.items[at].key)).count();
        self.marked.len().saturating_sub(seen)
    }

    /// What an action is about: what is marked, else what is under the cursor.
    pub(crate) fn chosen(&self) -> Vec<&Item> {
        if self.marked.is_empty() {
            return self.current().into_iter().collect();
        }
        self.items.iter().filter(|item| self.marked.contains(&item.key)).collect()
    }

    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// How many are seen.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// What is seen where so many rows have room, and whether the cursor is there. Only this is drawn.
    pub(crate) fn window(&self, rows: usize) -> impl Iterator<Item = (&Item, bool)> {
        let seen = self.order.iter().enumerate().skip(self.top).take(rows);
        seen.filter_map(|(place, &at)| Some((self.items.get(at)?, place == self.cursor)))
    }

    /// How wide the widest cell of a column is.
    pub(crate) fn width(&self, column: usize) -> usize {
        self.widths.get(column).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::item::Cell;
    use super::*;

    fn list(names: &[(&str, i64)]) -> List {
        let items = names.iter().map(|(name, number)| Item {
            key: (*name).to_owned(),
            cells: vec![Cell::new(name), Cell::number(*number)],
            lines: Vec::new(),
        });
        let mut list = List::default();
        list.set(items.collect());
        list
    }

    fn seen(list: &List) -> Vec<&str> {
        list.window(usize::MAX).map(|(item, _)| item.key.as_str()).collect()
    }

    #[test]
    fn sorts_numbers_as_numbers_and_comes_back() {
        let mut list = list(&[("b", 10), ("c", 9), ("a", 100)]);
        list.sort_next(2);
        assert_eq!(seen(&list), ["a", "b", "c"]);
        list.sort_next(2);
        assert_eq!(seen(&list), ["c", "b", "a"]);
        list.sort_reversed();
        assert_eq!(seen(&list), ["a", "b", "c"]);
        list.sort_next(2);
        assert_eq!(seen(&list), ["b", "c", "a"]);
    }

    #[test]
    fn a_filter_wants_all_words_in_any_case() {
        let mut list = list(&[("Acme eu", 1), ("acme us", 2), ("globex eu", 12)]);
        list.narrow("ACME 1");
        assert_eq!(seen(&list), ["Acme eu"]);
        list.narrow("");
        assert_eq!(list.len(), 3);
    }

    #[test]
    fn who_stands_somewhere_stays_there() {
        let mut list = list(&[("a", 1), ("b", 2), ("c", 3)]);
        list.last();
        list.sort_reversed();
        assert_eq!(list.current().unwrap().key, "c");
        let mut fewer = list.items().to_vec();
        fewer.retain(|item| item.key != "a");
        list.set(fewer);
        assert_eq!(list.current().unwrap().key, "c");
        list.narrow("nothing has this");
        assert!(list.current().is_none());
        list.narrow("");
        assert!(list.current().is_some());
    }

    #[test]
    fn who_has_not_moved_sees_what_comes_to_the_top() {
        let mut list = list(&[("a", 1), ("b", 2), ("c", 3)]).sorted_by(Some((1, false)));
        let failed = Item { key: "c".to_owned(), cells: vec![Cell::new("c"), Cell::number(0)], lines: Vec::new() };
        list.replace(2, failed);
        list.settle();
        assert_eq!(list.current().unwrap().key, "c");
        list.step(1);
        list.replace(0, Item { key: "a".to_owned(), cells: vec![Cell::new("a"), Cell::number(9)], lines: Vec::new() });
        list.settle();
        assert_eq!(list.current().unwrap().key, "a", "who stands somewhere stays there");
    }

    #[test]
    fn of_ten_thousand_only_what_is_seen_is_drawn() {
        let names: Vec<(String, i64)> = (0..10_000).map(|n| (format!("tenant_{n:05}"), n)).collect();
        let names: Vec<(&str, i64)> = names.iter().map(|(name, n)| (name.as_str(), *n)).collect();
        let mut list = list(&names);
        list.step(5_000);
        list.keep_in_sight(18);
        let window: Vec<_> = list.window(18).collect();
        assert_eq!(window.len(), 18);
        assert!(window.last().is_some_and(|(item, here)| *here && item.key == "tenant_05000"));
        list.step(-3);
        list.keep_in_sight(18);
        assert_eq!(list.window(18).next().unwrap().0.key, "tenant_04983", "no need to scroll");
    }

    #[test]
    fn marks_follow_their_items() {
        let mut list = list(&[("a", 1), ("b", 2), ("c", 3)]);
        assert_eq!(list.chosen().len(), 1);
        list.mark();
        list.mark();
        assert_eq!(list.chosen().iter().map(|item| item.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        list.narrow("b");
        assert_eq!((list.marked(), list.hidden_marks()), (2, 1), "the filter hides one");
        list.narrow("");
        assert_eq!(list.hidden_marks(), 0);
        list.mark_all();
        assert_eq!(list.marked(), 3);
        list.mark_all();
        assert_eq!(list.marked(), 0);
        list.mark();
        list.set(Vec::new());
        assert_eq!(list.marked(), 0, "what is gone is not acted upon");
    }
}
