import pickle

from revisit import errors


def test_an_endless_message_keeps_what_failed_and_the_remedy():
    error = errors.DataError(f"a.zip: found {'x' * 100_000}: get it again")
    assert len(str(error)) < errors.LONGEST + 10
    assert str(error).startswith("a.zip: found xx")
    assert str(error).endswith("xx: get it again")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301  (made here)
    assert str(errors.DataError("short")) == "short"
