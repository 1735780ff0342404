"""The one test that is skipped where the others of this folder cannot run."""

import pytest


def test_there_is_a_browser(lacking, request):
    if lacking and "tests/browser" not in " ".join(request.config.invocation_params.args):
        pytest.skip(f"the report was not looked at in a browser: {lacking}")
    assert not lacking
    assert request.getfixturevalue("browser").is_connected()
