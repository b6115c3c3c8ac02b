"""The house keeps its plan (docs/architecture.md): who imports whom, how large, how many."""

import ast
import re
from functools import cache

import pytest

from gansec_lib import systems
from gansec_lib.scorecards import ROLES

# From the ground up. A room imports rooms of lower floors, never of its own or a higher one.
FLOORS = (
    ("errors",),
    ("files", "profiles"),
    ("ciphers", "images", "show"),
    ("chaos", "embedding", "roles", "train"),
    ("nets",),
    ("metrics",),
    ("survey",),
    ("systems",),
    ("attacks",),
    ("scorecards",),
    ("course",),
    ("report",),
    ("doctor",),
    ("cli",),
    ("__main__",),
)
NEVER = {  # a lower floor, and closed all the same
    "metrics": {"roles", "chaos", "train"},  # pictures, bytes or features in, Metric out
    "attacks": {"systems"},  # they know roles
    "scorecards": {"systems"},  # the yardstick is handed in
}
ABOVE_ONLY = {"course", "show"}  # nothing below the report shows anything
MOST_LINES, MOST_ROOT_FILES = 450, 9
COSTLY = {  # packages that cost 30 ms or more: only these excuse an import in a function
    "IPython", "PIL", "accelerate", "dask", "filelock", "ipywidgets", "jinja2", "jupyter_client",
    "matplotlib", "nbclient", "nbconvert", "nbformat", "numba", "numpy", "opacus", "papermill",
    "pooch", "psutil", "pydicom", "pywt", "requests", "rich", "scipy", "skimage", "sklearn",
    "torch", "torchmetrics", "torchvision",
}  # fmt: skip
BRING = {"torch": {"numpy"}, "matplotlib": {"numpy"}}  # what a package has loaded itself
NEED = {"safetensors": "torch"}  # cheap, but for the package that it needs


class Module:
    """One file of the library: its name, its tree, and what it imports where."""

    def __init__(self, name, path):
        self.name, self.path = name, path
        self.text = path.read_text("utf-8")
        self.tree = ast.parse(self.text)
        self.room = name.split(".")[1] if "." in name else name
        self.head, self.inside = [], []  # (module, imported name or "", line)
        self.visit(self.tree, inside=False)

    def visit(self, node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import | ast.ImportFrom):
                found = self.inside if inside else self.head
                names = [alias.name for alias in child.names]
                if isinstance(child, ast.Import):
                    found += [(name, "", child.lineno) for name in names]
                elif child.level == 0:
                    found += [(child.module, name, child.lineno) for name in names]
            function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
            self.visit(child, inside or isinstance(child, function))


@pytest.fixture(scope="module")
def house(project):
    """{dotted name: Module} of the whole library."""
    found = {}
    for path in sorted((project / "gansec_lib").rglob("*.py")):
        parts = path.relative_to(project).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path)
    return found


def arrows(house, module, inside=True):
    """(module imported, name, line) of this library's modules, submodules resolved."""
    for target, name, line in module.head + (module.inside if inside else []):
        whole = f"{target}.{name}"
        if target.split(".")[0] == "gansec_lib":
            yield (whole if whole in house else target), name, line


def test_imports_run_one_way(house):
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    wrong = []
    for module in house.values():
        if module.name == "gansec_lib":
            continue
        assert module.room in floor, f"{module.name}: its room stands on no floor"
        for target, _, line in arrows(house, module):
            room = target.split(".")[1] if "." in target else ""
            if room in ("", module.room):
                continue
            low = floor[room] < floor[module.room] and room not in NEVER.get(module.room, ())
            shows = room in ABOVE_ONLY and floor[module.room] < floor["course"]
            if not low or shows:
                wrong.append(f"{module.name}:{line} imports {target}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_file_imports_itself_in_a_circle(house):
    beneath = {
        name: {target for target, _, _ in arrows(house, module)} - {name}
        for name, module in house.items()
    }
    for name in house:  # a package's face names its files lazily, or on purpose: no arrow back
        beneath[name] = {t for t in beneath[name] if not name.startswith(f"{t}.")}
    tied = set(beneath)
    while True:  # take away, again and again, what rests on nothing that is left or carries nothing
        used = {target for name in tied for target in beneath[name]}
        free = {name for name in tied if not beneath[name] & tied or name not in used}
        if not free:
            break
        tied -= free
    assert tied == set(), f"these files import each other in a circle: {sorted(tied)}"


def test_no_private_name_leaves_its_file(house):
    wrong = [
        f"{module.name}:{line} takes {target}.{name}"
        for module in house.values()
        for target, name, line in arrows(house, module)
        if name.startswith("_") and not name.startswith("__")
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def strangers(house) -> list[str]:
    """Private attributes read or set on another object, and made in another file only."""
    made = {}  # file: the private names that it gives to a function, a variable or an attribute
    for name, module in house.items():
        found = made[name] = set()
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
                own = isinstance(node, ast.Name) or ast.unparse(node.value) in ("self", "cls")
                found.update({getattr(node, "id", None) or node.attr} if own else ())
    anywhere, wrong = set().union(*made.values()), []
    for name, module in house.items():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr[0] == "_" != node.attr[1:2]:
                whose = ast.unparse(node.value)
                known = node.attr in made[name] or node.attr not in anywhere
                if not known and whose not in ("self", "cls") and not whose.startswith("super("):
                    wrong.append(f"{name}:{node.lineno} uses {whose}.{node.attr}")
    return wrong


def test_no_private_attribute_is_used_from_another_file(house, tmp_path):
    assert strangers(house) == []
    (tmp_path / "new.py").write_text("def f(cipher):\n    cipher._check_pictures = None\n")
    planted = {**house, "gansec_lib.new": Module("gansec_lib.new", tmp_path / "new.py")}
    assert strangers(planted) == ["gansec_lib.new:2 uses cipher._check_pictures"]


def test_lessons_take_no_private_name(project):
    wrong = []
    for path in sorted((project / "notebooks" / "_src").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.ImportFrom) else []
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names = [node.attr] if node.value.id not in ("self", "cls") else []
            private = [name for name in names if name.startswith("_") and name[1:2] != "_"]
            wrong += [f"{path.name}:{node.lineno} {name}" for name in private]
    assert not wrong, "\n" + "\n".join(wrong)


def test_a_report_names_no_role_and_no_system(project):
    """Every word about a role comes from the cards, and the scorecards know the standards."""
    names = {word for role, row in ROLES.items() for word in (role, row.words.one, row.words.many)}
    names |= {*systems.TABLE, "AES"}
    word = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b", re.IGNORECASE)
    room = project / "gansec_lib" / "report"
    found = [
        f"{path.name}: {match[0]}"
        for path in sorted([*room.glob("*.py"), *room.glob("templates/*")])
        for match in word.finditer(path.read_text("utf-8"))
    ]
    assert not found, found


def test_only_the_report_and_the_command_line_build_systems(house):
    wrong = [
        f"{name}:{node.lineno}"
        for name, module in house.items()
        if module.room not in ("report", "cli", "systems")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("systems.build", "catalogue.build")
    ]
    assert not wrong, wrong


def test_files_are_small_and_the_root_is_a_table_of_contents(house, project):
    long = {name: module.text.count("\n") for name, module in house.items()}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}
    root = sorted(path.name for path in (project / "gansec_lib").glob("*.py"))
    assert len(root) <= MOST_ROOT_FILES, root


def test_imports_inside_functions_save_something(house):
    """Only a costly package that this file's head does not load already excuses one."""
    assert needless(house) == []


def needless(house) -> list[str]:
    """Imports inside functions that save nothing."""

    @cache
    def loads(name):
        """Costly packages that importing this module loads, its own modules' included."""
        module, found = house[name], set()
        for target, _, _ in module.head:
            found |= costs_of(target)
        for target, _, _ in arrows(house, module, inside=False):
            if target != name and target in house:
                found |= loads(target)
        return frozenset(found)

    def costs_of(target):
        package = NEED.get(target.split(".")[0], target.split(".")[0])
        return {package, *BRING.get(package, ())} & COSTLY

    wrong = []
    for module in house.values():
        for target, name, line in module.inside:
            whole = f"{target}.{name}"
            inner = whole if whole in house else target
            if not (loads(inner) if inner in house else costs_of(target)) - loads(module.name):
                wrong.append(f"{module.name}:{line} imports {inner} inside a function for nothing")
    return wrong


def test_planted_imports_are_found(house, tmp_path):
    lines = ("math", "numpy", "safetensors.torch", "gansec_lib.errors", "torchvision")
    text = "import torch\ndef f():\n" + "".join(f"    import {line}\n" for line in lines)
    (tmp_path / "new.py").write_text(text)
    planted = {**house, "gansec_lib.new": Module("gansec_lib.new", tmp_path / "new.py")}
    found = [one.split()[2] for one in needless(planted) if one.startswith("gansec_lib.new:")]
    assert found == list(lines[:-1])


def test_the_plan_lists_every_room(house, project):
    plan = (project / "docs" / "architecture.md").read_text("utf-8")
    floors = {room for rooms in FLOORS for room in rooms}
    assert {module.room for name, module in house.items() if "." in name} == floors
    for room in floors:
        place = f"`{room}/`" if (project / "gansec_lib" / room).is_dir() else f"`{room}.py`"
        assert place in plan, f"docs/architecture.md: no line on {place}"
