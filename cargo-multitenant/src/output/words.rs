//! Words for people, which every room needs alike.

/// A number with its noun.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(0, "tenant", "tenants"), "0 tenants");
        assert_eq!(counted(1, "tenant", "tenants"), "1 tenant");
        assert_eq!(counted(2, "tenant", "tenants"), "2 tenants");
    }
}
