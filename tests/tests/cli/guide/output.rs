//! What a block shows, held against what was printed.

/// Whether they are the same, but for `…`, which is the rest of a line or any text in it, and by itself any number of
/// lines; and for durations, of which any is as good as another.
pub(super) fn fits(shown: &str, printed: &str) -> bool {
    lines_fit(&lines(shown), &lines(printed))
}

fn lines(text: &str) -> Vec<String> {
    text.trim_matches('\n').lines().map(|line| without_durations(line.trim_end())).collect()
}

fn lines_fit(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first.trim() == "…" => {
            (0..=printed.len()).any(|skipped| lines_fit(rest, &printed[skipped..]))
        }
        Some((first, rest)) => {
            printed.split_first().is_some_and(|(line, others)| line_fits(first, line) && lines_fit(rest, others))
        }
    }
}

fn line_fits(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut printed) = parts.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return printed.is_empty() };
    for part in parts {
        let Some(at) = printed.find(part) else { return false };
        printed = &printed[at + part.len()..];
    }
    printed.ends_with(last)
}

/// The line, with `<time>` in the place of each `12 ms`, `1.5 s`, `10 min 0 s`.
fn without_durations(line: &str) -> String {
    let mut found = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        found.push_str(before);
        let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
        let (digits, after) = number.split_at(end);
        let unit = [" ms", " min", " s", " h"]
            .into_iter()
            .find(|unit| after.strip_prefix(unit).is_some_and(|then| !then.starts_with(|c: char| c.is_alphanumeric())));
        let inside = found.ends_with(|c: char| c.is_alphanumeric());
        match unit.filter(|_| !inside) {
            Some(unit) => {
                found.push_str("<time>");
                rest = &after[unit.len()..];
            }
            None => {
                found.push_str(digits);
                rest = after;
            }
        }
    }
    (found + rest).replace("<time> <time>", "<time>")
}

#[test]
fn what_differs_is_seen() {
    for (shown, printed) in [
        ("a\nb", "a\nb\n"),
        ("a (12 ms)", "a (1.4 s)"),
        ("waiting 10 min 0 s", "waiting 3 ms"),
        ("a … c", "a b b c"),
        ("a…", "a"),
        ("a\n…\nd", "a\nb\nc\nd"),
        ("a\n  …", "a"),
    ] {
        assert!(fits(shown, printed), "{shown:?} {printed:?}");
    }
    for (shown, printed) in [
        ("a", "a\nb"),
        ("a\nb", "a"),
        ("3 schemas", "4 schemas"),
        ("a 12 msx", "a 13 msx"),
        ("a … c", "a b d"),
        ("a…", "b"),
        ("a\n…\nd", "a\nb"),
        ("a…b…c", "abbb"),
    ] {
        assert!(!fits(shown, printed), "{shown:?} {printed:?}");
    }
}
