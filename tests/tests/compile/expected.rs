//! `//~ ERROR fragment` at the end of a line: the compiler must say so there. Each `^` after the tilde is one
//! line up. `…` stands for whatever the compiler says between two parts of a fragment.

use super::Diagnostic;

/// A fragment, and the line that it must be said of.
pub(crate) struct Expectation {
    pub line: usize,
    pub fragment: String,
}

impl Expectation {
    pub(crate) fn is_met_by(&self, error: &Diagnostic) -> bool {
        error.lines.contains(&self.line) && self.fragment.split(" … ").all(|part| error.text.contains(part))
    }
}

pub(crate) fn of(source: &str) -> Vec<Expectation> {
    source.lines().enumerate().filter_map(|(i, line)| expectation(i + 1, line)).collect()
}

fn expectation(line: usize, text: &str) -> Option<Expectation> {
    let (_, comment) = text.split_once("//~")?;
    let carets = comment.chars().take_while(|&c| c == '^').count();
    let comment = comment[carets..].trim();
    let Some(fragment) = comment.strip_prefix("ERROR ") else { panic!("line {line}: write `//~ ERROR fragment`") };
    Some(Expectation { line: line - carets, fragment: fragment.to_owned() })
}
