//! The messages of the chapter on troubleshooting are ours, word by word.

use std::fs;
use std::path::Path;

/// The messages that the tables of a chapter quote in their first column, with their lines.
pub(super) fn quoted(chapter: &str) -> Vec<(usize, String)> {
    let cells = chapter.lines().enumerate().filter_map(|(at, line)| {
        let cell = line.strip_prefix("| `")?.split_once("` |")?.0;
        Some((at + 1, cell.replace("\\|", "|")))
    });
    cells.collect()
}

/// What is printed somewhere: every text of the sources, with `\0` in the place of what is put in.
pub(super) fn texts(sources: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(sources).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "tests") {
                found.extend(texts(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let code = fs::read_to_string(&path).unwrap();
            found.extend(literals(code.split("\n#[cfg(test)]\nmod tests {").next().unwrap()));
        }
    }
    found
}

/// The string literals of a source, without what stands in comments.
fn literals(code: &str) -> Vec<String> {
    let (mut found, mut chars) = (Vec::new(), code.chars().peekable());
    let mut before = ' ';
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '\'' => skip_character(&mut chars),
            'r' if !before.is_alphanumeric() && matches!(chars.peek(), Some('"' | '#')) => {
                found.extend(raw(&mut chars));
            }
            '"' => found.push(literal(&mut chars)),
            _ => {}
        }
        before = c;
    }
    found
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Behind a `'`: a character, which may be a quote, or a lifetime.
fn skip_character(chars: &mut Chars<'_>) {
    if chars.next_if_eq(&'\\').is_some() {
        chars.next();
        while chars.next().is_some_and(|c| c != '\'') {}
    } else if chars.clone().nth(1) == Some('\'') {
        chars.nth(1);
    }
}

/// Behind an `r`: a text as it stands there, or a raw identifier.
fn raw(chars: &mut Chars<'_>) -> Option<String> {
    let mut end = String::from("\"");
    while chars.next_if_eq(&'#').is_some() {
        end.push('#');
    }
    chars.next_if_eq(&'"')?;
    let mut text = String::new();
    while !text.ends_with(&end) {
        text.push(chars.next()?);
    }
    text.truncate(text.len() - end.len());
    Some(text)
}

fn literal(chars: &mut Chars<'_>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => {}
            },
            '{' if chars.next_if_eq(&'{').is_some() => text.push('{'),
            '{' => {
                while chars.next().is_some_and(|c| c != '}') {}
                text.push('\0');
            }
            c => text.push(c),
        }
    }
    text
}

/// Whether one of these texts says this, with something put in where the message has `…`.
pub(super) fn is_said(texts: &[String], message: &str) -> bool {
    let parts: Vec<&str> = message.split('…').map(str::trim).filter(|part| !part.is_empty()).collect();
    let begins = !message.starts_with('…');
    let says = |text: &str| {
        let mut rest = text;
        for (at, part) in parts.iter().enumerate() {
            let Some(found) = rest.find(part) else { return false };
            // Its first words are the first words of what is printed, or stand behind what is put in.
            let first =
                at > 0 || !begins || found == 0 || [": ", "\0", "\n"].iter().any(|end| rest[..found].ends_with(end));
            if !first || (at > 0 && !rest[..found].contains('\0')) {
                return false;
            }
            rest = &rest[found + part.len()..];
        }
        true
    };
    parts.iter().map(|part| part.len()).sum::<usize>() >= 8 && texts.iter().any(|text| says(text))
}

#[test]
fn a_message_that_nobody_says_is_seen() {
    let texts =
        literals("let a = '\"'; // \"no text\"\nfail(\"the schema {schema} does \\\n    not exist\", \"x\");\n");
    assert_eq!(texts, ["the schema \0 does not exist", "x"]);
    assert!(is_said(&texts, "the schema … does not exist"));
    for other in ["the schema … is not there", "the schema does not exist", "x", "chema … does not exist", "no text"]
    {
        assert!(!is_said(&texts, other), "{other}");
    }
}
