"""Every frame of Bob's VS Code while he searches: lists of lines show none of an env file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.planted import DOTENV, SECRET
from tests.support.processes import cast
from tests.support.workbench import Workbench, needed
from tests.support.workbench_frames import Frames, frames, recorded

pytestmark = pytest.mark.slow

PANEL, REFERENCES, QUICK = ".search-view", ".customview-tree", ".quick-input-widget"
PACE_MS = 500
DOTS = "••••••"
MANY = 60
"""More lines than a list shows at once."""
CODE = "const url = process.env.API_URL;"
TURNS = 7
FILES = {
    ".env.many": "".join(f"MANY_{number}={SECRET}\n" for number in range(MANY)),
    "app.ts": f"{CODE}\n",
    "between.env": f"B={SECRET}\n",
    "last.ts": f"{CODE}\n",
    **{
        f"turn{n}/{name}": text
        for n in range(TURNS)
        for name, text in ((".env", f"X={SECRET}\n"), ("x.ts", "x = 1;\n"))
    },
    "zz/zz.ts": f"{CODE}\n" * MANY,
}
"""In the order of a list: env files and code in turns, one of each with more than a screen."""
_LINES = """
(list) => {
  let file = '';
  return [...list.querySelectorAll('.monaco-list-rows > .monaco-list-row')].flatMap((row) => {
    if (row.querySelector('.filematch') || row.ariaLevel === '1' && !row.querySelector('.match')) {
      file = row.querySelector('.label-name').innerText;
      return [];
    }
    const dots = [...row.querySelectorAll('*')].map((one) => getComputedStyle(one, '::before').content);
    return [[file, (dots.includes('"••••••"') ? '••••••' : '') + row.innerText.split('\\n')[0]]];
  });
}
"""
"""What the lines of a list show, and the dots before it, which are no text of the page."""


_IN_COLOUR = """
(root) => [...root.querySelectorAll('.view-line > span > span')]
  .filter((one) => !/^rgba\\(.*, 0\\)$/.test(getComputedStyle(one).color))
  .map((one) => one.innerText).join('')
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    needed()
    with cast(tmp_path_factory.mktemp("lists")) as people:
        bob = people.founder("Bob", DOTENV.encode())
        for name, text in FILES.items():
            (bob.shop / name).parent.mkdir(exist_ok=True)
            (bob.shop / name).write_text(text)
        with recorded(bob.shop, bob.environ(), SECRET) as found:
            yield found


def test_lists_of_lines_show_no_value(bench: Workbench) -> None:
    """One window, one walk. What is open is searched, whatever is left out."""
    for name in FILES:
        bench.open(name)
    bench.open(".env")
    bench.until(lambda: bench.masked("API_URL="))
    frames(bench.page)
    the_search_panel_has_dots_for_lines_of_env_files(bench)
    a_mouse_at_rest_says_no_more_and_a_click_goes_there(bench)
    so_it_is_where_the_name_of_the_file_is_scrolled_away(bench)
    references_have_the_name_alone(bench)
    a_quick_search_has_dots(bench)
    a_search_in_an_editor_has_no_colour_for_them(bench)
    a_line_of_code_with_a_value_would_be_noted(bench)


def clean(bench: Workbench) -> Frames:
    seen = frames(bench.page)
    assert seen.count > 0
    assert seen.read == ()
    return seen


def lines(bench: Workbench, place: str) -> list[tuple[str, str]]:
    """Return what each line of a list shows, with the file that it is below, if that is on the screen."""
    found = bench.page.locator(f"{place} .monaco-list").first.evaluate(_LINES)
    return [(file, line) for file, line in found]


def the_search_panel_has_dots_for_lines_of_env_files(bench: Workbench) -> None:
    look_for(bench, "=", ".env")
    fold(bench, ".env.many")
    assert lines(bench, PANEL)[:10] == [
        *[(".env", DOTS)] * 5,
        ("app.ts", CODE),
        ("between.env", DOTS),
        ("last.ts", CODE),
        (".env", DOTS),
        ("x.ts", "x = 1;"),
    ]
    for name in (".env", "app.ts", "between.env", "last.ts"):
        fold(bench, name)
    shown = lines(bench, PANEL)
    assert shown[:8] == [(".env", DOTS), ("x.ts", "x = 1;")] * 4
    assert {line for _, line in shown[8:]} == {DOTS}, "of more turns than six none is read"
    for name in (".env", "app.ts", "between.env", "last.ts"):
        fold(bench, name)
    clean(bench)


def a_mouse_at_rest_says_no_more_and_a_click_goes_there(bench: Workbench) -> None:
    row = bench.page.locator(f"{PANEL} .monaco-list-row").nth(5)
    row.hover()
    bench.page.wait_for_timeout(1500)
    assert not [box for box in bench.page.locator(".monaco-hover:visible").all_inner_texts() if "LAST" in box]
    row.click()
    bench.tab(".env").and_(bench.page.locator(".active")).first.wait_for()
    clean(bench)


def so_it_is_where_the_name_of_the_file_is_scrolled_away(bench: Workbench) -> None:
    fold(bench, ".env.many")
    for sticks in (True, False):
        bench.page.locator(f"{PANEL} .monaco-list-row").nth(3).hover()
        scroll(bench)
        assert bench.page.locator(f"{PANEL} .monaco-tree-sticky-row").count() == sticks
        assert set(lines(bench, PANEL)) == {("", DOTS)}
        bench.palette("View: Toggle Tree Sticky Scroll")
    clean(bench)


def references_have_the_name_alone(bench: Workbench) -> None:
    bench.open("app.ts")
    bench.click("API_URL")
    bench.palette("References: Find All References")
    for name in ("zz.ts", "last.ts", ".env"):
        bench.page.locator(f"{REFERENCES} .monaco-list-row", has_text=name).first.click()
        bench.page.wait_for_timeout(PACE_MS)
    found = [
        (".env", "API_URL"),
        *[(file, "process.env.API_URL;") for file in ("app.ts", "last.ts", "zz.ts")],
    ]
    assert lines(bench, REFERENCES)[:4] == found
    bench.page.locator(f"{REFERENCES} .monaco-list-row").nth(3).hover()
    scroll(bench)
    assert set(lines(bench, REFERENCES)) == {("", "process.env.API_URL;")}, "code is read below its file"
    clean(bench)


def a_quick_search_has_dots(bench: Workbench) -> None:
    bench.palette("Search: Quick Search")
    bench.type("=")
    bench.until(lambda: {(".env", DOTS), ("app.ts", CODE), ("x.ts", "x = 1;")} <= set(lines(bench, QUICK)))
    bench.keys("ArrowUp")  # to the end, where no file is told of the first lines of the list
    bench.page.wait_for_timeout(PACE_MS)
    assert {line for file, line in lines(bench, QUICK) if file == ""} <= {DOTS, "More"}
    bench.keys("Escape")
    clean(bench)


def a_search_in_an_editor_has_no_colour_for_them(bench: Workbench) -> None:
    bench.palette("Search Editor: New Search Editor")
    a_search_in_an_editor(bench, "API_URL", CODE)
    a_search_in_an_editor(bench, "x", "x = 1;")
    a_search_in_an_editor(bench, "API_URL", CODE)
    clean(bench)


def a_search_in_an_editor(bench: Workbench, text: str, line: str) -> None:
    bench.keys("Control+A", "Backspace")
    bench.type(text)
    bench.until(lambda: line in in_colour(bench) and "results - " in in_colour(bench))
    assert SECRET in bench.shown(), "it is there, and has no colour"


def in_colour(bench: Workbench) -> str:
    """Return what the editor in front shows that a person can read."""
    lines = bench.page.locator("[data-mode-id=search-result] .view-lines").last
    return str(lines.evaluate(_IN_COLOUR)).replace("\xa0", " ")


def a_line_of_code_with_a_value_would_be_noted(bench: Workbench) -> None:
    (bench.folder / "leak.ts").write_text(f"const leak = '{SECRET}';\n")
    look_for(bench, "const leak", "leak.ts")
    assert frames(bench.page).read


def look_for(bench: Workbench, text: str, file: str) -> None:
    """Search for a text, until the first lines that were found are those of a file."""
    bench.keys("Control+Shift+F")
    bench.page.locator(f"{PANEL} .search-widget textarea").first.fill(text)
    bench.keys("Enter")
    bench.until(lambda: lines(bench, PANEL)[:1] and lines(bench, PANEL)[0][0] == file)
    bench.page.wait_for_timeout(PACE_MS)


def scroll(bench: Workbench) -> None:
    for _ in range(4):
        bench.page.mouse.wheel(0, 150)
        bench.page.wait_for_timeout(PACE_MS)


def fold(bench: Workbench, name: str) -> None:
    bench.page.locator(f"{PANEL} .monaco-list-row", has_text=name).first.click()
    bench.page.wait_for_timeout(PACE_MS)
