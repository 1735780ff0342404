"""Starting the scripts of the stages: CPU seconds until everything that they import themselves is there.

    python benchmarks/start_up.py                                     # the whole measurement: a minute
    python benchmarks/start_up.py --scripts fetch_dataset             # one of them

Reference: Python itself, `python -c pass`. Help is `--help`, which a script answers before it imports PyTorch. Imports
are all of a script's own, those inside its functions included; not those that wait in the library until an analysis
asks for them. A script needs tensors if they bring PyTorch. Median of three starts, with compiled bytecode in place.
"""

import argparse
import ast
import subprocess
import sys
from pathlib import Path

import timing

# isort: split
from revisit_engines import configure

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
NAMES = ["configure_stages", *dict.fromkeys(configure.SCRIPTS.values())]
REFERENCE = "python itself"
MORE = 0.4  # CPU seconds that a script without tensors may need more than Python
TENSORS = "print('torch' in sys.modules)"


def imports(script: Path) -> str:
    """A program of all import statements of `script`, in their order."""
    nodes = ast.walk(ast.parse(script.read_text()))
    statements = sorted((n for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)), key=lambda n: n.lineno)
    kept = [ast.unparse(node) for node in statements if getattr(node, "module", None) != "__future__"]
    return "\n".join(["import sys", f"sys.path.insert(0, {str(script.parent)!r})", *kept, TENSORS])


def start(*arguments: str) -> tuple[str, float]:
    """What a start of Python with `arguments` prints, and its CPU seconds."""
    command = [sys.executable, *arguments]
    return timing.measured(lambda: subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help="(default: all)")
    options = parser.parse_args()

    start("-c", "pass")  # the first start warms the disk
    _, python = start("-c", "pass")
    rows, without = [(REFERENCE, "-", f"{python:.2f}", "0.00", "1.00", "no")], {}
    for name in options.scripts:
        script = SCRIPTS / f"{name}.py"
        _, answered = start(str(script), "--help")
        printed, seconds = start("-c", imports(script))
        tensors = printed.split()[-1] == "True"
        if not tensors:
            without[name] = seconds - python
        numbers = f"{seconds:.2f}", f"{seconds - python:.2f}", f"{python / seconds:.2f}"
        rows.append((name, f"{answered:.2f}", *numbers, "yes" if tensors else "no"))
    timing.print_table(
        f"starting, one thread; reference: {REFERENCE}",
        ("script", "help, CPU s", "imports, CPU s", "more than python", "times as fast", "tensors"),
        rows,
    )
    timing.print_goals(
        *(timing.Goal(f"{name}: CPU s more than python", more, at_most=MORE) for name, more in without.items())
    )


if __name__ == "__main__":
    main()
