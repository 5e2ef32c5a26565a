//! A configuration's problems, drawn at their places.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::config::{ConfigError, Origin, Problem};

use super::escape::shown_lines;
use super::mask::mask_passwords;

/// The problems as text, with colours.
pub(crate) fn draw(error: &ConfigError) -> String {
    let text = mask_passwords(&error.text);
    let drawn = error.problems.iter().map(|problem| draw_one(&error.file, &text, problem));
    drawn.collect::<Vec<_>>().join("\n\n")
}

fn draw_one(file: &str, text: &str, problem: &Problem) -> String {
    let (message, label) = (shown_lines(&problem.message), shown_lines(&problem.label));
    let help = problem.help.as_deref().map(shown_lines);
    let from = match &problem.origin {
        Origin::Variable(name) => Some(format!("the value comes from the environment variable {name}")),
        Origin::DotEnv(name) => Some(format!("the value comes from {name} in the .env file")),
        Origin::Flag(name) => Some(format!("the value comes from the flag {name}")),
        Origin::Embedded => Some("the value was embedded into this program by embed_migrations!".to_owned()),
        Origin::File(_) | Origin::Default | Origin::Nowhere => None,
    };
    let mut group = Group::with_title(Level::ERROR.primary_title(&message));
    if let Origin::File(span) = &problem.origin {
        let span = span.start.min(text.len())..span.end.min(text.len());
        let annotation = AnnotationKind::Primary.span(span).label(&label);
        group = group.element(Snippet::source(text).path(file).annotation(annotation));
    } else if !label.is_empty() {
        group = group.element(Level::NOTE.message(&label));
    }
    if let Some(from) = &from {
        group = group.element(Level::NOTE.message(from));
    }
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help));
    }
    Renderer::styled().render(&[group])
}
