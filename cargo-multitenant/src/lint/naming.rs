//! Styles of names.

use super::rule::OptionDefault;

/// The choices of an option `style`.
pub(crate) const STYLES: OptionDefault =
    OptionDefault::Choice(&["snake_case", "camelCase", "PascalCase", "kebab-case", "SCREAMING_SNAKE_CASE"]);

/// Whether a name is of a style.
pub(crate) fn fits(name: &str, style: &str) -> bool {
    let only = |extra: &str, wrong: fn(char) -> bool| {
        name.chars().all(|c| (c.is_alphanumeric() && !wrong(c)) || extra.contains(c))
    };
    let starts = |right: fn(char) -> bool| name.trim_start_matches('_').starts_with(right);
    match style {
        "camelCase" => only("", |_| false) && starts(char::is_lowercase),
        "PascalCase" => only("", |_| false) && starts(char::is_uppercase),
        "kebab-case" => only("-", char::is_uppercase),
        "SCREAMING_SNAKE_CASE" => only("_", char::is_lowercase),
        _ => only("_", char::is_uppercase),
    }
}

/// A name in a style.
pub(crate) fn in_style(name: &str, style: &str) -> String {
    let words = words(name);
    let capital = |word: &String| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    match style {
        "PascalCase" => words.iter().map(capital).collect(),
        "camelCase" => words.iter().take(1).cloned().chain(words.iter().skip(1).map(capital)).collect(),
        "kebab-case" => words.join("-"),
        "SCREAMING_SNAKE_CASE" => words.join("_").to_uppercase(),
        _ => words.join("_"),
    }
}

/// The words of a name, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last_was_small = false;
    for c in name.chars() {
        let is_break = !c.is_alphanumeric();
        if is_break || (c.is_uppercase() && last_was_small) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !is_break) {
            word.extend(c.to_lowercase());
        }
        last_was_small = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_told_apart() {
        for (style, good) in [
            ("snake_case", "order_items2"),
            ("snake_case", "_a"),
            ("camelCase", "orderItems"),
            ("PascalCase", "OrderItems"),
            ("kebab-case", "order-items"),
            ("SCREAMING_SNAKE_CASE", "ORDER_ITEMS"),
        ] {
            assert!(fits(good, style), "{good}");
        }
        for (style, bad) in [
            ("snake_case", "orderItems"),
            ("snake_case", "order-items"),
            ("camelCase", "OrderItems"),
            ("camelCase", "order_items"),
            ("PascalCase", "orderItems"),
            ("kebab-case", "order_items"),
            ("SCREAMING_SNAKE_CASE", "order_items"),
        ] {
            assert!(!fits(bad, style), "{bad}");
            assert!(fits(&in_style(bad, style), style), "{bad}");
        }
    }
}
