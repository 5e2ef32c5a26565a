//! "Did you mean …?"

/// The candidate that was probably meant, if one is near enough.
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase().replace('-', "_");
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&written, &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_nothing_far_off() {
        let keys = ["url", "migrate_url", "shared_schema", "max_connections"];
        for (written, meant) in [
            ("shared-schema", Some("shared_schema")),
            ("max_conections", Some("max_connections")),
            ("ulr", None),
            ("URL", Some("url")),
            ("colour", None),
        ] {
            assert_eq!(nearest(written, keys), meant, "{written}");
        }
    }
}
