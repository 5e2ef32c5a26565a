//! The enums that stand for types.

use std::collections::BTreeMap;

use multitenant_runtime::Tier;

use super::code::at;
use crate::from_schema::code::{Code, CodeEnum};
use crate::lint::{Catalog, Project, RustEnum, RustTable};

/// Each enum with its tier; where the code does not say it, that of the migrations, or of the
/// tables that use it.
pub(super) fn enums(
    project: &Project,
    catalog: &Catalog,
    chosen: &[(Tier, &RustTable)],
    code: &mut Code,
) -> Vec<CodeEnum> {
    let mut found: Vec<CodeEnum> = Vec::new();
    let types: BTreeMap<&str, (&str, Option<&str>)> = project
        .rust
        .iter()
        .flat_map(|file| &file.sql_types)
        .map(|ty| (ty.rust_name.as_str(), (ty.name.as_str(), ty.schema.as_ref().map(|(schema, _)| schema.as_str()))))
        .collect();
    // What is declared counts more than what code does.
    let all = || project.rust.iter().flat_map(|file| &file.enums);
    for of in all().filter(|of| !of.is_by_hand).chain(all().filter(|of| of.is_by_hand)) {
        let Some(labels) = of.labels.clone() else { continue };
        let own = of.sql_type.as_deref().and_then(|name| types.get(name));
        // Code writes texts and numbers too.
        if of.is_by_hand && own.is_none() {
            continue;
        }
        let name = type_name(of, own.map(|(name, _)| *name));
        let used_by = |tier: Tier| {
            let rust = of.sql_type.as_deref().unwrap_or(&of.name);
            let is_it = |ty: &str| ty == rust || ty == format!("Array<{rust}>") || ty == format!("{}Mapping", of.name);
            chosen.iter().any(|(of, table)| *of == tier && table.columns.iter().any(|column| is_it(&column.ty)))
        };
        let tier = of.tier.unwrap_or_else(|| {
            let names_shared = own.is_some_and(|(_, schema)| *schema == Some(catalog.shared_schema()));
            match (catalog.tenant.types.contains_key(&name), catalog.shared.types.contains_key(&name)) {
                (true, false) => Tier::Tenant,
                (false, true) => Tier::Shared,
                _ if names_shared || (used_by(Tier::Shared) && !used_by(Tier::Tenant)) => Tier::Shared,
                _ if used_by(Tier::Shared) => Tier::Shared,
                _ => Tier::Tenant,
            }
        });
        let place = at(project, &of.place);
        if of.is_by_hand {
            let is_known = [&catalog.tenant, &catalog.shared].iter().any(|space| space.types.contains_key(&name));
            if is_known || !used_by(tier) || found.iter().any(|other| other.name == name) {
                continue;
            }
            code.hints.push(format!(
                "{place}: the labels of the type {name} are those of this code, in its order ({}): derive TenantEnum or SharedEnum \
                 where they are to be others",
                labels.join(", ")
            ));
        }
        match found.iter().find(|other| other.tier == tier && other.name == name) {
            Some(other) if other.labels != labels => code.problems.push((
                tier,
                format!("{place}: the type {name} has other labels at {}: give both the same", other.place),
            )),
            Some(_) => {}
            None => found.push(CodeEnum { tier, name, place, labels }),
        }
    }
    found
}

fn type_name(of: &RustEnum, own: Option<&str>) -> String {
    use heck::ToSnakeCase as _;
    of.type_name.clone().or_else(|| own.map(str::to_owned)).unwrap_or_else(|| of.name.to_snake_case())
}
