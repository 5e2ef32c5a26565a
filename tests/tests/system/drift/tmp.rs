use multitenant_runtime::*;
#[tokio::test(flavor = "multi_thread")]
async fn tmp() {
    let url = "postgres:///f?host=/tmp/dpg&port=5999&user=postgres";
    let folder = std::path::Path::new("/tmp/dpg/proj");
    let settings = SettingsText { registry: RegistryText::Schemas, ..SettingsText::DEFAULT };
    let m = Migrator::from_sets(
        None,
        MigrationSet::from_folder(Tier::Tenant, folder).unwrap(),
        Settings::try_from(settings).unwrap(),
    )
    .database_url(url)
    .build()
    .unwrap();
    if super::super::environment::variable("MARK").is_some() {
        m.run(Operation::mark_applied(Scope::tenants())).await.unwrap();
    }
    for _ in 0..3 {
        let r = m.drift(DriftOptions::new(Scope::tenants())).await.unwrap();
        let eq = r.targets.iter().filter(|t| t.outcome == DriftOutcome::Equal).count();
        super::super::environment::say(&format!(
            "{} targets {eq} equal, {} statements, {:?} {}",
            r.targets.len(),
            r.statements,
            r.duration,
            r.reference
        ));
        for t in r.targets.iter().filter(|t| t.outcome != DriftOutcome::Equal).take(3) {
            super::super::environment::say(&format!("{} {:?}", t.target, t.outcome));
            for d in t.differences.iter().take(20) {
                super::super::environment::say(&format!("   {d:?}"));
            }
        }
    }
}
