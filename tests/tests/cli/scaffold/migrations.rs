//! `scaffold migration`: templates by name, and what they make.

use std::fs;

use insta::assert_snapshot;

use super::{files, scaffold, shown, unversioned};
use crate::project::Project;

fn shop() -> Project {
    Project::on_disk()
        .migration("tenant/1_users", "create table users (id bigint primary key);")
        .migration("tenant/2_orders", "create table orders (id bigint primary key, user_id bigint, total int);")
}

#[test]
fn a_name_says_what_is_made() {
    let project = shop();
    for line in [
        "create_items --type tenant sku:text:unique order_id:references=orders --timestamps --soft-delete --uuid",
        "add_note_to_orders --type tenant note:text rank:int:default=0 buyer_id:references=users",
        "add_unique_index_on_orders_total --type tenant",
        "add_fk_orders_user_id --type tenant",
        "backfill --type tenant",
    ] {
        scaffold(&project, &format!("migration {line}")).code(0);
    }
    assert_snapshot!(shown(&project, "migrations/tenant/20"));
}

#[test]
fn the_result_is_a_document() {
    let project = shop();
    let answer = scaffold(&project, "migration add_fk_orders_user_id --type tenant --format json").code(0);
    let document = answer.json();
    assert_eq!(document["format"], 1);
    assert_eq!(document["kind"], "migration");
    assert_eq!((&document["tier"], &document["template"]), (&"tenant".into(), &"add-foreign-key".into()));
    let paths: Vec<_> =
        document["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert!(paths.iter().all(|path| project.path(path).is_file()));
    assert_eq!(paths.len(), 7);
    assert!(paths.is_sorted_by_key(|path| path.split('/').nth(2).map(str::to_owned)));
    assert_eq!(unversioned(paths[6]), "migrations/tenant/V_validate_orders_user_id_fkey/down.sql");
    // The constraint is there now.
    scaffold(&project, "migration add_fk_orders_user_id --type tenant")
        .code(13)
        .complains(&["the table `orders` has a constraint `orders_user_id_fkey` already", "drop or rename"]);
    // An index that is there is not made once more.
    let project = shop().migration("tenant/20_index", "create index on orders (user_id);");
    let answer = scaffold(&project, "migration add_fk_orders_user_id --type tenant --dry-run --format json").code(0);
    assert_eq!(answer.json()["files"].as_array().unwrap().len(), 4);
}

#[test]
fn names_that_are_taken_are_not_made_again() {
    let project = shop().migration("tenant/20_notes", "create table notes (id bigint primary key);");
    scaffold(&project, "migration add_author_to_notes --type tenant author_id:references=notes:null").code(0);
    for (line, complaint) in [
        (
            "add_fk_notes_author_id --type tenant author_id:references=notes",
            "constraint `notes_author_id_fkey` already",
        ),
        ("add_index_on_notes_author_id --type tenant", "index is called `notes_author_id_idx` already"),
    ] {
        scaffold(&project, &format!("migration {line}")).code(13).complains(&[complaint]);
    }
}

#[test]
fn a_new_column_without_a_default_is_said_to_take_null() {
    let said = |columns: &str| {
        let line = format!("migration add_things_to_orders --type tenant --dry-run {columns}");
        scaffold(&shop(), &line).code(0).stderr.contains("may be null")
    };
    assert!(said("a:bigint"));
    assert!(said("a:bigint:null b:references=users"));
    assert!(!said("a:bigint:null b:int:default=0"));
}

#[test]
fn a_dry_run_writes_nothing_and_shows_everything() {
    let project = shop();
    let before = files(&project);
    scaffold(&project, "migration add_index_on_orders_total --type tenant --dry-run").code(0).says(&[
        "would be created: migrations/tenant/20",
        "    CREATE INDEX CONCURRENTLY orders_total_idx ON orders (total);\n",
        "    run_in_transaction = false\n",
    ]);
    scaffold(&project, "migration x --type shared --dry-run").code(0).says(&["migrations/shared/20"]);
    assert_eq!(files(&project), before);
}

#[test]
fn configured_folders_are_used_and_a_template_can_be_asked_for() {
    let toml = "[migrations]\nfolder = \"db/t\"\nshared_folder = \"db/s\"\n";
    let project = Project::on_disk().file("multitenant.toml", toml);
    scaffold(&project, "migration by_hand --type shared --template create-table --table plans").code(0);
    let made = files(&project).into_keys().find(|name| name.ends_with("_by_hand/up.sql")).unwrap();
    assert!(made.starts_with("db/s/"));
    assert!(fs::read_to_string(project.path(&made)).unwrap().starts_with("CREATE TABLE plans ("));
    scaffold(&project, "migration add_x_to_plans --type shared").code(0).complains(&[
        "made of the template add-column, as the name says",
        "the type of `x` is not said, and text is taken",
    ]);
}
