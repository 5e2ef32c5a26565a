//! What Diesel knows of the tenants' schemas.

diesel::table! {
    notes (id) {
        id -> Integer,
        text -> Text,
    }
}
