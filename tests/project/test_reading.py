"""What is no JSON to anybody else, though Python reads it, is refused wherever JSON is read."""

import pytest

from revisit import reading


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (rb'{"a": ["\ud800"]}', "half of a character"),
        (rb'{"\udfff": 1}', "half of a character"),
        (b'"\xed\xa0\x80"', "not UTF-8 text"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "a key is given twice: 'b'"),
        (b"[NaN]", "no finite number"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_json_that_others_would_read_otherwise_is_refused(tmp_path, content, words):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        reading.json_value(path)


def test_pairs_of_surrogates_are_characters(tmp_path):
    (tmp_path / "a.json").write_bytes(rb'{"a": "\ud83d\ude00 \u00e9"}')
    assert reading.json_value(tmp_path / "a.json") == {"a": "\U0001f600 é"}
