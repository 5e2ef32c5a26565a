//! What a misspelt word was meant to be.

/// The known word that was probably meant: one or two letters away.
pub(crate) fn similar<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let nearest = known.iter().map(|known| (distance(word, known), *known)).min()?;
    (nearest.0 <= 2 && nearest.0 < nearest.1.len()).then_some(nearest.1)
}

/// How many letters must be put in, left out or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, c) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, d) in other.iter().enumerate() {
            let changed = diagonal + usize::from(c != *d);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn misspelt_words_are_recognised() {
        for (word, meant) in
            [("folde", Some("folder")), ("fodler", Some("folder")), ("tabel", Some("table")), ("x", None)]
        {
            assert_eq!(similar(word, &["folder", "table"]), meant, "{word}");
        }
    }
}
