diesel::table! {
    public.plans (id) {
        id -> Int4,
        note -> Text,
    }
}
