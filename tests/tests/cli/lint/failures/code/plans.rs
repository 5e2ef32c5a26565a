diesel::table! {
    plans (id) {
        id -> Int4,
        note -> Text,
    }
}
