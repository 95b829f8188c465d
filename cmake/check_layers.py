#!/usr/bin/env python3
"""Layer and style checks of the source tree: exit 1 with one line per violation.

- An include may only point to a folder that src/CMakeLists.txt lists as DEPS of the including folder (or to itself).
- libpg_query and PostgreSQL's server headers only in parse/, libpq only in pg/, CLI11 only in cli/.
- Public headers (include/bgdb) use no foreign types; at most 15 of them.
- Files stay below 400 lines; those above are listed in cmake/long_files.txt with their ceiling, which may only fall.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
problems = []

deps = {}
for name, rest in re.findall(r"bgdb_library\((\w+)([^)]*)\)", (root / "src/CMakeLists.txt").read_text()):
    match = re.search(r"DEPS ([\w ]+?)(?: LINK| PRIVATE_LINK|\s*$)", " ".join(rest.split()))
    deps[name] = set(match.group(1).split()) - {"LINK", "PRIVATE_LINK"} if match else set()


def closure(name, seen=None):
    seen = set() if seen is None else seen
    for dep in deps.get(name, ()):
        if dep not in seen:
            seen.add(dep)
            closure(dep, seen)
    return seen


for name in deps:
    if name in closure(name):
        problems.append(f"src/CMakeLists.txt: {name} depends on itself in a circle")

only_in = {
    r"pg_query|nodes/|postgres\.h|utils/": "parse",
    r"libpq|postgresql/": "pg",
    r"CLI/": "cli",
}
ceilings = {}
ceiling_file = root / "cmake/long_files.txt"
if ceiling_file.exists():
    for line in ceiling_file.read_text().splitlines():
        if line and not line.startswith("#"):
            path, lines = line.split()
            ceilings[path] = int(lines)

for path in sorted((root / "src").rglob("*")):
    if path.suffix not in (".h", ".cc"):
        continue
    relative = path.relative_to(root).as_posix()
    folder = path.relative_to(root / "src").parts[0]
    if folder not in deps:
        problems.append(f"{relative}: folder {folder} is not in src/CMakeLists.txt")
        continue
    allowed = closure(folder) | {folder}
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        target = match.group(2)
        if match.group(1) == '"' and "/" in target:
            first = target.split("/")[0]
            if first in deps and first not in allowed:
                problems.append(f"{relative}:{number}: {folder} may not include {target}")
        for pattern, home in only_in.items():
            if re.match(pattern, target) and folder != home:
                problems.append(f"{relative}:{number}: {target} may only be used in src/{home}")
    ceiling = ceilings.get(relative, 400)
    if len(lines) > ceiling:
        problems.append(f"{relative}: {len(lines)} lines, ceiling {ceiling}: one idea a file")

public = sorted((root / "include/bgdb").glob("*.h"))
if len(public) > 15:
    problems.append(f"include/bgdb: {len(public)} headers, at most 15")

for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
