//! Many names in a few words.

/// How many are named.
const SHOWN: usize = 5;

/// The names, or the first of them and how many more there are.
pub(crate) fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<T> = names.into_iter().collect();
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The statements, complete and a line each, or the first of them and a comment with how many more there are.
pub(crate) fn statements(all: impl IntoIterator<Item = String>) -> String {
    let mut all: Vec<String> = all.into_iter().map(ended).collect();
    let more = all.len().saturating_sub(SHOWN);
    if more > 0 {
        all.truncate(SHOWN);
        all.push(format!("-- and {more} more"));
    }
    all.join("\n")
}

/// What is pasted into `psql` begins to run where a semicolon ends it.
fn ended(statement: String) -> String {
    if statement.ends_with(';') { statement } else { statement + ";" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_few_and_a_number() {
        assert_eq!(listed(["a", "b"]), "a, b");
        assert_eq!(listed(["a", "b", "c", "d", "e", "f", "g"]), "a, b, c, d, e and 2 more");
        assert_eq!(statements(["a".to_owned(), "b".to_owned()]), "a;\nb;");
        assert_eq!(statements((1..=7).map(|n| n.to_string())), "1;\n2;\n3;\n4;\n5;\n-- and 2 more");
    }
}
