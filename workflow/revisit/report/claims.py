"""The ledger of claims: what the source reports say, and the rule by which our metrics decide about it.

`workflow/claims/` holds a file per study; `docs/claims.md` says what every key means. A claim with `each` stands for a
row of a table: one claim for each of its entries, with `{name}`, `{label}` and `{published}` filled in.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from revisit.errors import ConfigError
from revisit.report import entries
from revisit.report.entries import Entry
from revisit.report.expressions import Expression, experiments_in
from revisit.report.rules import (
    Comparison,
    Hypothesis,
    Identifier,
    KnownError,
    Near,
    Number,
    Possible,
    Rule,
)
from revisit.scales import SCALES

LEDGER = Path("workflow/claims")
ITEM = r"^S[0-9]\.[0-9]{1,3}$"


class Shown(Entry):
    """A number shown beside a verdict."""

    label: str
    value: Expression


class Claim(Entry):
    """One number or statement of a source report."""

    id: Identifier
    study: Identifier
    source: Annotated[str, Field(pattern=r"^S[0-9]$")]
    place: str
    items: list[Annotated[str, Field(pattern=ITEM)]] = Field(default_factory=list)
    group: Identifier | None = None
    statement: Annotated[str, Field(min_length=1)]
    published: Number | None
    unit: str = ""
    ours: Expression | None = None
    rule: Rule
    comparable: Annotated[list[Literal["demo", "laptop", "paper"]], Field(min_length=1)] = Field(["paper"])
    data: Literal["none", "any", "published"] = "published"
    values: list[Shown] = Field(default_factory=list)
    possible: Possible | None = None
    known_error: KnownError | None = None
    hypotheses: list[Hypothesis] = Field(default_factory=list)
    figure: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")] | None = None
    note: str = ""

    @model_validator(mode="after")
    def _fits(self) -> "Claim":
        numeric = self.rule.kind in ("exact", "near")
        if numeric != (self.published is not None):
            raise ValueError("'exact' and 'near' compare with a published number; other rules have none (null)")
        if numeric and self.ours is None:
            raise ValueError("'exact' and 'near' compare a number of ours: give `ours`")
        if (self.known_error or self.possible) and self.published is None:
            raise ValueError("known_error and possible speak of a published number")
        return self

    def comparisons(self) -> list[Comparison]:
        """Those of the rule itself."""
        return list(getattr(self.rule, "all", []))

    def deciding(self) -> list[str]:
        """The expressions that the rule itself compares: without them there is no verdict."""
        numbers = [self.ours] if self.ours is not None and self.rule.kind in ("exact", "near") else []
        return numbers + [side for part in self.comparisons() for side in part.expressions()]

    def expressions(self) -> list[str]:
        """Every expression of the claim."""
        beside = list(self.rule.direction) if isinstance(self.rule, Near) else []
        beside += self.known_error.when if self.known_error else []
        beside += [part for hypothesis in self.hypotheses for part in hypothesis.holds]
        sides = [side for part in beside for side in part.expressions()]
        own = [self.ours] if self.ours else []
        return [*own, *self.deciding(), *sides, *(shown.value for shown in self.values)]

    def decided_at(self, scale: str) -> bool:
        """Whether numbers of a scale decide all of the claim.

        A scale between two that do, does too. At laptop scale networks are those that were published, so what only
        counts them is decided there as it is at paper scale.
        """
        place, known = SCALES.index(scale), sorted(map(SCALES.index, self.comparable))
        counted = scale == "laptop" and self.data == "none" and "paper" in self.comparable
        return known[0] <= place <= known[-1] or counted

    def counts_at(self, scale: str, comparison: Comparison) -> bool:
        """Whether a comparison says something at a scale. Shortened protocols give directions, but no numbers."""
        shortened = scale == "laptop" and "paper" in self.comparable
        return self.decided_at(scale) or (shortened and comparison.is_direction)

    def judged_at(self, scale: str) -> bool:
        """Whether the claim, or at least the direction of its number, can be judged at a scale."""
        parts = self.comparisons() or list(getattr(self.rule, "direction", []))
        return self.decided_at(scale) or (bool(parts) and all(self.counts_at(scale, part) for part in parts))

    def scales(self) -> list[str]:
        """The scales at which the claim can be judged; a number counts only where the number itself can be."""
        number = self.rule.kind != "compare"
        return [scale for scale in SCALES if self.decided_at(scale) or (not number and self.judged_at(scale))]

    def experiments(self) -> set[str]:
        """The experiments that the claim speaks about."""
        return experiments_in(self.expressions())


def load(folder: str | Path = LEDGER) -> list[Claim]:
    """The claims of all studies, in the order of the file names. Raises ConfigError naming claim and field."""
    paths = sorted(Path(folder).glob("*.yaml"))
    if not paths:
        raise ConfigError(f"{folder}: there are no claims (*.yaml); restore them with `git checkout {folder}`")
    return [claim for path in paths for claim in of_study(path.stem, folder)]


def of_study(study: str, folder: str | Path = LEDGER) -> list[Claim]:
    """The claims of one study, in their order; none where the ledger has no file of it.

    Raises:
        ConfigError: a mistake in the file; the message names claim and field.
    """
    path = Path(folder) / f"{study}.yaml"
    if not path.is_file():
        return []
    remedy = f"correct it, or restore it with `git checkout {path}`"
    claims: dict[str, Claim] = {}
    for label, entry in _entries(path, remedy):
        if isinstance(entry, dict) and "study" in entry:
            raise ConfigError(f"{path}: claim {label}: study: the file's name says it; leave it out; {remedy}")
        try:
            claim = Claim.model_validate(entry | {"study": study} if isinstance(entry, dict) else entry)
        except ValidationError as error:
            raise ConfigError(f"{path}: claim {label}: {entries.first_mistake(error, 'rule')}; {remedy}") from None
        if claim.id in claims:
            raise ConfigError(f"{path}: claim {claim.id} is there twice; {remedy}")
        claims[claim.id] = claim
    for claim in claims.values():
        if claim.rule.kind != "table":
            continue
        members = [other for other in claims.values() if other.group == claim.rule.group and other is not claim]
        if not members:
            raise ConfigError(f"{path}: claim {claim.id}: no claim is of the group {claim.rule.group}; {remedy}")
        if any(member.published is None for member in members):
            problem = f"not every claim of the group {claim.rule.group} has a published number"
            raise ConfigError(f"{path}: claim {claim.id}: {problem}; {remedy}")
    return list(claims.values())


def _entries(path: Path, remedy: str) -> list[tuple[str, Any]]:
    """The entries of a file with what to call them; those with `each` one by one."""
    pairs: list[tuple[str, Any]] = []
    for number, entry in enumerate(entries.read(path, "claims", remedy), 1):
        label = str(entry.get("id", number)) if isinstance(entry, dict) else str(number)
        if not isinstance(entry, dict) or "each" not in entry:
            pairs.append((label, entry))
            continue
        rows = entry["each"]
        if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
            raise ConfigError(f"{path}: claim {label}: each: a name with keys of its claim is expected; {remedy}")
        common = {key: value for key, value in entry.items() if key != "each"}
        for name, own in rows.items():
            words = {"name": str(name), "label": str(own.get("label", name))}
            filled = _filled(common, words, own.get("published")) | {
                key: value for key, value in own.items() if key != "label"
            }
            pairs.append((f"{label}_{name}", filled | {"id": f"{label}_{name}", "group": common.get("group", label)}))
    return pairs


def _filled(value: Any, words: dict[str, str], published: Any) -> Any:
    """`value` with `{name}` and `{label}` replaced in every text; `{published}` alone becomes that number."""
    if value == "{published}":
        return published
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(f"{{{word}}}", text)
        return value
    if isinstance(value, dict):
        return {key: _filled(inner, words, published) for key, inner in value.items()}
    return [_filled(inner, words, published) for inner in value] if isinstance(value, list) else value
