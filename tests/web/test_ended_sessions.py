"""The list of ended sessions: shared by servers, limited in size, and never losing a session."""

import time
from pathlib import Path

from orchestration.web.security.ended_sessions import MOST, EndedSessions


def test_every_server_knows_what_one_of_them_ended(tmp_path: Path) -> None:
    first, other = (EndedSessions(tmp_path / "ended") for _ in range(2))
    now = time.time()
    assert not other.has("first", now)
    first.end("first", now + 60)
    other.end("second", now + 60)
    for server in (first, other, EndedSessions(tmp_path / "ended")):
        assert server.has("first", now)
        assert server.has("second", now)
        assert not server.has("third", now)


def test_it_keeps_no_name_and_is_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "ended"
    EndedSessions(path).end("a-name-of-a-session", time.time() + 60)
    assert "a-name-of-a-session" not in path.read_text("utf-8")
    assert path.stat().st_mode & 0o777 == 0o600


def test_expired_sessions_make_room(tmp_path: Path) -> None:
    path, now = tmp_path / "ended", int(time.time())
    lines = [f"{number:064x} {now - 1}" for number in range(MOST)]
    path.write_text("\n".join(lines), "utf-8")
    ended = EndedSessions(path)
    ended.end("last", now + 60)
    assert ended.has("last", now)
    assert not ended.has("another", now)
    assert len(path.read_text("utf-8").splitlines()) == 2


def test_after_too_many_ended_sessions_all_until_then_are_ended(tmp_path: Path) -> None:
    path, now = tmp_path / "ended", int(time.time())
    lines = [f"{number:064x} {now + 600}" for number in range(MOST)]
    path.write_text("\n".join(lines), "utf-8")
    ended = EndedSessions(path)
    ended.end("last", now + 600)
    for server in (ended, EndedSessions(path)):
        assert server.has("last", now)
        assert server.has("never-ended", now)
        assert not server.has("opened-later", now + 60)
    assert len(path.read_text("utf-8").splitlines()) == 1


def test_a_line_that_a_crash_cut_short_does_not_lock_everybody_out(tmp_path: Path) -> None:
    path, now = tmp_path / "ended", time.time()
    EndedSessions(path).end("first", now + 60)
    with path.open("a", encoding="utf-8") as file:
        file.write("00ff")
    ended = EndedSessions(path)
    assert ended.has("first", now)
    assert not ended.has("second", now)
