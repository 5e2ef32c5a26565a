//! Where a value of the configuration comes from, in words.

use crate::config::{ConfigError, Origin, Problem};
use crate::finding::{Complaint, FilePoint};

/// What is wrong, and where the value comes from, where that is not the file.
pub(super) fn said(problem: &Problem) -> String {
    let message = &problem.message;
    match &problem.origin {
        Origin::Variable(name) => format!("{message} (from the environment variable {name})"),
        Origin::DotEnv(name) => format!("{message} (from {name} in the .env file)"),
        Origin::Flag(name) => format!("{message} (from the flag {name})"),
        Origin::Embedded | Origin::File(_) | Origin::Default | Origin::Nowhere => message.clone(),
    }
}

/// The complaint, with what to do and the place in the file, where the value is from there.
pub(super) fn placed(complaint: Complaint, error: &ConfigError, problem: &Problem) -> Complaint {
    let help = problem.help.clone().unwrap_or_else(|| "correct it, or leave it out".to_owned());
    let mut complaint = complaint.help(help);
    if let Origin::File(span) = &problem.origin {
        complaint.file = Some(point(&error.file, &error.text, span.start));
    }
    complaint
}

fn point(file: &str, text: &str, at: usize) -> FilePoint {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    FilePoint {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].encode_utf16().count() + 1,
    }
}
