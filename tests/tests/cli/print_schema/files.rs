//! Where the text goes, and what is not written over.

use super::{configured, read, shop};

#[tokio::test]
async fn a_file_is_written_compared_and_left_alone() {
    let project = configured(shop().await, "file = \"src/schema.rs\"");
    let document = project.run(&["print-schema", "--check", "--format", "json"]).code(1).json();
    assert_eq!(document["files"][0]["outcome"], "differs", "{document:#}");
    assert!(!project.path("src").exists(), "a check writes nothing");

    let document = project.run(&["print-schema", "--format", "json"]).code(0).json();
    assert_eq!(
        (&document["files"][0]["file"], &document["files"][0]["outcome"]),
        (&"src/schema.rs".into(), &"written".into())
    );
    let text = read(&project, "src/schema.rs");
    let modified = || std::fs::metadata(project.path("src/schema.rs")).unwrap().modified().unwrap();
    let before = modified();
    project.run(&["print-schema"]).code(0).says(&["src/schema.rs is up to date"]);
    assert_eq!(modified(), before);

    // A checkout with other ends of lines has the same text.
    std::fs::write(project.path("src/schema.rs"), text.replace('\n', "\r\n")).unwrap();
    project.run(&["print-schema", "--check"]).code(0);

    let edited = text.replace("tags -> Array<Nullable<Text>>,", "tags -> Array<Text>,");
    std::fs::write(project.path("src/schema.rs"), &edited).unwrap();
    project.run(&["print-schema", "--check"]).code(1).says(&[
        "--- src/schema.rs\n+++ src/schema.rs (printed)\n@@ ",
        "\n-        tags -> Array<Text>,\n+        tags -> Array<Nullable<Text>>,\n",
        "src/schema.rs is not what the database has: run `cargo multitenant print-schema`",
    ]);
    assert_eq!(read(&project, "src/schema.rs"), edited);
    assert!(project.run(&["print-schema", "--stdout"]).code(0).stdout == text);
    project.run(&["print-schema"]).code(0).says(&["src/schema.rs is written anew"]);
    assert_eq!(read(&project, "src/schema.rs"), text);
    let beside = std::fs::read_dir(project.path("src")).unwrap().count();
    assert_eq!(beside, 1, "nothing is left beside it");
}

#[tokio::test]
async fn what_somebody_wrote_by_hand_is_not_written_over() {
    let project = configured(shop().await, "file = \"src/schema.rs\"").file("src/schema.rs", "// mine\n");
    project.run(&["print-schema"]).code(13).complains(&["src/schema.rs was not generated", "--force"]);
    assert_eq!(read(&project, "src/schema.rs"), "// mine\n");
    project.run(&["print-schema", "--force"]).code(0);
    assert!(read(&project, "src/schema.rs").starts_with("// @generated automatically by Diesel CLI.\n"));

    let project = configured(project, "file = \"migrations\"");
    project.run(&["print-schema", "--force"]).code(3).complains(&["migrations cannot be read"]);
    project.run(&["print-schema", "--check", "--stdout"]).code(2);
}

#[tokio::test]
async fn the_file_and_the_patch_of_diesel_toml_hold() {
    let patch = "--- a\n+++ b\n@@ -5,5 +5,5 @@\n     #[derive(diesel::sql_types::SqlType)]\n\
                 -    #[diesel(postgres_type(name = \"currency\", schema = \"public\"))]\n\
                 +    #[diesel(postgres_type(name = \"currency\", schema = \"money\"))]\n\
                 \u{20}    pub struct Currency;\n \n     #[derive(diesel::sql_types::SqlType)]\n";
    let toml =
        "[print_schema]\nfile = \"src/db/schema.rs\"\npatch_file = \"schema.patch\"\nschema = \"x\"\nviews = true\n";
    let project = shop().await.file("diesel.toml", toml).file("schema.patch", patch);
    project.run(&["print-schema"]).code(0).says(&["src/db/schema.rs is written anew"]).complains(&[
        "the file is the one that diesel.toml names: src/db/schema.rs",
        "print_schema.schema is not followed",
        "print_schema.views is not followed",
    ]);
    assert!(read(&project, "src/db/schema.rs").contains("name = \"currency\", schema = \"money\""));
    let project = project.file("schema.patch", &patch.replace("Currency", "Money"));
    project.run(&["print-schema", "--check"]).code(3).complains(&["schema.patch does not apply"]);
    let project = project.file("diesel.toml", "[print_schema]\nwith_docs = \"loud\"\n");
    project.run(&["print-schema"]).code(3).complains(&["diesel.toml cannot be used", "with_docs cannot be \"loud\""]);
    let project = project.file("diesel.toml", "");
    project.run(&["print-schema", "--check"]).code(2).complains(&["no file to compare with"]);
}
