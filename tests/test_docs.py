"""docs/ is true: each page is followed as its reader would, block by block, and shows what xsim prints.

What a block is, its first line says:

    # NAME            the file NAME, which the reader writes
    # added to NAME   more of it
    # in NAME         functions of it, which the reader puts in the place of those of the same name
    # from NAME       what stands in NAME already, line for line; a function, or some lines of it
    # part of NAME    some of its lines, each as far as it is shown

Other TOML is a scenario that loads; other Python is written nowhere. A `console` block is run command by command, and
the `text` below it is in the output of all of them together: its paragraphs, which `...` divides, in their order. Only
words count, so that neither a line's width nor a picture's strokes make the page untrue.
"""

import ast
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from xsim.load import load_scenario

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
sys.path.insert(0, str(Path(__file__).parent / "cli"))

from command_line import CommandLine  # noqa: E402

pytest_plugins = ["pytester"]

HOW_TO = [f"how-to/{path.name}" for path in sorted((DOCS / "how-to").glob("*.md"))]
FOLLOWED = ["tutorial.md", *HOW_TO]
ELSEWHERE = {
    "scenario.md": "load/test_load_scenario_docs.py",
    "ci.md": "test_ci_docs.py",
    "../README.md": "test_readme.py",
    **{f"rules/{path.name}": "test_rule_pages.py" for path in (DOCS / "rules").glob("*.md")},
}
"""Pages whose blocks are the business of another test."""

EXIT_CODES = {"PASSED": 0, "FAILED": 1, "UNDECIDED": 3}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FIRST_LINE = re.compile(r"# (?:(added to|in|from|part of) )?([\w./-]+\.(?:toml|py|json))\n")


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[tuple[str, str]]:
    """Language and text of each."""
    return BLOCK.findall(page(name))


# --- following a page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FOLLOWED)
def test_who_follows_the_page_sees_what_it_shows(name, reader):
    brought = ["fixtures/tutorial/door_alarms.py"] if name == "tutorial.md" else fixtures_of(page(name))
    reader.brings(brought, flat=name == "tutorial.md")
    for language, text in blocks(name):
        reader.reads(language, text)


def test_the_commands_of_the_scenario_reference_run(reader, tmp_path):
    for path in (ROOT / "fixtures" / "museum" / "inclusive-boundary").iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    [commands] = [text for language, text in blocks("scenario.md") if language == "console"]
    reader.reads("console", commands)


def test_the_tutorial_ends_with_the_scripts_that_lie_in_fixtures(tmp_path):
    there = ROOT / "fixtures" / "tutorial"
    script = tmp_path / "door_alarms.py"
    shutil.copy(there / "door_alarms.py", script)
    steps = [text for _, text in blocks("tutorial.md") if text.startswith("# in door_alarms.py\n")]
    for step, text in zip(("first_fix.py", "second_fix.py"), steps, strict=True):
        put_in(script, text.split("\n", 1)[1])
        assert script.read_text(encoding="utf-8") == (there / step).read_text(encoding="utf-8")
    [harder] = [text for _, text in blocks("tutorial.md") if text.startswith("# harder.xsim.toml\n")]
    assert (there / "harder.xsim.toml").read_text(encoding="utf-8") == harder.split("\n", 1)[1].lstrip("\n")


def test_the_tutorial_installs_as_the_readme_does():
    [ours, *_] = [text for language, text in blocks("tutorial.md") if language == "sh"]
    [first, *_] = [text for language, text in blocks("../README.md") if language == "sh"]
    assert words(first.split("&&\n")[0]) in words(ours)


def test_the_tutorial_says_how_long_it_takes():
    text = page("tutorial.md")
    told = re.search(
        r"takes (\d+) minutes .*: (\d+) commands, .* after\s(\d+) commands and (\d+) minutes", text, re.DOTALL
    )
    assert told
    to_the_clean_verdict = text.split("## 6. ")[0]
    counted = [
        number
        for part in (text, to_the_clean_verdict)
        for number in (
            round(len(part.split()) / 200),
            sum(len(body.splitlines()) for language, body in BLOCK.findall(part) if language in ("console", "sh")),
        )
    ]
    minutes, commands, first_commands, first_minutes = map(int, told.groups())
    assert [minutes, commands, first_minutes, first_commands] == counted


# --- the pages as a whole -----------------------------------------------------------------------------------


def test_every_page_with_a_block_is_held_by_a_test():
    with_blocks = {
        path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if BLOCK.search(path.read_text("utf-8"))
    }
    assert with_blocks <= {*FOLLOWED, *ELSEWHERE}
    assert all((ROOT / "tests" / test).is_file() for test in ELSEWHERE.values())


def test_the_index_leads_to_every_page():
    index = page("README.md")
    linked = set(re.findall(r"\]\(([\w./-]+\.md)(?:#[\w-]+)?\)", index))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    single = {name for name in pages if "/" not in name or name.startswith("how-to/")} - {"README.md"}
    assert single <= linked


@pytest.mark.parametrize("name", ["README.md", "scenario.md", *FOLLOWED])
def test_every_link_leads_to_a_file(name):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", page(name)):
        assert (DOCS / name).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("name", ["README.md", "scenario.md", *FOLLOWED])
def test_every_link_into_a_page_leads_to_a_heading(name):
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page(name)):
        text = page(f"{Path(name).parent}/{target}") if target else page(name)
        assert anchor in anchors(text), f"{target}#{anchor}"


@pytest.mark.parametrize("name", HOW_TO)
def test_a_guide_is_short_and_shows_something_that_runs(name):
    assert len(page(name).splitlines()) <= 80
    assert {"console", "text"} <= {language for language, _ in blocks(name)}


def anchors(text: str) -> set[str]:
    """What GitHub makes of headings, and the page's own."""
    headings = re.findall(r"^#+ (.*)", text, re.MULTILINE)
    made = {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([\w-]+)">', text))


# --- a reader -----------------------------------------------------------------------------------------------


@pytest.fixture
def reader(monkeypatch, capsys, tmp_path, pytester):
    return Reader(CommandLine(monkeypatch, capsys, tmp_path.resolve()), pytester)


class Reader:
    """Does in an empty folder what a page says, block by block."""

    def __init__(self, xsim: CommandLine, pytester: pytest.Pytester) -> None:
        self.xsim = xsim
        self.pytester = pytester
        self._printed: str | None = None

    def brings(self, paths: list[str], *, flat: bool) -> None:
        for path in paths:
            source, target = ROOT / path, self.xsim.folder / (Path(path).name if flat else path)
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns(".xsim", "__pycache__"))
            else:
                shutil.copy(source, target)

    def reads(self, language: str, text: str) -> None:
        if language == "console":
            self._printed = "\n".join(self.runs(line) for line in text.splitlines())
        elif language == "text":
            assert self._printed is not None, f"no command before: {text}"
            refuse_unseen(text, self._printed)
        elif language in ("toml", "python", "json"):
            self.writes(language, text)

    def runs(self, line: str) -> str:
        """What the command prints. Its exit code is that of the verdict that it prints."""
        assert line.startswith("$ "), line
        program, *arguments = shlex.split(line[2:], comments=True)
        if program == "pytest":
            result = self.pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)
            assert result.ret in (0, 1), line
            return "\n".join(result.outlines)
        assert program == "xsim", line
        # Starting processes costs more than these runs do.
        seen = self.xsim(*arguments, *(["--processes", "1"] if arguments[0] == "suite" else []))
        verdicts = re.findall(r"^(PASSED|FAILED|UNDECIDED)\b", seen.out, re.MULTILINE)
        assert not seen.err, (line, seen.err)
        if arguments[0] != "suite":
            assert seen.code == (EXIT_CODES[verdicts[-1]] if verdicts else 0), (line, seen.out)
        return seen.out

    def writes(self, language: str, text: str) -> None:
        head = FIRST_LINE.match(text)
        if head is None:
            assert language != "toml" or self.loads(text)
            return
        how, name = head.groups()
        path, rest = self.xsim.folder / name, text[head.end() :].lstrip("\n")
        if how is None:
            self.xsim.has(name, rest)
        elif how == "added to":
            path.write_text(path.read_text(encoding="utf-8") + "\n" + rest, encoding="utf-8")
        elif how == "in":
            put_in(path, rest)
        elif how == "from":
            assert rest in path.read_text(encoding="utf-8"), f"{name} has no such lines: {rest}"
        else:
            refuse_no_part(path.read_text(encoding="utf-8"), rest)
        if how != "from" and path.name.endswith("xsim.toml"):
            assert load_scenario(path).scenario

    def loads(self, text: str) -> bool:
        path = self.xsim.has("alone/alone.xsim.toml", text)
        return bool(load_scenario(path).scenario)


def fixtures_of(text: str) -> list[str]:
    """Folders of fixtures that the page names."""
    return sorted(set(re.findall(r"fixtures/(?:museum/shapes|museum|cases)/[\w-]+", text)))


def put_in(path: Path, functions: str) -> None:
    """Puts functions in the place of those of the same names; new ones stand before the first that is replaced."""
    text = path.read_text(encoding="utf-8")
    old = {each.name: ast.get_source_segment(text, each) for each in ast.parse(text).body if hasattr(each, "name")}
    replaced = [each.name for each in ast.parse(functions).body if each.name in old]
    assert len(replaced) == 1, "one function takes the place of another; what is new comes along with it"
    path.write_text(text.replace(old[replaced[0]], functions.strip()), encoding="utf-8")


def refuse_no_part(text: str, shown: str) -> None:
    lines = iter(text.splitlines())
    for line in filter(None, shown.splitlines()):
        assert any(there.startswith(line) for there in lines), f"not there, or in another order: {line}"


def refuse_unseen(shown: str, printed: str) -> None:
    left = words(printed)
    for paragraph in paragraphs(shown):
        _, found, after = left.partition(words(paragraph))
        assert found, f"not printed, or in another order: {paragraph}\n{printed}"
        left = f" {after}"


def paragraphs(shown: str) -> list[str]:
    """What stands together: in a picture, whose columns depend on the width, the words between the strokes."""
    found = []
    for paragraph in re.split(r"^ *\.\.\.$", shown, flags=re.MULTILINE):
        found += re.split(r"[^\x00-\x7f]+| {2,}", paragraph) if re.search(r"[━◆]", paragraph) else [paragraph]
    return [each for each in found if re.search(r"\w", each)]


def words(text: str) -> str:
    """Words and numbers alone, with a blank around each."""
    found = " ".join(re.findall(r"[\w.:+-]*\w", text))
    return f" {found} "
