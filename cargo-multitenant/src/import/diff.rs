//! What would change, as a unified diff.

use crate::scaffold::Written;

/// The diff of a file that would be made or changed.
pub(crate) fn diff(file: &Written) -> String {
    let before = file.before.clone().unwrap_or_default();
    let from = if file.before.is_some() { format!("a/{}", file.path) } else { "/dev/null".to_owned() };
    let mut options = diffy::DiffOptions::new();
    options.set_original_filename(from).set_modified_filename(format!("b/{}", file.path));
    options.create_patch(&before, &format!("{before}{}", file.text)).to_string()
}
