//! A seed that is Rust.

use diesel::ExpressionMethods;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use multitenant_runtime::FunctionResult;

use crate::notes::notes;

/// A first note for every tenant, in the same transaction as the SQL files of `seeds/tenant`.
pub(crate) async fn welcome(connection: &mut AsyncPgConnection) -> FunctionResult {
    let row = (notes::text.eq("from Rust"), notes::important.eq(true));
    diesel::insert_into(notes::table).values(row).execute(connection).await?;
    Ok(())
}
