"""What dies is started again, with patience; what is healthy is left alone."""

import dataclasses
import sys
from pathlib import Path

import pytest

from aftercare.stack.errors import StackError
from aftercare.stack.process import Child
from aftercare.stack.supervisor import Service, Supervisor
from aftercare.stack.waiting import wait_until

SLEEPER = "import time; time.sleep(300)"


def test_a_service_that_dies_is_started_again(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    script = f"open({str(runs)!r}, 'a').write('x')"
    said: list[str] = []
    with Supervisor(tmp_path, said.append) as supervisor:
        supervisor.start([_python("flaky", f"{script}; import time; time.sleep(0.5)")])
        assert wait_until(lambda: _tended(supervisor, runs, times=2), 20)
    assert said[0].startswith("flaky ended with code 0; starting it again in 1 s")


def test_what_is_started_again_is_told_of_until_it_is_well(tmp_path: Path) -> None:
    said: list[str] = []
    healthy = tmp_path / "healthy"
    child = Child("server", [sys.executable, "-c", SLEEPER], log=tmp_path / "log")
    supervisor = Supervisor(tmp_path, said.append)
    supervisor.adopt(child, healthy.exists)
    child.start()
    child.kill()

    def tended(words: str) -> bool:
        supervisor.tend()
        return any(words in line for line in said)

    try:
        assert wait_until(lambda: tended("server ended with code -9; starting it again in 1 s"), 20)
        assert wait_until(lambda: tended("") and child.alive, 20)
        assert not tended("well again")
        healthy.touch()
        assert wait_until(lambda: tended("server is well again after"), 20)
        assert len(said) == 2
    finally:
        child.stop()


def test_a_service_that_keeps_dying_is_given_longer_pauses(tmp_path: Path) -> None:
    moment = 0.0
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append, lambda: moment)
    supervisor._kept = [supervisor._launch(_python("broken", "raise SystemExit(3)"))]
    for _ in range(3):
        supervisor._kept[0].child._process.wait()  # type: ignore[union-attr]
        supervisor.tend()
        moment += 40  # longer than any pause, shorter than what counts as settled
        supervisor.tend()
    assert [line.split(" in ")[1].split(" s")[0] for line in said] == ["1", "2", "4"]


def test_a_service_that_is_never_healthy_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    never = _python("deaf", "print('no port', flush=True); import time; time.sleep(60)", 0.5)
    with Supervisor(tmp_path) as supervisor:
        with pytest.raises(StackError, match=r"(?s)deaf was not healthy after 0 s.*"):
            supervisor.start([never])
        assert supervisor.pids
    assert supervisor.pids == {}


def _python(name: str, code: str, patience: float = 0.0) -> Service:
    healthy = (lambda: False) if patience else (lambda: True)
    return Service(name, [sys.executable, "-c", code], healthy=healthy, patience=patience or 10)


def _tended(supervisor: Supervisor, runs: Path, times: int) -> bool:
    supervisor.tend()
    return runs.exists() and len(runs.read_text()) >= times


def test_what_would_only_fail_again_is_left_down_and_said_once(tmp_path: Path) -> None:
    moment = 0.0
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append, lambda: moment)
    service = dataclasses.replace(_python("refused", "raise SystemExit(2)"), final=frozenset({2}))
    supervisor._kept = [supervisor._launch(service)]
    supervisor._kept[0].child._process.wait()  # type: ignore[union-attr]
    for _ in range(3):
        supervisor.tend()
        moment += 1000
    assert len(said) == 1
    assert "refused ended with code 2; starting it again would mend nothing" in said[0]
    assert not supervisor.all_alive
