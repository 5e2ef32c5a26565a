mod diagnostic;
mod escape;
mod mask;
pub(crate) use diagnostic::draw;
#[cfg(test)]
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
