"""What a list for another machine needs of this one."""

import networkx as nx
import pytest

from revisit.errors import ArtifactError
from revisit_engines.pieces import plan


@pytest.mark.parametrize(("data", "stage"), [("regions", "propose@regions"), ("scenes", "prepare@scenes")])
def test_the_data_of_an_analysis_are_named_by_the_stage_that_makes_them(data, stage):
    graph = nx.DiGraph([("evaluate@net", "train@net"), ("train@net", stage), ("propose@regions", "prepare@scenes")])
    with pytest.raises(ArtifactError, match=f"^{stage}: not made yet, or out of date.*`dvc repro {stage}` first"):
        plan._check_inputs({"evaluate@net"}, {stage}, graph, {data})
