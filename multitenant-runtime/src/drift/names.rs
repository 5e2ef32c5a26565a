//! A schema's own name within texts: two texts may differ in it and mean the same.
//!
//! From its own path a schema's objects have no schema in front, so most texts are equal as they are. What is left are
//! texts that nobody has parsed: the bodies and settings of functions, and literals. There a name counts as one where it
//! stands for itself: `a` is not found in `a_b`.

use crate::ident::{SchemaName, within_literal};

use super::ObjectKind;

/// In place of the schema's name in quotes, or without. No text of PostgreSQL's holds a NUL.
const QUOTED: &str = "\0q";
const BARE: &str = "\0b";

/// The schema that is taken as an example, and how its name is found in texts.
#[derive(Debug, Clone)]
pub(super) struct Example {
    schema: SchemaName,
    /// Whether nobody else's text can hold the name by chance: that of a scratch schema.
    is_unique: bool,
}

impl Example {
    pub(super) fn new(schema: SchemaName, is_unique: bool) -> Self {
        Self { schema, is_unique }
    }

    /// Whether the example's text means for the example what the target's means for the target.
    pub(super) fn means(&self, expected: &str, found: &str, target: &SchemaName, kind: ObjectKind) -> bool {
        let template = self.template(expected);
        let is_code = matches!(kind, ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate);
        if expected == found {
            // The same words: of a function that says the example's own name they are about the example, not the target.
            let says_it = template.contains(&format!("{QUOTED}."))
                || template.contains("SET search_path") && template.contains('\0');
            return !is_code || *target == self.schema || !says_it;
        }
        if !template.contains('\0') {
            return false;
        }
        template == Self::new(target.clone(), false).template(found)
            || writings(&template, target).any(|text| text == found)
    }

    /// The text as it is said of the target, for a statement: here every name is in quotes, and every object has a schema.
    pub(super) fn render(&self, text: &str, target: &SchemaName, kind: ObjectKind) -> String {
        let is_code = matches!(kind, ObjectKind::Function | ObjectKind::Procedure);
        let template = self.template(text);
        let mut rendered = String::with_capacity(template.len());
        let mut rest = template.as_str();
        let mut in_literal = false;
        while let Some(at) = rest.find('\0') {
            let (before, placeholder) = rest.split_at(at);
            in_literal ^= before.matches('\'').count() % 2 == 1;
            rendered.push_str(before);
            let name = match placeholder.get(..2) {
                Some(BARE) if in_literal || is_code => target.as_str().to_owned(),
                _ => target.quoted(),
            };
            rendered.push_str(&if in_literal && !is_code { within_literal(&name) } else { name });
            rest = placeholder.get(2..).unwrap_or_default();
        }
        rendered.push_str(rest);
        rendered
    }

    /// The example's text as it would be the target's, for people.
    pub(super) fn shown(&self, text: &str, target: &SchemaName) -> String {
        let template = self.template(text);
        writings(&template, target).next().unwrap_or(template)
    }

    /// The text with marks in place of the schema's name.
    fn template(&self, text: &str) -> String {
        let (quoted, bare) = (self.schema.quoted(), self.schema.as_str());
        if self.is_unique {
            return text.replace(&quoted, QUOTED).replace(bare, BARE);
        }
        // Within a literal its quotes are doubled.
        let doubled = format!("'{}'", within_literal(bare));
        let text = text.replace(&doubled, &format!("'{QUOTED}'")).replace(&quoted, QUOTED);
        let mut template = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(bare) {
            let (before, found) = rest.split_at(at);
            let (name, after) = found.split_at(bare.len());
            template.push_str(before);
            let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            let alone = !template.ends_with(is_word) && !after.starts_with(is_word) && !template.ends_with('\0');
            template.push_str(if alone { QUOTED } else { name });
            rest = after;
        }
        template.push_str(rest);
        template
    }
}

/// How the text may be written with the target's name: PostgreSQL quotes a name only where it must, and doubles quotes
/// within a literal.
fn writings(template: &str, target: &SchemaName) -> impl Iterator<Item = String> + use<> {
    let template = template.to_owned();
    let texts = [target.as_str().to_owned(), within_literal(target.as_str())];
    let [bare, within] = texts.clone();
    let names = [bare, target.quoted(), within, within_literal(&target.quoted())];
    let pairs = names.into_iter().flat_map(move |name| texts.clone().map(|text| (name.clone(), text)));
    pairs.map(move |(name, text)| template.replace(QUOTED, &name).replace(BARE, &text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> SchemaName {
        SchemaName::new(name).unwrap()
    }

    #[test]
    fn equal_is_what_is_said_of_oneself() {
        let scratch = Example::new(name("Drift x1"), true);
        let function = ObjectKind::Function;
        for (expected, found, target) in [
            ("select a.id from a", "select a.id from a", "a"),
            ("select * from \"Drift x1\".a", "select * from a.a", "a"),
            ("select * from \"Drift x1\".a", "select * from \"a\".a", "a"),
            ("SET search_path TO 'Drift x1', 'public'", "SET search_path TO 'a.b', 'public'", "a.b"),
            ("select 'Drift x1 is' || \"Drift x1\".f()", "select 'it''s' || 1", "x"),
        ] {
            let same = expected != "select 'Drift x1 is' || \"Drift x1\".f()";
            assert_eq!(scratch.means(expected, found, &name(target), function), same, "{expected} {found}");
        }
        // Another tenant's schema is another one, and a part of a name is no name.
        assert!(!scratch.means("select * from \"Drift x1\".a", "select * from b.a", &name("c"), function));
        assert!(!scratch.means("select * from \"Drift x1\".a", "select * from a_b.a", &name("a"), function));
    }

    #[test]
    fn a_tenant_as_an_example_is_meant_where_it_says_its_name() {
        let acme = Example::new(name("acme"), false);
        let function = ObjectKind::Function;
        assert!(acme.means("select * from acme.users", "select * from globex.users", &name("globex"), function));
        assert!(!acme.means("select * from acme.users", "select * from acme.users", &name("globex"), function));
        assert!(acme.means("select * from acme_b.users", "select * from acme_b.users", &name("globex"), function));
        assert!(acme.means("acme.id", "acme.id", &name("globex"), ObjectKind::View), "an alias");
    }

    #[test]
    fn a_statement_is_said_of_the_target() {
        let scratch = Example::new(name("Drift x1"), true);
        let check = |text: &str, target: &str, expected: &str| {
            assert_eq!(scratch.render(text, &name(target), ObjectKind::Column), expected);
        };
        check("REFERENCES \"Drift x1\".users(id)", "a b", "REFERENCES \"a b\".users(id)");
        check("nextval('\"Drift x1\".s'::regclass)", "it's", "nextval('\"it''s\".s'::regclass)");
        check("'Drift x1'::text || f('a')", "a", "'a'::text || f('a')");
    }
}
