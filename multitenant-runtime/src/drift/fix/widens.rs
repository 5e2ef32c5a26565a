//! Which changes of a column's type keep every value. Pure.

/// Whether each value of one type is the same value in the other, so that a change can neither round nor fail.
pub(super) fn only_widens(found: &str, expected: &str) -> bool {
    if let (Some(found), Some(expected)) = (found.strip_suffix("[]"), expected.strip_suffix("[]")) {
        return only_widens(found, expected);
    }
    let ((found, from), (expected, to)) = (split(found), split(expected));
    let at_least = || to.is_empty() || matches!((from.as_slice(), to.as_slice()), ([from], [to]) if from <= to);
    let place = |chain: &[&str], name: &str| chain.iter().position(|known| *known == name);
    for chain in [["smallint", "integer", "bigint"].as_slice(), &["real", "double precision"]] {
        if let (Some(from), Some(to)) = (place(chain, &found), place(chain, &expected)) {
            return from <= to;
        }
    }
    match (found.as_str(), expected.as_str()) {
        (found, expected) if found == expected && from == to => true,
        ("character varying", "text") => true,
        ("text", "character varying") => to.is_empty(),
        ("numeric", "numeric") => match (from.as_slice(), to.as_slice()) {
            (_, []) => true,
            ([precision, scale], [wider, longer]) => longer >= scale && wider - longer >= precision - scale,
            _ => false,
        },
        (
            "character varying"
            | "bit varying"
            | "timestamp without time zone"
            | "timestamp with time zone"
            | "time without time zone"
            | "time with time zone"
            | "interval",
            same,
        ) if same == found => at_least(),
        _ => false,
    }
}

/// `timestamp(3) with time zone` as the type and its modifiers.
fn split(text: &str) -> (String, Vec<i64>) {
    let parts = text.split_once('(').and_then(|(before, rest)| Some((before, rest.split_once(')')?)));
    let Some((before, (modifiers, after))) = parts else { return (text.to_owned(), Vec::new()) };
    let modifiers: Result<Vec<i64>, _> = modifiers.split(',').map(|modifier| modifier.trim().parse()).collect();
    match modifiers {
        Ok(modifiers) => (format!("{before}{after}"), modifiers),
        Err(_) => (text.to_owned(), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::only_widens;

    #[test]
    fn what_can_hold_more_of_the_same() {
        for (found, expected) in [
            ("character varying(20)", "character varying(20)"),
            ("character varying(20)", "character varying(30)"),
            ("character varying(20)", "text"),
            ("character varying(20)[]", "text[]"),
            ("text", "character varying"),
            ("numeric(10,2)", "numeric(12,4)"),
            ("numeric(10,2)", "numeric"),
            ("smallint", "bigint"),
            ("real", "double precision"),
            ("timestamp(0) with time zone", "timestamp(3) with time zone"),
            ("timestamp(3) without time zone", "timestamp without time zone"),
            ("\"odd(1)type\"", "\"odd(1)type\""),
        ] {
            assert!(only_widens(found, expected), "{found} -> {expected}");
        }
    }

    #[test]
    fn what_rounds_cuts_or_fails() {
        for (found, expected) in [
            ("numeric(14,6)", "numeric(10,2)"),
            ("numeric(10,2)", "numeric(10,4)"),
            ("numeric", "numeric(10,2)"),
            ("double precision", "integer"),
            ("double precision", "real"),
            ("bigint", "integer"),
            ("timestamp with time zone", "timestamp(0) with time zone"),
            ("timestamp with time zone", "timestamp without time zone"),
            ("text", "character varying(20)"),
            ("character varying(200)", "character varying(100)"),
            ("text", "text[]"),
            ("text", "integer"),
            ("mood", "text"),
        ] {
            assert!(!only_widens(found, expected), "{found} -> {expected}");
        }
    }
}
