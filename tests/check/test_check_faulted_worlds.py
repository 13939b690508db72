"""No false alarm: right fetches at vendors at which faults strike, of kinds and at times that a seed draws."""

from random import Random

import pytest
from test_check_examples import EXAMPLES

import xsim
from xsim.model import Severity

CYCLES = 24
KINDS = (
    'kind = "status"\nstatus = 500',
    'kind = "status"\nstatus = 429\nheaders = {Retry-After = "20"}',
    'kind = "timeout"',
    'kind = "reset"',
    'kind = "cut"',
    'kind = "malformed"',
    'kind = "wrong_type"',
    'kind = "slow"\ndelay = "90s"',
    'kind = "kill"\nat = "before"',
    'kind = "kill"\nat = "between"',
    'kind = "kill"\nat = "after"',
)
RIGHT = ("FC201", "FC208", "FC301", "FC402", "FC607")
"""Rules whose good examples ask a vendor: with a look-back, for details, once for all, page by page, with a token."""
RUNS = [(code, seed) for code in RIGHT for seed in (1, 2)]


def faults(seed):
    """Up to three faults: in one cycle, in some cycles in a row, or now and then."""
    draw = Random(seed)
    tables = []
    for number in range(draw.randint(1, 3)):
        begins = draw.randint(1, CYCLES - 4)
        when = draw.choice([f"cycles = [{begins}]", f'cycles = ["{begins}-{begins + 3}"]', "chance = 0.2"])
        kind = draw.choice(KINDS)
        which = "" if "kill" in kind else draw.choice(["", "requests = [1]", "requests = [2]"])
        tables.append(f'[[faults]]\nname = "fault {number}"\n{kind}\n{when}\n{which}\n')
    return "\n".join(tables)


@pytest.mark.parametrize(("code", "seed"), RUNS)
def test_a_right_fetch_has_no_finding_above_a_note_whatever_strikes(code, seed, tmp_path):
    head, _, behind = (EXAMPLES / code / "xsim.toml").read_text(encoding="utf-8").partition("[[faults]]")
    world = head + behind.partition("\n\n")[2] + "\n" + faults(f"{code} {seed}")
    (tmp_path / "world.xsim.toml").write_text(world, encoding="utf-8")
    options = {"scenario": tmp_path / "world.xsim.toml", "cycles": CYCLES, "state": tmp_path}
    report = xsim.run(EXAMPLES / code / "good.py", **options)
    loud = [finding.message for finding in report.findings if finding.severity is not Severity.NOTE]
    assert (loud, bool(report.delivered)) == ([], True), world
