"""What somebody who may read the marts tries: to be more than a reader."""

import subprocess
from contextlib import nullcontext

import psycopg
import pytest
from databases import META_ADS, Warehouse, named, superuser_url
from logins import login

from orchestration.cli.actions.sql import run_sql
from orchestration.errors import UsageError
from orchestration.warehouse.embedded.binaries import installed_binaries
from orchestration.warehouse.embedded.server import EmbeddedServer

EVERYTHING = """
select oid::regclass::text from pg_class where oid >= 16384
union all select rolname || rolsuper from pg_roles
union all select oid::text from pg_largeobject_metadata
order by 1
"""
"""Relations, roles and large objects."""

FUNCTIONS = """
select p.oid::regprocedure::text from pg_proc as p
where p.pronamespace = 'ops'::regnamespace and has_function_privilege(%s, p.oid, 'execute')
"""

WITHOUT_EFFECT = ("reset role", "commit", "set transaction read write")
"""Alone they change nothing, and may end well."""


@pytest.mark.parametrize(
    "statement",
    [
        *WITHOUT_EFFECT,
        "rollback; reset role; create table public.taken (id integer)",
        "select 1; select 2",
        "copy (select 1) to program 'touch taken'",
        "select set_config('role', 'none', false), query_to_xml('select * from ops.clients', "
        "true, true, '')",
        "do $$ begin commit; create table public.taken (id integer); end $$",
        "with gone as (delete from marts.dim_clients returning *) select * from gone",
        "select lo_from_bytea(0, 'x')",
        "create temporary table taken (id integer)",
        "alter role marts_reader superuser",
        "select pg_read_file('/etc/passwd')",
    ],
)
def test_no_statement_gets_meta_ads_sql_out_of_its_login(
    published: Warehouse, statement: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = published.rows(EVERYTHING)
    is_refused = statement not in WITHOUT_EFFECT
    with pytest.raises(UsageError, match="The query fails") if is_refused else nullcontext():
        run_sql(published.settings(), statement)
    assert "acme" not in capsys.readouterr().out
    assert published.rows(EVERYTHING) == before


def test_a_refused_statement_ends_the_command_with_a_sentence(published: Warehouse) -> None:
    done = published.run("sql", "rollback; reset role; create table public.taken (id integer)")
    assert done.returncode == 2, done.stdout
    assert "The query fails" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_prompt_is_the_readers_own_session(published: Warehouse) -> None:
    environment = published.command_environment({})
    environment["PATH"] += f":{installed_binaries().program('psql').parent}"
    done = subprocess.run(
        [META_ADS, "sql"],
        input="reset role;\nselect session_user;\nselect count(*) from ops.clients;\n",
        env=environment,
        cwd=published.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "marts_reader" in done.stdout
    assert "permission denied" in done.stderr


def test_the_readers_password_is_made_once_and_set_again_where_it_was_changed(
    published: Warehouse,
) -> None:
    assert published.run("sql", "select 1").returncode == 0
    kept = (published.home / "reader_password").read_text()
    assert (published.home / "reader_password").stat().st_mode & 0o77 == 0
    published.execute("alter role marts_reader password 'other'")
    done = published.run("sql", "select session_user")
    assert "marts_reader" in done.stdout, done.stderr
    assert (published.home / "reader_password").read_text() == kept


def test_a_role_of_that_name_that_somebody_else_made_keeps_its_password(
    published: Warehouse,
) -> None:
    published.execute("comment on role marts_reader is 'reports of the finance team'")
    verifier = "select rolpassword from pg_authid where rolname = 'marts_reader'"
    before = published.value(verifier)
    try:
        done = published.run("sql", "select session_user, current_user")
        assert done.stdout.split()[2:] == ["meta_ads", "analyst"], done.stderr
        assert published.value(verifier) == before
    finally:
        published.execute(
            "comment on role marts_reader is 'meta-ads-warehouse: the login of meta-ads sql'"
        )


def test_a_superuser_without_a_reader_runs_no_statement(
    published: Warehouse, server: EmbeddedServer
) -> None:
    """Where the role is taken, cannot be used, or whatever else: its session would be taken on."""
    url = named(superuser_url(server), published.url.rpartition("/")[2])
    published.execute("comment on role marts_reader is 'reports of the finance team'")
    try:
        with pytest.raises(UsageError, match=r"somebody else's.*superuser"):
            run_sql(published.settings(warehouse_url=url), "select 1")
    finally:
        published.execute(
            "comment on role marts_reader is 'meta-ads-warehouse: the login of meta-ads sql'"
        )


def test_whoever_builds_becomes_nobody_else_through_a_function_of_the_owner(
    published: Warehouse,
) -> None:
    with login(published, "transformer") as connection:
        connection.execute(
            """
            create function staging.attack() returns date[] language plpgsql as $$
            begin
                raise exception 'ran as %', current_user;
            end $$;
            alter table published.client_months rename to kept_client_months;
            create view published.client_months as
            select client_id, month, staging.attack() as received_days
            from published.kept_client_months;
            grant select on published.client_months to loader;
            """
        )
    with (
        login(published, "loader") as connection,
        pytest.raises(psycopg.errors.RaiseException, match="ran as loader"),
    ):
        connection.execute("select ops.received_until('acme', '2026-11-01')")


def test_functions_with_the_owners_rights_read_the_owners_relations_only(
    published: Warehouse,
) -> None:
    """A relation of another owner may become a view whose functions run with those rights."""
    definers = published.rows(
        "select p.proname, pg_get_functiondef(p.oid) from pg_proc as p "
        "where p.prosecdef and p.pronamespace = 'ops'::regnamespace"
    )
    assert len(definers) >= 5
    for name, text in definers:
        assert "search_path TO 'ops', 'pg_temp'" in text, name
        for schema in ("published", "history", "marts", "candidate", "audit", "intermediate"):
            assert f"{schema}." not in text, name


def test_functions_are_executed_by_the_roles_that_need_them(published: Warehouse) -> None:
    everybody = "select count(*) from pg_proc where pronamespace = 'ops'::regnamespace"
    with published.connect() as connection:
        connection.execute("create role nobody_in_particular")
        assert connection.execute(FUNCTIONS, ["nobody_in_particular"]).fetchall() == []
        analyst = {name for (name,) in connection.execute(FUNCTIONS, ["analyst"])}
        assert 5 < len(analyst) < 15
        for role in ("analyst", "loader", "monitor"):
            found = {name for (name,) in connection.execute(FUNCTIONS, [role])}
            assert not {"ops.drop_taken_back(bigint)", "ops.renew_statistics()"} & found
        transformer = connection.execute(FUNCTIONS, ["transformer"]).fetchall()
        assert [(len(transformer),)] == connection.execute(everybody.encode()).fetchall()
        connection.rollback()
