"""The rounds of attacks on runs on nodes count what happened, and stop at a wrong artifact. No Slurm takes part."""

from types import SimpleNamespace

import attacks
import nodes
from attacks import End


class Healthy:
    """Runs on nodes in which nothing goes wrong until round `wrong`."""

    def __init__(self, wrong):
        self.cluster = SimpleNamespace(jobs=list)
        self._left = wrong

    def run(self, engine):
        assert engine in nodes.ENGINES

    def edit(self, batch_size):
        self.edited = batch_size

    def check(self):
        self._left -= 1
        if not self._left:
            raise AssertionError("wrong, missing or too many: results/report")
        return 30


def test_every_attack_is_counted_and_a_wrong_artifact_ends_the_rounds(monkeypatch):
    for name in nodes.SHOWN:
        monkeypatch.setattr(attacks, name, lambda *_, **__: End(1, "failed"))
    monkeypatch.setattr(attacks, "head_killed", lambda *_, **__: End(None))
    monkeypatch.setattr(attacks, "second_engine", lambda *_, **__: (End(2, nodes.REFUSED), End(0)))
    monkeypatch.setattr(attacks, "out_of_time", lambda *_, **__: (End(1, "failed"), (1, 2)))
    attacker = nodes.Attacker(Healthy(wrong=40), seed=1)
    attacker.go(60)
    *rows, last = attacker.rows()
    assert [row["attack"] for row in rows] == list(nodes.SHOWN.values())
    assert sum(row["tried"] for row in rows) >= 40
    assert all(row["tried"] for row in rows)
    assert rows[0]["killed"] == rows[0]["tried"]
    assert {row["attack"]: row for row in rows}[nodes.SHOWN["second_engine"]]["refused"]
    assert last["tried"] == 39
    assert last["attack"] == "run to the end after attacks: 1,170 artifacts compared, none mended by hand"
    assert len(last["failures"]) == 1
    assert last["failures"][0].endswith("wrong, missing or too many: results/report")


def test_a_traceback_is_a_failure(monkeypatch):
    for name in nodes.SHOWN:
        monkeypatch.setattr(attacks, name, lambda *_, **__: End(0, "Traceback (most recent call last)"))
    monkeypatch.setattr(attacks, "second_engine", lambda *_, **__: (End(1, "odd"), End(0)))
    attacker = nodes.Attacker(Healthy(wrong=40), seed=1)
    attacker.go(3)
    assert len(attacker.rows()[-1]["failures"]) == 1
