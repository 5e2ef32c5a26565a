//! The labels of a type whose `ToSql` or `FromSql` is written by hand.

use syn2::visit::{self, Visit};
use syn2::{Arm, Expr, ExprLit, ExprMatch, GenericArgument, ImplItem, ItemImpl, Lit, Pat, PathArguments, Type};

use super::RustEnum;
use super::syntax::unraw;
use crate::finding::Place;

type Labels = fn(&ExprMatch) -> Option<Vec<String>>;

/// Reads `impl ToSql<Mood, Pg> for …`, which writes one text for each variant, or `FromSql`, which reads them; `None` where
/// it is anything else.
pub(super) fn read(item: &ItemImpl, place: Place) -> Option<RustEnum> {
    let (_, path, _) = item.trait_.as_ref()?;
    let last = path.segments.last()?;
    let (method, labels): (&str, Labels) = match last.ident.to_string().as_str() {
        "ToSql" => ("to_sql", written),
        "FromSql" => ("from_sql", taken),
        _ => return None,
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let sql_type = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => name_of(ty),
        _ => None,
    })?;
    let mut matches = Matches::default();
    for inner in &item.items {
        match inner {
            ImplItem::Fn(function) if function.sig.ident == method => matches.visit_block(&function.block),
            _ => {}
        }
    }
    let labels = matches.0.iter().find_map(|found| labels(found))?;
    Some(RustEnum {
        name: name_of(&item.self_ty)?,
        tier: None,
        type_name: None,
        sql_type: Some(sql_type),
        labels: Some(labels),
        is_by_hand: true,
        place,
    })
}

fn name_of(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| unraw(&segment.ident)),
        _ => None,
    }
}

/// The texts of arms that each write one: `Mood::Glad => out.write_all(b"glad")?`.
fn written(of: &ExprMatch) -> Option<Vec<String>> {
    of.arms.iter().map(|arm| if is_variant(&arm.pat) { text_in(arm) } else { None }).collect()
}

fn is_variant(pattern: &Pat) -> bool {
    match pattern {
        Pat::Path(path) => path.path.segments.len() > 1,
        Pat::Reference(reference) => is_variant(&reference.pat),
        _ => false,
    }
}

fn text_in(arm: &Arm) -> Option<String> {
    let mut texts = Texts::default();
    texts.visit_expr(&arm.body);
    match &texts.0[..] {
        [text] => Some(text.clone()),
        _ => None,
    }
}

/// The texts of arms that each take one: `b"glad" => Ok(Mood::Glad)`. The last arm is for all others.
fn taken(of: &ExprMatch) -> Option<Vec<String>> {
    let (last, arms) = of.arms.split_last()?;
    let arms = arms.iter().chain((!matches!(last.pat, Pat::Wild(_) | Pat::Ident(_))).then_some(last));
    let labels: Option<Vec<String>> = arms
        .map(|arm| match &arm.pat {
            Pat::Lit(literal) => text(literal),
            _ => None,
        })
        .collect();
    labels.filter(|labels| !labels.is_empty())
}

fn text(literal: &ExprLit) -> Option<String> {
    match &literal.lit {
        Lit::Str(text) => Some(text.value()),
        Lit::ByteStr(bytes) => String::from_utf8(bytes.value()).ok(),
        _ => None,
    }
}

#[derive(Default)]
struct Matches<'a>(Vec<&'a ExprMatch>);

impl<'ast> Visit<'ast> for Matches<'ast> {
    fn visit_expr_match(&mut self, found: &'ast ExprMatch) {
        self.0.push(found);
        visit::visit_expr_match(self, found);
    }
}

#[derive(Default)]
struct Texts(Vec<String>);

impl<'ast> Visit<'ast> for Texts {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        if let Expr::Lit(literal) = expression {
            self.0.extend(text(literal));
        }
        visit::visit_expr(self, expression);
    }
}
