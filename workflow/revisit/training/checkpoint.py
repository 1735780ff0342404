"""What a run on its way keeps, so that a killed one goes on to the bytes that it would have ended with."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from revisit import files
from revisit.training import state
from revisit.training.history import History

SAVE_SHARE = 20  # a state that takes long to write is written less often: at most 1/20 of the time goes there


@dataclass
class Checkpoint:
    """The resume state of one run.

    Everything else that a run depends on (batches, crops, pairs, mixing, learning rate, frozen layers) follows from
    its settings and its step.

    Attributes:
        folder: of the run.
        key: of everything that decides what the run computes; see `state.key`.
        network: on `device`.
        optimizer: over the network's parameters.
        history: of the run.
        device: whose random numbers dropout and noise are drawn from, besides the CPU's.
    """

    folder: Path
    key: str
    network: nn.Module
    optimizer: torch.optim.Optimizer
    history: History
    device: torch.device

    def save(self, logged: int) -> float:
        """Write the state; `logged` is the length of the event file, bytes.

        Returns:
            The earliest moment (`time.monotonic`) for the next one.
        """
        start = time.monotonic()
        content = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "history": self.history.state_dict(),
            "events": logged,
        }
        if self.device.type == "cuda":
            content["random_cuda"] = torch.cuda.get_rng_state(self.device)
        state.save(self.folder, self.key, content)
        end = time.monotonic()
        return end + SAVE_SHARE * (end - start)

    def restore(self, complete: Callable[[dict[str, Any]], bool]) -> int:
        """Go on from the state, if there is one; otherwise the folder is emptied.

        Args:
            complete: says of a state's content whether the files that belong to it are there.

        Returns:
            The length of the event file that belongs to the state, bytes.
        """
        content = state.load(self.folder, self.key)
        if content is not None and not complete(content):
            print(f"note: files of {self.folder} are missing; training starts anew", file=sys.stderr, flush=True)
            content = None
        if content is None:
            files.remove(self.folder)
            return 0
        print(f"note: going on after step {len(content['history']['values'])}", file=sys.stderr, flush=True)
        self.network.load_state_dict(content["network"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.history.load_state_dict(content["history"])
        torch.set_rng_state(content["random"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(content["random_cuda"], self.device)
        return content["events"]

    def finish(self, content: dict[str, Any]) -> None:
        """Write what a finished run leaves behind in the place of its resume state."""
        state.save(self.folder, self.key, content, state.RESULT)
        files.remove(self.folder / state.STATE)
