"""README.md and the pages of docs/, and the commands in them.

How pages are written:
- an indented block is commands, one a line, as they are typed;
- a fence without a language behind it is what the last of them prints: "…" stands for anything, a line of
  it alone for any number of lines; of `pidlet run` the lines are looked for in any order, whatever the times;
- a fence that begins with "# NAME.yaml" is that file from then on;
- any other fence is neither.
"""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GENERATED = {"fields.md", "rules.md", "state-machines.md"}      # by other tests held to the code
PAGES = ["README.md", *sorted(f"docs/{name}" for name in os.listdir(f"{ROOT}/docs")
                              if name.endswith(".md") and name not in GENERATED), "docs/examples/README.md"]


class Block:
    """Commands, and what the last of them prints (None: not said)."""

    def __init__(self, number):
        self.number, self.commands, self.output, self.file = number, [], None, None


def blocks(page):
    found, fence, lines = [], None, open(f"{ROOT}/{page}").read().splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            if fence is None:
                fence = (line[3:], [])
                continue
            language, text = fence
            fence = None
            name = re.fullmatch(r"# ([\w.-]+\.yaml)", text[0]) if text else None
            if name:
                found.append(Block(number))
                found[-1].file = (name.group(1), "\n".join(text) + "\n")
            elif language == "" and found and found[-1].commands and found[-1].output is None:
                found[-1].output = text
        elif fence is not None:
            fence[1].append(line)
        elif line.startswith("    ") and (lines[number - 2] == "" or in_block):
            if not in_block:
                found.append(Block(number))
            found[-1].commands.append(line[4:])
        in_block = fence is None and line.startswith("    ") and bool(found) and bool(found[-1].commands) and \
            found[-1].number + len(found[-1].commands) == number + 1
    assert fence is None, f"{page}: a fence that is not closed"
    return found
