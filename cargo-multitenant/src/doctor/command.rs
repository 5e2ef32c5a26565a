//! Commands as somebody types them.

/// How many tenants a command names; what is for more is for all.
const NAMED: usize = 5;

/// The command for these tenants, or for whom it applies, where they are many.
pub(crate) fn command(words: &str, tenants: &[String]) -> String {
    if tenants.is_empty() || tenants.len() > NAMED {
        return format!("cargo multitenant {words}");
    }
    let ids: Vec<String> = tenants.iter().map(|id| id.replace('\\', r"\\").replace(',', r"\,")).collect();
    format!("cargo multitenant {words} --tenant {}", for_a_shell(&ids.join(",")))
}

/// As a shell takes it for one word.
fn for_a_shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.,/:@%+".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_one_word_each() {
        let of = |ids: &[&str]| command("migrate", &ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["a", "b"]), "cargo multitenant migrate --tenant a,b");
        assert_eq!(of(&["a,b", "it's"]), r"cargo multitenant migrate --tenant 'a\,b,it'\''s'");
        assert_eq!(of(&["a"; 6]), "cargo multitenant migrate");
        assert_eq!(of(&[]), "cargo multitenant migrate");
    }
}
