"""Several scales in one `params.yaml`: an experiment may have its own, or its study's, in place of the one at the top.

What trainings share (data sets, weights from elsewhere) takes the scale of those that use it. It is made once; where
they do not agree on what it is, that is a mistake, and the message says how to write it twice.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from revisit.params import blocks
from revisit.params.mistakes import Mistakes
from revisit.params.places import Place
from revisit.params.schema import Params

Wanted = dict[str, dict[str, list[str]]]  # what is shared -> scale -> who uses it at that scale


def is_mixed(params: Params) -> bool:
    """Whether a training has another scale than the one at the top."""
    return any(params.scale_of(name) != params.scale for name in params.trainings)


class Mixed:
    """`params.yaml` with each entry at its own scale.

    Args:
        at: the whole file at each scale; names, and what an entry uses, are the same in all of them.
    """

    def __init__(self, at: Mapping[str, Params]) -> None:
        self._at = at
        self._base = base = next(iter(at.values()))
        self._own = {name: base.scale_of(name) for name in base.trainings}
        self._weights = self._wanted_weights()
        self._proposals: Wanted = {}
        self._data = self._wanted_data()

    def params(self) -> Params:
        """Each entry as it is at its scale."""
        sections = {section: self._section(section) for section in blocks.SECTIONS}
        analyses = {
            kind: {name: getattr(self._at[self._own[name]].analyses, kind)[name] for name in entries}
            for kind, entries in self._base.analyses
        }
        return self._base.model_copy(update=sections | {"analyses": self._base.analyses.model_copy(update=analyses)})

    def scale_of(self, place: Place) -> str:
        """The scale of what stands at `place`."""
        section, *names = [str(key) for key in (*place, "", "")]
        if users := {"datasets": self._data, "proposals": self._proposals, "pretrained": self._weights}.get(section):
            return next(iter(users.get(names[0], ())), self._base.scale)
        return self._own.get(names[1] if section == "analyses" else names[0], self._base.scale)

    def check(self, mistakes: Mistakes) -> None:
        """Record what is not of one scale and would have to be."""
        for name in self._base.finetunings:
            for start, through in self._starts(name):
                if start in self._own and self._own[start] != self._own[name]:
                    way = f" (through {' and '.join(through)})" if through else ""
                    problem = (
                        f"{name} is at {self._own[name]} scale and starts from {start}{way}, which is at "
                        f"{self._own[start]} scale; give both one `scale`"
                    )
                    mistakes.add(("finetunings", name, "weights"), problem)
        for section, wanted, key in (
            ("pretrained", self._weights, "weights"),
            ("proposals", self._proposals, "dataset"),
            ("datasets", self._data, "dataset"),
        ):
            for name, users in wanted.items():
                names = [user for of_scale in users.values() for user in of_scale]
                several = len(set(names)) < len(names)  # one user at several scales: the mistake is that user's
                if not several and self._differs(section, name, users):
                    mistakes.add((section, name), _shared(name, users, key))

    def _section(self, section: str) -> dict[str, Any]:
        names = getattr(self._base, section)
        return {name: getattr(self._at[self.scale_of((section, name))], section)[name] for name in names}

    def _differs(self, section: str, name: str, scales: Iterable[str]) -> bool:
        """Whether an entry is not the same at some scales; published weights always are."""
        entries = [getattr(self._at[scale], section)[name] for scale in scales]
        if section == "pretrained" and all(self._base.source_of(entry) != "embedded" for entry in entries):
            return False
        return any(entry.model_dump() != entries[0].model_dump() for entry in entries)

    def _starts(self, finetuning: str) -> list[tuple[str, list[str]]]:
        """The networks that a finetuning starts from, each with the grafts on the way."""
        starts, queue = [], [(self._base.finetunings[finetuning].weights, list[str]())]
        while queue:
            name, through = queue.pop(0)
            if name in self._base.grafts:
                graft = self._base.grafts[name]
                queue += [(graft.trunk, [*through, name]), (graft.head, [*through, name])]
            else:
                starts.append((name, through))
        return starts

    def _wanted_weights(self) -> Wanted:
        wanted: Wanted = {}
        for name in self._base.finetunings:
            for start, _ in self._starts(name):
                if start in self._base.pretrained:
                    wanted.setdefault(start, {}).setdefault(self._own[name], []).append(name)
        return wanted

    def _wanted_data(self) -> Wanted:
        """Of data sets; of proposals, which are data sets that need others, in `_proposals`."""
        wanted: Wanted = {}

        def add(dataset: str, scale: str, user: str) -> None:
            section = self._proposals if dataset in self._base.proposals else wanted
            section.setdefault(dataset, {}).setdefault(scale, []).append(user)

        for name, training in self._base.trainings.items():
            add(training.dataset, self._own[name], name)
        for name, pretrained in self._base.pretrained.items():
            for scale in self._weights.get(name, {self._base.scale: []}):
                if self._base.source_of(self._at[scale].pretrained[name]) == "embedded":  # else nothing is trained
                    add(pretrained.dataset, scale, name)
        for name, proposals in self._base.proposals.items():
            for scale in self._proposals.get(name, {self._base.scale: []}):
                add(proposals.dataset, scale, name)
        return wanted


def _shared(name: str, users: Mapping[str, list[str]], key: str) -> str:
    """What is wrong with an entry that trainings of several scales use, and how to mend it."""
    told = " and ".join(f"at {scale} scale by {', '.join(names)}" for scale, names in users.items())
    scale, fewest = min(users.items(), key=lambda item: len(item[1]))
    return (
        f"used {told}, for whom it is not the same; give them all one `scale`, or write it again under another name, "
        f"such as {name}_{scale}, and name that as `{key}` of {', '.join(fewest)}"
    )
