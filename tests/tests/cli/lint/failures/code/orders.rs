diesel::table! {
    orders (id) {
        id -> Int4,
        note -> Text,
    }
}
