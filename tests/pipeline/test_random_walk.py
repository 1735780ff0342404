import pytest

from random_walk import Walk


@pytest.mark.pipeline
@pytest.mark.thorough
def test_any_edit_damage_or_kill_ends_in_the_right_artifacts_with_either_engine(tmp_path):
    """A short walk; `make reliability` takes a long one."""
    walk = Walk(tmp_path / "tree", seed=20190302)
    for _ in range(2):
        print(walk.step())
