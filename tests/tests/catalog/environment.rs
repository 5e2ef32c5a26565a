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

/// Tells whoever runs the tests, for what is skipped or compared.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}
