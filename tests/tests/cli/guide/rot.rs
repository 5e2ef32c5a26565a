//! A guide that is wrong is found out: the test of the test.

use super::page::Page;
use super::stage;

const HEAD: &str = "<!-- project: shop; tenants: acme -->\n\n";

async fn played(text: &str) -> Result<stage::Played, String> {
    stage::play(&Page::read("page.md", &format!("{HEAD}{text}"))?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_right_passes() {
    let right = "```console\n$ cargo multitenant status --tenant acme\n…\n 1 tenant: 1 up to date\n```\n
<!-- sql: drop table tenant_acme.orders -->

```console
$ cargo multitenant drift     # exits with 1
…
$ cargo multitenant generate tenant add_a
migrations/tenant/2020-02-02-020202_add_a/up.sql
migrations/tenant/2020-02-02-020202_add_a/down.sql
$ cat migrations/tenant/2020-02-02-020202_add_a/up.sql
…
```

<!-- not run: needs a cluster -->
```console
$ kubectl get pods
```
";
    let played = played(right).await.unwrap();
    assert_eq!((played.blocks, played.commands.len(), played.not_run.len()), (2, 3, 1), "{played:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_found_at_its_line() {
    for (what, wrong, why) in [
        ("output", "```console\n$ cargo multitenant status\n all is well\n```\n", "and prints"),
        ("exit code", "```console\n$ cargo multitenant status --tenant nobody\n```\n", "exits with 4"),
        ("expected exit code", "```console\n$ cargo multitenant status # exits with 1\n```\n", "exits with 0"),
        ("flag", "```console\n$ cargo multitenant status --no-such-flag\n```\n", "exits with 2"),
        ("program", "```console\n$ kubectl get pods\n```\n", "not run"),
        ("reason", "<!-- not run: -->\n```console\n$ kubectl get pods\n```\n", "no reason"),
        ("shell", "```console\n$ cargo multitenant status | less\n```\n", "only a shell"),
        ("way out", "```console\n$ cat ../../etc/passwd\n```\n", "leads out"),
        ("way out from the root", "```console\n$ cat /etc/passwd\n```\n", "leads out"),
        ("file", "<!-- file: ../x.sql -->\n```sql\nSELECT 1;\n```\n", "leads out"),
        ("no command", "```console\nacme\n```\n", "no command"),
        ("key", "```toml\n[tenants]\nsauce = \"table\"\n```\n", "sauce"),
        ("SQL", "```sql\nCREATE TABEL a (id int);\n```\n", "yntax"),
        ("hidden command", "<!-- run: cargo multitenant status --nope -->\n", "exits with 2"),
        ("hidden SQL", "<!-- sql: create tabel a (); -->\n", "tabel"),
        ("language", "```yaml\na: b\n```\n", "nobody reads"),
        ("comment", "<!-- todo -->\n```console\n$ cargo multitenant status\n```\n", "what is"),
        ("comment of nothing", "<!-- not run: needs a cluster -->\nA line\n", "no block follows"),
        ("block", "```console\n$ cargo multitenant status\n", "left open"),
    ] {
        let found = played(wrong).await.err().unwrap_or_default();
        let at = ["page.md:3: ", "page.md:4: "].iter().any(|place| found.starts_with(place));
        assert!(at && found.contains(why), "{what}: {found:?}");
    }
}
