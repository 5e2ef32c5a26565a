//! An order in which what is needed comes first.

use std::collections::BTreeSet;

/// The items in their order, but each after those that it needs. Where they need each other in a circle, the one that was met
/// first comes after the rest of it.
pub(super) fn by_need<'a, T>(items: &[&'a T], needs: impl Fn(&T, &T) -> bool) -> Vec<&'a T> {
    let mut ordered = Vec::new();
    let mut seen = BTreeSet::new();
    // A stack of our own: chains can be as long as somebody writes them.
    for start in 0..items.len() {
        let mut stack = vec![(start, 0)];
        while let Some((at, next)) = stack.pop() {
            if next == 0 && !seen.insert(at) {
                continue;
            }
            let needed = (next..items.len()).find(|other| !seen.contains(other) && needs(items[at], items[*other]));
            match needed {
                Some(other) => stack.extend([(at, other + 1), (other, 0)]),
                None => ordered.push(items[at]),
            }
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::by_need;

    #[test]
    fn what_is_needed_comes_first() {
        let items: Vec<i32> = vec![0, 1, 2, 3];
        let all: Vec<&i32> = items.iter().collect();
        let order = |pairs: &[(i32, i32)]| -> Vec<i32> {
            by_need(&all, |one, other| pairs.contains(&(*one, *other))).into_iter().copied().collect()
        };
        assert_eq!(order(&[]), [0, 1, 2, 3]);
        assert_eq!(order(&[(0, 3), (3, 2)]), [2, 3, 0, 1]);
        assert_eq!(order(&[(0, 1), (0, 2), (1, 2)]), [2, 1, 0, 3]);
        assert_eq!(order(&[(0, 1), (1, 0), (2, 2)]), [1, 0, 2, 3]);
        let many: Vec<usize> = (0..3000).collect();
        let all: Vec<&usize> = many.iter().collect();
        assert_eq!(*by_need(&all, |one, other| *other == *one + 1)[0], 2999);
    }
}
