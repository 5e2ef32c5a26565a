//! The macros, compiled: what must build, and what must not, with our words at the right lines.
//!
//! Each case under `ui/` is a program. All are checked by one call of Cargo, in a package that is written below
//! the target folder. What the compiler says is not compared as a whole: only the fragments that a case names
//! by `//~ ERROR`, and no message of ours may come that no case names. So another compiler fails nothing.

mod compile;

use compile::{Case, expected};

/// What is wrong with a case, if anything.
fn verdict(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let expected = expected::of(&case.source);
    for expectation in &expected {
        if !case.errors.iter().any(|error| expectation.is_met_by(error)) {
            wrong.push(format!("line {}: not said: {}", expectation.line, expectation.fragment));
        }
    }
    // Messages without a code are ours: the compiler's own have one, but for its syntax errors.
    for error in case.errors.iter().filter(|error| error.code.is_none()) {
        if !expected.iter().any(|expectation| expectation.is_met_by(error)) {
            wrong.push(format!("not expected, at {:?}: {}", error.lines, error.text));
        }
    }
    if expected.is_empty() && wrong.is_empty() {
        wrong.extend(case.errors.iter().map(|error| format!("does not compile: {}", error.text)));
    }
    wrong.extend(case.warnings.iter().map(|warning| format!("warning: {warning}")));
    wrong
}

#[test]
fn every_case_says_what_it_should() {
    let cases = compile::run();
    assert!(cases.len() > 10, "only {} cases were found", cases.len());
    let mut report = String::new();
    for case in &cases {
        for wrong in verdict(case) {
            report += &format!("{}: {wrong}\n", case.name);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}
