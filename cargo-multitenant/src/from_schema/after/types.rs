//! Enums as types.

use multitenant_runtime::Tier;

use super::wanted::Maker;
use crate::from_schema::code::CodeEnum;
use crate::model::{Home, Type, TypeKind, TypeRef};

impl Maker<'_> {
    pub(super) fn types(&mut self) {
        for of in self.code.enums.iter().filter(|of| of.tier == self.wish.tier) {
            let CodeEnum { tier, name: own, place, labels } = of;
            if let Some(message) = self.impossible(of) {
                self.refuse(place, &message);
                continue;
            }
            let at = self.model.types.iter().position(|ty| ty.tier == *tier && ty.name == *own);
            let Some(at) = at else {
                if self.is_used(*tier, own) {
                    let kind = TypeKind::Enum { labels: labels.clone() };
                    self.model.types.push(Type {
                        tier: *tier,
                        name: own.clone(),
                        comment: None,
                        kind,
                        is_complete: true,
                    });
                }
                continue;
            };
            let is_complete = self.model.types[at].is_complete;
            match &self.model.types[at].kind {
                TypeKind::Enum { labels: there } if there == labels || !is_complete => {}
                TypeKind::Enum { labels: there } => {
                    let gone: Vec<&str> =
                        there.iter().filter(|label| !labels.contains(label)).map(String::as_str).collect();
                    let mut rest = labels.iter();
                    let in_order = there.iter().all(|label| rest.any(|other| other == label));
                    if !gone.is_empty() {
                        let gone = gone.join(", ");
                        self.refuse(place, &format!(
                            "the type {own} has labels that the code has not ({gone}), and PostgreSQL removes none: keep them in \
                             the code, or write a migration that makes another type and moves the columns to it"
                        ));
                    } else if in_order {
                        self.model.types[at].kind = TypeKind::Enum { labels: labels.clone() };
                    } else {
                        let order = there.join(", ");
                        self.refuse(place, &format!(
                            "the labels of the type {own} are in another order in the migrations ({order}), and PostgreSQL moves \
                             none: write them in that order, new ones wherever they belong"
                        ));
                    }
                }
                _ => self.refuse(
                    place,
                    &format!("the migrations make {own}, and it is no enum: give the type another name"),
                ),
            }
        }
    }

    /// Why an enum can be no type, if so.
    fn impossible(&self, of: &CodeEnum) -> Option<String> {
        let CodeEnum { tier, name: own, labels, .. } = of;
        if let Some(long) = labels.iter().find(|label| label.len() > 63) {
            return Some(format!("the label {long:?} of the type {own} has {} bytes: at most 63", long.len()));
        }
        if let Some((_, twice)) = labels.iter().enumerate().find(|(at, label)| labels[..*at].contains(label)) {
            return Some(format!("the type {own} has the label {twice:?} twice"));
        }
        // A table is a type too.
        self.code.table(Home::of(*tier), own).map(|table| {
            format!("a type and a table cannot both be called {own}: the table is at {}; say `type_name`", table.place)
        })
    }

    /// Whether a column of the code is of a type.
    fn is_used(&self, tier: Tier, name: &str) -> bool {
        let is_it = |ty: &TypeRef| ty.home == Home::of(tier) && ty.name == name;
        self.code.tables.iter().flat_map(|table| &table.columns).any(|column| column.ty.as_ref().is_ok_and(is_it))
    }

    /// Types that nothing is of any more, where the code is the whole truth.
    pub(super) fn forget_types(&mut self) {
        if !self.wish.exact {
            return;
        }
        let used: Vec<TypeRef> =
            self.model.tables.iter().flat_map(|table| &table.columns).filter_map(|column| column.ty.clone()).collect();
        let tier = self.wish.tier;
        self.model.types.retain(|ty| {
            let is_enum = matches!(ty.kind, TypeKind::Enum { .. });
            !is_enum || ty.tier != tier || used.iter().any(|of| of.home == Home::of(tier) && of.name == ty.name)
        });
    }
}
