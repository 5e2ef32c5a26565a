diesel::table! {
    public.orders (id) {
        id -> Int4,
        note -> Text,
    }
}
