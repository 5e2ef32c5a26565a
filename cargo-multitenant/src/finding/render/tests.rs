//! One finding in all forms.

use insta::assert_snapshot;

use super::*;
use crate::finding::{Edit, Fix, Level, Place};
use crate::output::plain;

fn shown(form: impl Fn(&Findings<'_>) -> String) -> String {
    let mut sources = Sources::default();
    let shared = sources.add("migrations/shared/1_u/up.sql", "create table users ();\n");
    let file = sources.add("migrations/tenant/2_o/up.sql", "-- ä\ncreate table public.orders (\n  id int\n);\n");
    let at = |needle: &str| {
        let start = sources.get(file).text.find(needle).unwrap();
        Place::new(file, start..start + needle.len())
    };
    let finding = Finding {
        code: "tenant-schema-qualified",
        level: Level::Error,
        message: "a tenant's migration names the schema `public`".to_owned(),
        label: "every tenant would share it".to_owned(),
        place: at("public"),
        around: at("create table public.orders (\n  id int\n)"),
        related: vec![(Place::new(shared, 13..18), "the shared one, 100%".to_owned())],
        help: Some("leave the schema out".to_owned()),
        fix: Some(Fix { edits: vec![Edit { place: at("public."), text: String::new() }], is_certain: true }),
        object: "orders".to_owned(),
    };
    let codes = [Code { name: finding.code, docs: " ## What it does\n Finds it.\n", level: Level::Error }];
    let mut summary = Summary { schemas: 12, files: 2, ..Summary::default() };
    let findings = [finding];
    summary.count(&findings);
    form(&Findings { findings: &findings, sources: &sources, summary, codes: &codes })
}

#[test]
fn text_is_drawn_at_both_places() {
    assert_snapshot!(plain(&shown(text)), @"
    error[tenant-schema-qualified]: a tenant's migration names the schema `public`
     --> migrations/tenant/2_o/up.sql:2:14
      |
    2 | create table public.orders (
      |              ^^^^^^ every tenant would share it
      |
     ::: migrations/shared/1_u/up.sql:1:14
      |
    1 | create table users ();
      |              ----- the shared one, 100%
      |
      = help: leave the schema out

    12 schemas checked: 1 error
    ");
}

#[test]
fn json_has_every_field() {
    assert_snapshot!(shown(|findings| json(findings).unwrap()), @r#"
    {
      "format": 1,
      "findings": [
        {
          "code": "tenant-schema-qualified",
          "level": "error",
          "message": "a tenant's migration names the schema `public`",
          "file": "migrations/tenant/2_o/up.sql",
          "line": 2,
          "column": 14,
          "end_line": 2,
          "end_column": 20,
          "object": "orders",
          "help": "leave the schema out",
          "fixable": true,
          "related": [
            {
              "message": "the shared one, 100%",
              "file": "migrations/shared/1_u/up.sql",
              "line": 1,
              "column": 14,
              "end_line": 1,
              "end_column": 19
            }
          ]
        }
      ],
      "summary": {
        "schemas": 12,
        "files": 2,
        "errors": 1,
        "warnings": 0,
        "infos": 0,
        "fixed": 0,
        "baselined": 0
      }
    }
    "#);
}

#[test]
fn github_reads_one_line() {
    assert_snapshot!(shown(github), @"::error file=migrations/tenant/2_o/up.sql,line=2,endLine=2,col=14,endColumn=20,title=tenant-schema-qualified::a tenant's migration names the schema `public`%0Aleave the schema out");
}

#[test]
fn sarif_has_places_and_a_fingerprint() {
    assert_snapshot!(shown(|findings| sarif(findings).unwrap()), @r###"
    {
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
      "runs": [
        {
          "columnKind": "utf16CodeUnits",
          "results": [
            {
              "fixes": [
                {
                  "artifactChanges": [
                    {
                      "artifactLocation": {
                        "uri": "migrations/tenant/2_o/up.sql"
                      },
                      "replacements": [
                        {
                          "deletedRegion": {
                            "endColumn": 21,
                            "endLine": 2,
                            "startColumn": 14,
                            "startLine": 2
                          },
                          "insertedContent": {
                            "text": ""
                          }
                        }
                      ]
                    }
                  ],
                  "description": {
                    "text": "leave the schema out"
                  }
                }
              ],
              "level": "error",
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "migrations/tenant/2_o/up.sql"
                    },
                    "region": {
                      "endColumn": 20,
                      "endLine": 2,
                      "startColumn": 14,
                      "startLine": 2
                    }
                  }
                }
              ],
              "message": {
                "text": "a tenant's migration names the schema `public`: leave the schema out"
              },
              "partialFingerprints": {
                "statementHash/v1": "638ab7101ddae656a0952ca4f80c0c20"
              },
              "relatedLocations": [
                {
                  "id": 0,
                  "message": {
                    "text": "the shared one, 100%"
                  },
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "migrations/shared/1_u/up.sql"
                    },
                    "region": {
                      "endColumn": 19,
                      "endLine": 1,
                      "startColumn": 14,
                      "startLine": 1
                    }
                  }
                }
              ],
              "ruleId": "tenant-schema-qualified",
              "ruleIndex": 0
            }
          ],
          "tool": {
            "driver": {
              "informationUri": "https://github.com/cargo-multitenant/cargo-multitenant",
              "name": "cargo-multitenant",
              "rules": [
                {
                  "defaultConfiguration": {
                    "enabled": true,
                    "level": "error"
                  },
                  "help": {
                    "markdown": "## What it does\nFinds it.",
                    "text": "## What it does\nFinds it."
                  },
                  "id": "tenant-schema-qualified",
                  "shortDescription": {
                    "text": "Finds it."
                  }
                }
              ],
              "version": "0.1.0"
            }
          }
        }
      ],
      "version": "2.1.0"
    }
    "###);
}
