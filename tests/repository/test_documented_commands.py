"""Every command that a document shows is one of the program, with options that it has."""

import pytest
from documented import commands_in, commands_of, documents, fault_of

RUN_BY_TESTS = {"docs/operations.md", "docs/runbook.md", "docs/tutorial.md", "docs/recipes.md"}


@pytest.mark.parametrize("document", documents())
def test_the_commands_of_a_document_exist(document: str) -> None:
    faults = {each.text: fault for each in commands_of(document) if (fault := fault_of(each))}
    assert faults == {}


def test_the_documents_have_the_commands() -> None:
    found = {document: len(commands_of(document)) for document in documents()}
    assert found.keys() >= RUN_BY_TESTS
    assert all(found[document] for document in RUN_BY_TESTS | {"README.md", "CONTRIBUTING.md"})
    assert sum(found.values()) > 200


@pytest.mark.parametrize(
    ("shown", "fault"),
    [
        ("`meta-ads runn`", "no command runn"),
        ("`.venv/bin/meta-ads run --clients X`", "No such option: --clients"),
        ("`meta-ads quarantine relase`", "no command relase"),
        ("`owed wave`, which is short", "no command wave"),
        ("`recover --lst`", "No such option: --lst"),
        ("`meta-ads explain CLIENT`", "Missing argument"),
        ('`meta-ads alerts mute RULE --for long --reason "…"`', "valid number"),
        ('`meta-ads owed waive X SINCE UNTIL --raeson "…"`', "No such option: --raeson"),
        ('`eval "$(meta-ads envv)"`', "no command envv"),
        ("```\n0 6 * * *  /srv/.venv/bin/meta-ads backup > /dev/null\n```", "Missing argument"),
        ("```\n0 6 * * *  meta-ads backup /b/$(date +\\%F).backup --now\n```", "--now"),
        ('```bash\nmeta-ads sql "select\n  1" --nope\n```', "--nope"),
        ("```bash\ncd x && A=1 meta-ads health || meta-ads heal\n```", "no command heal"),
        ("`make cleen`", "no cleen"),
        ("`make run ARG=--debug`", "no ARG"),
        ("`python -m benchmarks.nothing`", "no module"),
        ("`.venv/bin/pytest tests/nothing -k plan`", "tests/nothing"),
    ],
)
def test_what_is_wrong_is_found(shown: str, fault: str) -> None:
    faults = [found for each in commands_in(shown) if (found := fault_of(each))]
    assert len(faults) == 1, faults
    assert fault in faults[0]


@pytest.mark.parametrize(
    "shown",
    [
        "`meta-ads quarantine release`",
        '`meta-ads quarantine release CLIENT DAY --reason "…"`',
        "```\n15 * * * *  meta-ads run --json > /dev/null # each hour\n```",
        '`make run ARGS="--client acme"`',
        "`uvx --from FILE meta-ads …`",
    ],
)
def test_what_is_right_is_left_alone(shown: str) -> None:
    (found,) = commands_in(shown)
    assert fault_of(found) is None
