//! What is printed compiles, and can be queried.

#[expect(unreachable_pub, reason = "it is printed for a file of its own")]
mod plain {
    include!("../../../fixtures/print_schema/plain.rs");
}

#[expect(unreachable_pub, reason = "it is printed for a file of its own")]
mod both {
    include!("../../../fixtures/print_schema/tiers/both.rs");
}

#[expect(unreachable_pub, reason = "it is printed for a file of its own")]
mod tiers {
    pub mod shared {
        include!("../../../fixtures/print_schema/tiers/shared.rs");
    }
    pub mod tenant {
        include!("../../../fixtures/print_schema/tiers/tenant.rs");
    }
}

use diesel::pg::Pg;
use diesel::prelude::*;

#[test]
fn tables_can_be_joined_within_and_across_tiers() {
    let sql = |query: &dyn std::fmt::Display| query.to_string();
    let one = {
        use both::{invoices, plans, users};
        let query =
            invoices::table.inner_join(users::table.inner_join(plans::table)).select((invoices::type_, plans::name));
        sql(&diesel::debug_query::<Pg, _>(&query))
    };
    let other = {
        use tiers::{shared::plans, tenant::invoices, tenant::users};
        let query =
            invoices::table.inner_join(users::table.inner_join(plans::table)).select((invoices::type_, plans::name));
        sql(&diesel::debug_query::<Pg, _>(&query))
    };
    assert_eq!(one, other);
    let expected = "SELECT \"invoices\".\"type\", \"public\".\"plans\".\"name\" FROM (\"invoices\" INNER JOIN (\"users\" \
                    INNER JOIN \"public\".\"plans\" ON (\"users\".\"plan_id\" = \"public\".\"plans\".\"id\"))";
    assert!(one.starts_with(expected), "{one}");
    let names = plain::two_words::table.select((plain::two_words::_2nd, plain::two_words::columns_));
    let text = sql(&diesel::debug_query::<Pg, _>(&names));
    assert!(text.starts_with("SELECT \"two words\".\"2nd\", \"two words\".\"columns\" FROM \"two words\""), "{text}");
}

#[test]
fn tables_are_marked() {
    fn tier<T: multitenant_runtime::table::Marked>() -> &'static str {
        std::any::type_name::<T::Tier>().rsplit("::").next().unwrap()
    }
    assert_eq!((tier::<both::plans::table>(), tier::<both::users::table>()), ("Shared", "Tenant"));
    assert_eq!((tier::<tiers::shared::plans::table>(), tier::<tiers::tenant::users::table>()), ("Shared", "Tenant"));
}
