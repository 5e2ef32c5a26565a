//! Columns, with what the fields of structs say of them.

use multitenant_runtime::Tier;

use super::code::at;
use super::fields::contradiction;
use super::table::Reader;
use crate::from_schema::code::{CodeCheck, CodeColumn, CodeIndex, CodeItem, CodeKey, CodeTable};
use crate::from_schema::types::serial;
use crate::lint::{FieldSays, RustColumn, Said, column_of_expression, fragment};

impl Reader<'_> {
    pub(super) fn column(&mut self, tier: Tier, column: &RustColumn, of: Option<&FieldSays>, made: &mut CodeTable) {
        let text = |said: Option<&Said>| said.map(|said| said.text.clone());
        let said_type = of.and_then(|of| of.sql_type.as_ref());
        let (ty, is_exact) = self.types.of_column(tier, column, said_type.map(|said| said.text.as_str()));
        if let (Some(said), Err(message)) = (said_type, &ty) {
            self.problem(tier, &said.place, message);
        }
        let place = at(self.project, &column.place);
        for said in of.iter().flat_map(|of| [&of.default, &of.generated]).flatten() {
            self.sql(tier, said);
        }
        let default = of.and_then(|of| of.default.as_ref());
        if let Some(default) = default.filter(|default| fragment(&default.text).is_ok())
            && let Some(other) = column_of_expression(&default.text)
        {
            let message = format!(
                "the default {:?} names the column {other}, and PostgreSQL takes none from a column: say a value or a function, or \
                 `generated` where it follows from other columns",
                default.text
            );
            self.problem(tier, &default.place, &message);
        }
        if let (Some(of), Ok(ty)) = (of, &ty)
            && let Some(message) = contradiction(of, ty, column.is_nullable)
        {
            self.problem(tier, &of.place, &message);
        }
        made.columns.push(CodeColumn {
            name: column.sql_name.clone(),
            place: place.clone(),
            diesel: column.ty.clone(),
            ty,
            is_exact,
            is_nullable: column.is_nullable,
            is_serial: matches!(column.ty.as_str(), "Serial" | "BigSerial" | "SmallSerial")
                || said_type.is_some_and(|said| serial(&said.text).is_some()),
            default: text(of.and_then(|of| of.default.as_ref())),
            identity: of.and_then(|of| of.identity),
            generated: text(of.and_then(|of| of.generated.as_ref())),
        });
        let Some(of) = of else { return };
        let name = column.sql_name.clone();
        if of.unique {
            made.uniques.push(CodeKey { name: None, columns: vec![name.clone()] });
        }
        if of.index {
            let items = vec![CodeItem::Column(name.clone())];
            made.indexes.push(CodeIndex {
                name: None,
                items,
                unique: false,
                method: None,
                filter: None,
                include: Vec::new(),
            });
        }
        if let Some(check) = &of.check
            && self.sql(tier, check)
        {
            made.checks.push(CodeCheck { name: None, column: Some(name.clone()), text: check.text.clone() });
        }
        if let Some(references) = &of.references {
            let actions = [of.on_delete.as_ref(), of.on_update.as_ref()];
            made.foreign_keys.extend(self.foreign_key(tier, None, vec![name], references, actions));
        }
    }
}
