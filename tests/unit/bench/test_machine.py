"""The benchmark also runs where nothing can be pinned, and says so."""

import pytest

from bench import machine


@pytest.fixture
def cores(monkeypatch):
    """Choose how many cores there are, and whether there is a taskset."""

    def choose(usable, taskset):
        monkeypatch.setattr(machine, "usable_cores", lambda: usable)
        monkeypatch.setattr(machine.shutil, "which", lambda _: taskset)
        return machine.choose_pinning()

    return choose


def test_server_and_load_have_a_core_each(cores):
    pinning = cores([2, 5], "taskset")
    assert pinning.server == ("taskset", "-c", "2")
    assert pinning.load == ("taskset", "-c", "5")


@pytest.mark.parametrize(
    ("usable", "taskset", "told"), [([0, 1], None, "no taskset"), ([0], "taskset", "one core")]
)
def test_where_nothing_can_be_pinned_it_says_so(cores, usable, taskset, told):
    pinning = cores(usable, taskset)
    assert (pinning.server, pinning.load) == ((), ())
    assert told in pinning.told


def test_without_a_list_of_usable_cores_all_are_counted(monkeypatch):
    monkeypatch.delattr(machine.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 3)
    assert machine.usable_cores() == [0, 1, 2]
