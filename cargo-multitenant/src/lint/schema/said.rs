//! What `#[multitenant(…)]` says of a table that `table!` cannot, and of enums.
//!
//! The derives check the same when the project is compiled; what they would refuse is a problem here too, since nothing
//! is compiled.

use syn2::ext::IdentExt as _;
use syn2::parse::{Parse, ParseStream};
use syn2::punctuated::Punctuated;
use syn2::{Attribute, Fields, Ident, LitStr, Token};

use super::syntax::unraw;
use crate::finding::{FileId, Place};

/// A text that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// What a struct says.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableSays {
    pub(crate) fields: Vec<FieldSays>,
    pub(crate) uniques: Vec<KeySays>,
    pub(crate) indexes: Vec<KeySays>,
    pub(crate) foreign_keys: Vec<KeySays>,
    /// With their names.
    pub(crate) checks: Vec<(Option<Said>, Said)>,
    /// What cannot be meant.
    pub(crate) problems: Vec<(Place, String)>,
}

/// What stands on a field.
#[derive(Debug, Clone)]
pub(crate) struct FieldSays {
    /// The column as `table!` has it.
    pub(crate) column: String,
    pub(crate) place: Place,
    pub(crate) default: Option<Said>,
    pub(crate) sql_type: Option<Said>,
    /// Whether it is ALWAYS.
    pub(crate) identity: Option<bool>,
    pub(crate) generated: Option<Said>,
    pub(crate) check: Option<Said>,
    pub(crate) references: Option<Said>,
    pub(crate) on_delete: Option<Said>,
    pub(crate) on_update: Option<Said>,
    pub(crate) unique: bool,
    pub(crate) index: bool,
}

/// `unique(…)`, `index(…)` or `foreign_key(…)`.
#[derive(Debug, Clone)]
pub(crate) struct KeySays {
    pub(crate) place: Place,
    pub(crate) items: Vec<ItemSays>,
    pub(crate) name: Option<Said>,
    pub(crate) method: Option<Said>,
    pub(crate) filter: Option<Said>,
    pub(crate) references: Option<Said>,
    pub(crate) on_delete: Option<Said>,
    pub(crate) on_update: Option<Said>,
    pub(crate) include: Vec<String>,
    pub(crate) is_unique: bool,
}

/// A column, or an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ItemSays {
    Column(String),
    Expression(Said),
}

/// One thing between commas.
enum Part {
    Word(Ident),
    Text(LitStr),
    Value(Ident, LitStr),
    List(Ident, Vec<Part>),
}

impl Parse for Part {
    fn parse(input: ParseStream<'_>) -> syn2::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Text);
        }
        let name = input.call(Ident::parse_any)?;
        if name == "allow" && input.peek(syn2::token::Paren) {
            input.parse::<proc_macro2::TokenTree>()?;
            return Ok(Self::List(name, Vec::new()));
        }
        if input.peek(syn2::token::Paren) {
            let content;
            syn2::parenthesized!(content in input);
            let parts = Punctuated::<Self, Token![,]>::parse_terminated(&content)?;
            return Ok(Self::List(name, parts.into_iter().collect()));
        }
        if !input.peek(Token![=]) {
            return Ok(Self::Word(name));
        }
        input.parse::<Token![=]>()?;
        input.parse().map(|text| Self::Value(name, text))
    }
}

/// Reads a struct's attributes and those of its fields.
pub(super) fn of_struct(file: FileId, attributes: &[Attribute], fields: &Fields) -> TableSays {
    let mut reader = Reader { file, says: TableSays::default() };
    for part in reader.parts(attributes) {
        reader.of_table(part);
    }
    for field in fields {
        let Some(name) = &field.ident else { continue };
        let parts = reader.parts(&field.attrs);
        if !parts.is_empty() {
            let column = column_name(&field.attrs).unwrap_or_else(|| unraw(name));
            let place = reader.place(name.span());
            reader.of_field(parts, column, place);
        }
    }
    reader.says
}

/// `type_name` or `label` of an enum or a variant.
pub(super) fn value_of(attributes: &[Attribute], option: &str) -> Option<String> {
    let parse = Punctuated::<Part, Token![,]>::parse_terminated;
    let mut parts = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("multitenant"))
        .filter_map(|attribute| attribute.parse_args_with(parse).ok())
        .flatten();
    parts.find_map(|part| match part {
        Part::Value(name, text) if name == option => Some(text.value()),
        _ => None,
    })
}

struct Reader {
    file: FileId,
    says: TableSays,
}

impl Reader {
    fn place(&self, span: proc_macro2::Span) -> Place {
        Place::new(self.file, span.byte_range())
    }

    fn said(&self, text: &LitStr) -> Said {
        Said { text: text.value(), place: self.place(text.span()) }
    }

    fn problem(&mut self, span: proc_macro2::Span, message: String) {
        let place = self.place(span);
        self.says.problems.push((place, message));
    }

    fn unknown(&mut self, part: &Part) {
        let (span, shown) = match part {
            Part::Word(name) | Part::Value(name, _) | Part::List(name, _) => (name.span(), name.to_string()),
            Part::Text(text) => (text.span(), text.value()),
        };
        self.problem(span, format!("`multitenant` does not know {shown:?} here"));
    }

    fn parts(&mut self, attributes: &[Attribute]) -> Vec<Part> {
        let mut parts = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("multitenant")) {
            match attribute.parse_args_with(Punctuated::<Part, Token![,]>::parse_terminated) {
                Ok(read) => parts.extend(read),
                Err(error) => self.problem(error.span(), format!("`multitenant(…)` cannot be read: {error}")),
            }
        }
        parts
    }

    fn of_table(&mut self, part: Part) {
        match part {
            Part::Word(name) if name == "same_table" => {}
            Part::List(name, _) if name == "allow" => {}
            Part::List(name, parts) if name == "check" => {
                let (mut called, mut text) = (None, None);
                for part in parts {
                    match part {
                        Part::Text(condition) => text = Some(self.said(&condition)),
                        Part::Value(key, value) if key == "name" => called = Some(self.said(&value)),
                        other => self.unknown(&other),
                    }
                }
                match text {
                    Some(text) => self.says.checks.push((called, text)),
                    None => self.problem(name.span(), "`check` has no condition".to_owned()),
                }
            }
            Part::List(name, parts) if ["unique", "index", "foreign_key"].iter().any(|known| name == known) => {
                let key = self.key(&name, parts);
                if key.items.is_empty() {
                    return self.problem(name.span(), format!("`{name}` names no column"));
                }
                let keys = match name.to_string().as_str() {
                    "unique" => &mut self.says.uniques,
                    "index" => &mut self.says.indexes,
                    _ => &mut self.says.foreign_keys,
                };
                keys.push(key);
            }
            other => self.unknown(&other),
        }
    }

    fn key(&mut self, of: &Ident, parts: Vec<Part>) -> KeySays {
        let mut key = KeySays {
            place: self.place(of.span()),
            items: Vec::new(),
            name: None,
            method: None,
            filter: None,
            references: None,
            on_delete: None,
            on_update: None,
            include: Vec::new(),
            is_unique: false,
        };
        let has_list = parts.iter().any(|part| matches!(part, Part::List(name, _) if name == "columns"));
        for part in parts {
            match part {
                Part::List(name, parts) if name == "columns" => {
                    key.items.extend(parts.into_iter().filter_map(|part| self.item(part)));
                }
                Part::List(name, parts) if name == "include" => {
                    let names = parts.into_iter().filter_map(|part| match part {
                        Part::Word(name) => Some(unraw(&name)),
                        _ => None,
                    });
                    key.include.extend(names);
                }
                Part::Word(name) if has_list && name == "unique" => key.is_unique = true,
                part @ (Part::Word(_) | Part::Text(_)) if !has_list => key.items.extend(self.item(part)),
                Part::Value(name, text) => {
                    let said = Some(self.said(&text));
                    match name.to_string().as_str() {
                        "name" => key.name = said,
                        "method" => key.method = said,
                        "filter" => key.filter = said,
                        "references" => key.references = said,
                        "on_delete" => key.on_delete = said,
                        "on_update" => key.on_update = said,
                        _ => self.unknown(&Part::Value(name, text)),
                    }
                }
                other => self.unknown(&other),
            }
        }
        key
    }

    fn item(&mut self, part: Part) -> Option<ItemSays> {
        match part {
            Part::Word(name) => Some(ItemSays::Column(unraw(&name))),
            Part::Text(text) => Some(ItemSays::Expression(self.said(&text))),
            other => {
                self.unknown(&other);
                None
            }
        }
    }

    fn of_field(&mut self, parts: Vec<Part>, column: String, place: Place) {
        let mut field = FieldSays {
            column,
            place,
            default: None,
            sql_type: None,
            identity: None,
            generated: None,
            check: None,
            references: None,
            on_delete: None,
            on_update: None,
            unique: false,
            index: false,
        };
        for part in parts {
            match part {
                Part::Word(name) if name == "unique" => field.unique = true,
                Part::Word(name) if name == "index" => field.index = true,
                Part::Word(name) if name == "identity" => field.identity = Some(false),
                Part::Value(name, text) => {
                    let said = Some(self.said(&text));
                    match name.to_string().as_str() {
                        "default" => field.default = said,
                        "sql_type" => field.sql_type = said,
                        "identity" => field.identity = Some(text.value() == "always"),
                        "generated" => field.generated = said,
                        "check" => field.check = said,
                        "references" => field.references = said,
                        "on_delete" => field.on_delete = said,
                        "on_update" => field.on_update = said,
                        _ => self.unknown(&Part::Value(name, text)),
                    }
                }
                other => self.unknown(&other),
            }
        }
        self.says.fields.push(field);
    }
}

/// `#[diesel(column_name = …)]`, written as a name or, as Diesel 1 had it, as a text.
fn column_name(attributes: &[Attribute]) -> Option<String> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("diesel")) {
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("column_name") {
                let value = meta.value()?;
                found = Some(if value.peek(LitStr) {
                    value.parse::<LitStr>()?.value()
                } else {
                    unraw(&value.call(Ident::parse_any)?)
                });
            } else if meta.input.peek(Token![=]) {
                meta.value()?.parse::<syn2::Expr>()?;
            } else if meta.input.peek(syn2::token::Paren) {
                let content;
                syn2::parenthesized!(content in meta.input);
                content.parse::<proc_macro2::TokenStream>()?;
            }
            Ok(())
        });
    }
    found
}
