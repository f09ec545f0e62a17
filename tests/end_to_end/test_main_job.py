"""The main job, from the API to the marts, through HTTP and SQL only."""


def test_the_first_run_publishes_and_ends_healthy(demo) -> None:
    done = demo.run("run", "--client", "acme-outdoor", "--client", "sakura-stationery")
    assert done.returncode == 0, done.stderr
    assert demo.value("select count(*) from marts.monthly_client_summary") == 4
