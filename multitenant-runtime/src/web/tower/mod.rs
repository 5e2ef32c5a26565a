//! The layer for services over `http`.

mod answer;
mod layer;
mod response;

pub use answer::{AnswerRejection, PlainText};
pub use layer::{TenantLayer, TenantService};
pub use response::TenantResponse;
