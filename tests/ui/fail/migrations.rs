use multitenant_runtime::embed_migrations;

fn main() {
    embed_migrations!(
        tenant = "fixtures/broken/tenant",
        //~^ ERROR fixtures/broken/tenant/2026-01-01_no_up has no up.sql: write one, or remove the folder
        //~^^ ERROR fixtures/broken/tenant/2026-01-02_empty/up.sql is empty
        //~^^^ ERROR fixtures/broken/tenant/_no_version: the name has no version before its first `_`
        //~^^^^ ERROR 1_long: the version `123456789012345678901234567890123456789012345678901` has 51 characters
        //~^^^^^ ERROR fixtures/broken/tenant/2026-01-03_one and fixtures/broken/tenant/20260103_two have the same version, 20260103
        //~^^^^^^ ERROR fixtures/broken/tenant/2026-01-04_latin1/up.sql cannot be read: it is not UTF-8
        //~^^^^^^^ ERROR fixtures/broken/tenant/2026-01-04_latin1/down.sql cannot be read: it is not UTF-8
        //~^^^^^^^^ ERROR fixtures/broken/tenant/more has no up.sql, but holds migrations
        //~^^^^^^^^^ ERROR fixtures/broken/tenant/2026-01-06_folder/up.sql cannot be read
        //~^^^^^^^^^^ ERROR 2026-02-01_unknown_key/metadata.toml:1:1: unknown key `run_in_transactoin`: did you mean `run_in_transaction`?
        //~^^^^^^^^^^^ ERROR 2026-02-02_wrong_type/metadata.toml:1:22: run_in_transaction: this is a text: write `true` or `false`
        //~^^^^^^^^^^^^ ERROR 2026-02-03_without/metadata.toml does not say `run_in_transaction`, which Diesel silently reads as `false`: write `run_in_transaction = true`
        //~^^^^^^^^^^^^^ ERROR 2026-02-04_syntax/metadata.toml:2:
        //~^^^^^^^^^^^^^^ ERROR 2026-02-05_ours/metadata.toml:2:13: unknown key `allow_shared_lock` in [multitenant]: did you mean `allow_shared_locks`?
        //~^^^^^^^^^^^^^^^ ERROR 2026-02-06_ours_type/metadata.toml:2:15: multitenant: this is a section: write `[multitenant]`
        //~^^^^^^^^^^^^^^^^ ERROR 2026-02-07_latin1/metadata.toml cannot be read: it is not UTF-8
        //~^^^^^^^^^^^^^^^^^ ERROR 2026-02-08_only_ours/metadata.toml does not say `run_in_transaction`
        shared = "fixtures/broken/shared", //~ ERROR fixtures/broken/shared/_: the name has no version
    );
}
