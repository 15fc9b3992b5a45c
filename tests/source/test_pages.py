#!/usr/bin/env python3
"""Documents that are made of the field table say what the table says."""
import json
import os
import re
import subprocess
import sys
import traceback

ROOT = os.environ["SOURCE_ROOT"]
sys.path.insert(0, f"{ROOT}/tests/system")
from pages import GENERATED, PAGES, blocks      # noqa: E402
PIDLET = os.environ["PIDLET"]
MAKE_PAGE = "build/pidlet schema -o markdown >docs/fields.md"


def made(*args):
    return subprocess.run([PIDLET, *args], capture_output=True, text=True, check=True).stdout


def read(name):
    with open(os.path.join(ROOT, name)) as f:
        return f.read()


def references(document):
    """Every "$ref" of a JSON document."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(document, list):
        for value in document:
            yield from references(value)


def resolve(document, reference):
    at = document
    for word in reference.removeprefix("#/").split("/"):
        at = at[word]
    return at


class Skip(Exception):
    """A test that cannot be held here, and why."""


def test_the_reference_page_is_what_the_table_makes_of_it():
    now, kept = made("schema", "-o", "markdown").splitlines(), read("docs/fields.md").splitlines()
    lacking = {line.rpartition("| ")[2] for line in now} & {"refused: this version has no HTTP probes and hooks |",
                                                            "refused: this version has no gRPC probes |"}
    if lacking and now != kept:
        raise Skip(f"the page is of a build with all features; this one lacks some: {', '.join(sorted(lacking))}")
    for number, (a, b) in enumerate(zip(now + [None], kept + [None]), 1):
        assert a == b, (f"docs/fields.md:{number} says\n  {b}\nand the table\n  {a}\n"
                        f"The page is generated: {MAKE_PAGE}")


def test_the_page_says_how_it_is_made():
    assert MAKE_PAGE in read("docs/fields.md")


def test_links_of_the_page_lead_to_its_headings():
    page = read("docs/fields.md")
    headings = {h.lower() for h in re.findall(r"^###? (\S+)$", page, re.M)}
    links = set(re.findall(r"\]\(#(\S+?)\)", page))
    assert links and links <= headings, links - headings


def test_every_row_of_the_page_has_the_cells_of_its_table():
    cells = None
    for line in read("docs/fields.md").splitlines():
        count = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else None
        assert cells is None or count in (cells, None), line
        cells = count


def test_the_page_of_back_off_has_its_keys_as_the_table_has_them():
    page, prose = read("docs/fields.md"), read("docs/back-off.md")
    rows = re.findall(r"^\| `(\w+)` \| `(\S+)` \| (.)(.*)\. \|$", page, re.M)
    assert len(rows) == 5, rows
    for key, default, first, rest in rows:
        plain = re.sub(r"`", "", prose)
        row = f"| {key} | {default} | {first.lower()}{rest} |"
        assert row in plain, f"docs/back-off.md lacks: {row}"


def test_the_pages_know_every_option_of_run():
    pages = "".join(read(name) for name in ["README.md", *(f"docs/{n}" for n in os.listdir(f"{ROOT}/docs") if n.endswith(".md"))])
    options = re.findall(r"^ +(?:-\w, )?(--[\w-]+)", made("run", "--help"), re.M)
    assert len(options) > 20, options
    for option in set(options) - {"--help"}:
        assert re.search(re.escape(option) + r"\b", pages), f"no page of docs/ tells of {option}"


def test_the_page_of_the_terminal_names_what_watching_leaves_out():
    code = re.search(r"patterns\[\] = \{(.*?)\};", read("daemon/runtime/file_watch.c"), re.S).group(1)
    patterns = re.findall(r'"([^"]+)"', code)
    assert len(patterns) > 10, patterns
    page = read("docs/terminal.md")
    for pattern in patterns:
        match = re.fullmatch(r"(.*)\[(\w+)\]", pattern)
        for one in [match.group(1) + letter for letter in match.group(2)] if match else [pattern]:
            assert f"`{one}`" in page, f"docs/terminal.md does not say that {one} is left out"


def anchors(path):
    """GitHub's, of the headings."""
    found = set()
    for line in open(path).read().splitlines():
        if line.startswith("#"):
            words = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
            found.add(words.replace(" ", "-"))
    return found


def test_links_lead_somewhere():
    for page in [*PAGES, *(f"docs/{name}" for name in sorted(GENERATED))]:
        text = re.sub(r"```.*?```", "", read(page), flags=re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"https?:", target):
                continue
            path, _, anchor = target.partition("#")
            where = os.path.normpath(os.path.join(ROOT, os.path.dirname(page), path)) if path else f"{ROOT}/{page}"
            assert os.path.exists(where), f"{page}: there is no {target}"
            assert not anchor or anchor in anchors(where), f"{page}: there is no {target}"


def test_every_page_is_in_the_index_of_the_readme():
    readme = read("README.md")
    for name in os.listdir(f"{ROOT}/docs"):
        assert not name.endswith(".md") or f"(docs/{name})" in readme, f"README.md has no link to docs/{name}"


def test_indented_blocks_of_pages_are_commands():
    programs = {"apt-get", "curl", "export", "journalctl", "kill", "kubectl", "meson", "ninja", "packaging/check",
                "packaging/quickstart", "pidlet", "build/pidlet", "sed", "sudo", "systemctl", "systemd-run"}
    for page in PAGES:
        for block in blocks(page):
            for i, command in enumerate(block.commands):
                assert command.split()[0] in programs or command.startswith("packaging/"), (
                    f"{page}:{block.number + i}: not a command that a test could run; text goes into a fence with a "
                    f"language (see tests/system/pages.py): {command}")


def test_references_of_the_schemas_lead_somewhere():
    for args in [("schema",), ("schema", "-o", "openapi"), ("schema", "cronjob"), ("schema", "scenario")]:
        document = json.loads(made(*args))
        found = set(references(document))
        assert found, args
        for reference in found:
            resolve(document, reference)


def test_the_openapi_document_says_what_kubectl_looks_for():
    document = json.loads(made("schema", "-o", "openapi"))
    assert document["openapi"] == "3.0.0"
    pod = document["paths"]["/api/v1/namespaces/{namespace}/pods/{name}"]
    assert pod["get"]["x-kubernetes-group-version-kind"] == {"group": "", "version": "v1", "kind": "Pod"}
    assert "requestBody" not in pod["patch"]
    assert {p["name"] for p in pod["patch"]["parameters"]} == {"dryRun", "fieldValidation"}
    schemas = document["components"]["schemas"]
    assert schemas["Deployment"]["x-kubernetes-group-version-kind"] == [
        {"group": "apps", "version": "v1", "kind": "Deployment"}]
    probe, container = schemas["Probe"]["properties"], schemas["Container"]
    assert probe["periodSeconds"]["default"] == 10 and probe["periodSeconds"]["format"] == "int32"
    assert schemas["PodSpec"]["required"] == ["containers"]
    assert container["properties"]["image"]["x-pidlet"] == {
        "mode": "ignored", "reason": "processes run from the host's own files"}
    assert schemas["PodSpec"]["properties"]["restartPolicy"]["enum"] == ["Always", "OnFailure", "Never"]
    assert schemas["TCPSocketAction"]["properties"]["port"]["allOf"] == [{"$ref": "#/components/schemas/IntOrString"}]
    assert schemas["IntOrString"]["format"] == "int-or-string"


tests = [(n, f) for n, f in list(globals().items()) if n.startswith("test_")]
print(f"1..{len(tests)}")
bad = 0
for number, (name, test) in enumerate(tests, 1):
    try:
        test()
        print(f"ok {number} - {name.removeprefix('test_')}")
    except Skip as why:
        print(f"ok {number} - {name.removeprefix('test_')} # SKIP {why}")
    except Exception:
        traceback.print_exc()
        bad += 1
        print(f"not ok {number} - {name.removeprefix('test_')}")
sys.exit(1 if bad else 0)
