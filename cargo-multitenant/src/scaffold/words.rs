//! One thing and many, as English has them in most names.

/// Words that are one thing and many.
const SAME: &[&str] = &[
    "analytics",
    "data",
    "equipment",
    "feedback",
    "information",
    "inventory",
    "logistics",
    "media",
    "metadata",
    "news",
    "series",
    "species",
    "staff",
    "status",
];

/// Words that end in `ies` or `ches` and lose no more than their `s`.
const WITH_E: &[&str] = &["caches", "calories", "cookies", "movies", "niches", "selfies", "zombies"];

fn is_one_of(words: &[&str], name: &str) -> bool {
    name.rsplit('_').next().is_some_and(|last| words.contains(&last))
}

/// The name of one row of a table: `order` of `orders`.
pub(crate) fn singular(table: &str) -> String {
    let cut = |end: usize, put: &str| format!("{}{put}", &table[..table.len() - end]);
    match table {
        _ if is_one_of(SAME, table) => table.to_owned(),
        _ if is_one_of(WITH_E, table) => cut(1, ""),
        _ if table.ends_with("ies") && table.len() > 4 => cut(3, "y"),
        _ if ["sses", "xes", "zzes", "ches", "shes"].iter().any(|end| table.ends_with(end)) => cut(2, ""),
        _ if table.ends_with("statuses") || table.ends_with("addresses") || table.ends_with("buses") => cut(2, ""),
        _ if ["ss", "us", "is"].iter().any(|end| table.ends_with(end)) => table.to_owned(),
        _ if table.ends_with('s') && table.len() > 1 => cut(1, ""),
        _ => table.to_owned(),
    }
}

/// The name of a table of these: `orders` of `order`.
pub(super) fn plural(word: &str) -> String {
    let before_y = word.chars().rev().nth(1);
    match word {
        // A status is one of many, whatever its table is called.
        _ if is_one_of(SAME, word) && !word.ends_with("status") => word.to_owned(),
        _ if word.ends_with('y') && !before_y.is_some_and(|c| "aeiou".contains(c)) => {
            format!("{}ies", &word[..word.len() - 1])
        }
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end)) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// `order_items` as a type: `OrderItems`.
pub(super) fn camel(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many() {
        for (one, many) in [
            ("order", "orders"),
            ("category", "categories"),
            ("day", "days"),
            ("box", "boxes"),
            ("address", "addresses"),
            ("status", "statuses"),
            ("branch", "branches"),
            ("order_item", "order_items"),
            ("house", "houses"),
        ] {
            assert_eq!(plural(one), many);
            assert_eq!(singular(many), one);
        }
        for same in ["series", "tv_series", "species", "news", "data", "status", "order_status"] {
            assert_eq!(singular(same), same);
        }
        for (one, many) in [("movie", "movies"), ("http_cache", "http_caches")] {
            assert_eq!((singular(many), plural(one)), (one.to_owned(), many.to_owned()));
        }
        assert_eq!((plural("series"), plural("news")), ("series".to_owned(), "news".to_owned()));
        assert_eq!(singular("news_feed"), "news_feed");
        assert_eq!(singular("class"), "class");
        assert_eq!(camel("order_item2s"), "OrderItem2s");
    }
}
