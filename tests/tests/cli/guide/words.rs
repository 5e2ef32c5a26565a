//! A line of a block as the words of its commands, without a shell.

/// The commands of a line, joined by `&&`, each as its words; with the exit code that a comment behind them names.
///
/// # Errors
///
/// A text where it needs what only a shell has.
pub(super) fn commands(line: &str) -> Result<(Vec<Vec<String>>, i32), String> {
    let (mut commands, mut words) = (Vec::new(), Vec::<String>::new());
    let mut word: Option<String> = None;
    let mut comment = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some(end) if end == c => break,
                        Some('\\') if c == '"' => word.extend(chars.next()),
                        Some('$' | '`') if c == '"' => return Err(format!("only a shell expands {line:?}")),
                        Some(inner) => word.push(inner),
                        None => return Err(format!("a quote is left open in {line:?}")),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '&' if word.is_none() && chars.next_if_eq(&'&').is_some() => commands.push(std::mem::take(&mut words)),
            '#' if word.is_none() => {
                comment = chars.by_ref().collect();
            }
            '|' | '>' | '<' | ';' | '$' | '`' | '&' | '(' | ')' | '*' | '?' => {
                return Err(format!("only a shell knows {c:?} in {line:?}"));
            }
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    commands.push(words);
    if commands.iter().any(Vec::is_empty) {
        return Err(format!("a command is empty in {line:?}"));
    }
    let code = match comment.split_once("exits with ") {
        Some((_, rest)) => {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().map_err(|_| format!("no exit code in {comment:?}"))?
        }
        None => 0,
    };
    Ok((commands, code))
}

#[test]
fn lines_are_words_and_an_exit_code() {
    let (split, code) =
        commands(r#"cargo multitenant sql 'select $1 from "a b"' --match 'eu-*' && cd x  # exits with 13, since"#)
            .unwrap();
    assert_eq!(split[0], ["cargo", "multitenant", "sql", "select $1 from \"a b\"", "--match", "eu-*"]);
    assert_eq!((split[1].join(" "), code), ("cd x".to_owned(), 13));
    assert_eq!(commands("a # said of it").unwrap().1, 0);
    for shell in [
        "a | b",
        "a > b",
        "a $HOME",
        "a \"$HOME\"",
        "a; b",
        "a &",
        "a `b`",
        "a *",
        "a 'b",
        "a &&",
        "",
        "a # exits with x",
    ] {
        assert!(commands(shell).is_err(), "{shell}");
    }
}
