//! What pieces of Rust code say, whoever asks.

use syn2::{Attribute, Ident, Path as RustPath, UseTree};

/// `#[cfg(test)]`, and `#[test]` of whatever crate.
pub(super) fn is_test(attribute: &Attribute) -> bool {
    let path = attribute.path();
    if !path.is_ident("cfg") {
        return path.segments.last().is_some_and(|segment| segment.ident == "test");
    }
    let condition = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
    let mut words = condition.split(|c: char| !c.is_alphanumeric() && c != '_');
    condition == "test"
        || (condition.starts_with("all") && !condition.contains("not") && words.any(|word| word == "test"))
}

/// What a `use` brings in; `*` stands for all that is there.
pub(super) fn imports(tree: &UseTree, above: &mut Vec<String>, found: &mut Vec<(String, Vec<String>)>) {
    let mut add = |name: String, last: String| found.push((name, above.iter().cloned().chain([last]).collect()));
    match tree {
        UseTree::Path(path) => {
            above.push(unraw(&path.ident));
            imports(&path.tree, above, found);
            above.pop();
        }
        UseTree::Name(name) => add(unraw(&name.ident), unraw(&name.ident)),
        UseTree::Rename(rename) => add(unraw(&rename.rename), unraw(&rename.ident)),
        UseTree::Glob(_) => add("*".to_owned(), "*".to_owned()),
        UseTree::Group(group) => group.items.iter().for_each(|item| imports(item, above, found)),
    }
}

pub(super) fn segments(path: &RustPath) -> Vec<String> {
    path.segments.iter().map(|segment| unraw(&segment.ident)).collect()
}

pub(super) fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// A column's type without `Nullable`, and whether it had it.
pub(super) fn type_of(path: &syn2::TypePath) -> (String, bool) {
    let Some(last) = path.path.segments.last() else { return (String::new(), false) };
    let inner = match &last.arguments {
        syn2::PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            syn2::GenericArgument::Type(syn2::Type::Path(inner)) => Some(type_of(inner)),
            _ => None,
        }),
        _ => None,
    };
    match (last.ident.to_string(), inner) {
        (name, Some((inner, _))) if name == "Nullable" => (inner, true),
        (name, Some((inner, _))) => (format!("{name}<{inner}>"), false),
        (name, None) => (name, false),
    }
}
