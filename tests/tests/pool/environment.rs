//! What a person may set for these suites.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the one place of these suites that reads the environment, and that speaks to who runs them"
)]

/// A variable, where it is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The size of a test: the first in short, the second with `MULTITENANT_LONG=1`.
pub(crate) fn size(short: usize, long: usize) -> usize {
    if variable("MULTITENANT_LONG").is_some() { long } else { short }
}

/// Tells whoever runs the tests, for what is drawn at random.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}
