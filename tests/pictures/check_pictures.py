#!/usr/bin/env python3
"""The pictures of `pidlet simulate -o svg` in a real browser: seen, whole, and readable.

    check_pictures.py PIDLET [FOLDER]       needs chromium; FOLDER keeps pages and screenshots

Each picture is drawn by headless chromium, light and dark, which measures it itself: texts lie within the
picture and do not cover each other, and bars, waits and lines have pixels of their own colours.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
EXAMPLES = os.path.join(ROOT, "docs", "examples")
LONG = "a" + "wm-" * 20 + "z9"        # 63 characters, the longest name, of wide letters


def pod(name, containers, annotations=""):
    probe = "livenessProbe: {tcpSocket: {port: 80}}, readinessProbe: {tcpSocket: {port: 80}}"
    return (f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\nspec:\n"
            "  containers:\n" + "".join(f"  - {{name: {c}, command: [x], {probe}}}\n" for c in containers))


CASES = {
    "chaos": (["-f", os.path.join(EXAMPLES, "chaos.yaml"), "-c", "app", "--kill-every", "3m"], None),
    "hang": (["-f", os.path.join(EXAMPLES, "web.yaml"), "--hang-after", "1m", "--for", "20m"], None),
    "long-names": (["-f", "-", "--runs", "1m", "--ready-after", "20s"],
                   pod(".".join([LONG] * 3), [LONG, "side"]) + pod("b", [LONG[::-1].replace("9", "x")])),
    "a-day": (["-f", "-", "--runs", "1", "--for", "24h"], pod("api", ["app"], "pidlet.dev/backoff: max=1s")),
    "a-century": (["-f", "-", "--runs", "9000h", "--for", "876000h"], pod("api", ["app"])),
    "an-instant": (["-f", "-", "--runs", "0", "--for", "1ms"], pod("api", ["app"])),
    "no-container": (["-f", "-", "-c", "other/app", "--runs", "1m"], pod("api", ["app"]) + pod("other", ["app"])),
}
WANTED = {"chaos": "ready wait exit", "hang": "ready unready wait exit probe", "long-names": "ready unready wait exit",
          "a-day": "exit", "a-century": "ready exit", "an-instant": "exit", "no-container": "ready wait exit"}

PAGE = """<!doctype html><html><body style="margin:0">{pictures}<pre id="result"></pre><script>
const results = [...document.querySelectorAll('svg')].map(svg => {{
  const box = svg.viewBox.baseVal, origin = svg.getBoundingClientRect(), faults = [];
  const texts = [...svg.querySelectorAll('text')], frames = texts.map(t => t.getBoundingClientRect());
  const name = i => texts[i].firstChild.textContent;
  frames.forEach((f, i) => {{
    if (f.width < 1 || f.height < 1) faults.push('not seen: ' + name(i));
    if (f.left < origin.left - .5 || f.right > origin.left + box.width + .5 || f.top < origin.top - .5
        || f.bottom > origin.top + box.height + .5) faults.push('sticks out: ' + name(i));
    frames.forEach((g, j) => {{
      if (j > i && f.left < g.right - 1 && g.left < f.right - 1 && f.top < g.bottom - 3 && g.top < f.bottom - 3)
        faults.push('covers: ' + name(i) + ' / ' + name(j));
    }});
  }});
  const colours = {{}};
  for (const colour of ['ready', 'unready', 'wait', 'exit', 'probe', 'paper'])
    colours[colour] = getComputedStyle(svg).getPropertyValue('--' + colour).trim();
  return {{faults, colours, texts: texts.length, top: origin.top, height: box.height}};
}});
document.getElementById('result').textContent = JSON.stringify(results);
</script></body></html>"""


def chromium(*args):
    return subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                           "--force-device-scale-factor=1", *args], capture_output=True, text=True, timeout=120)


def rows_of(png):
    """The lines of a screenshot, each as colour -> how often: an 8-bit RGB or RGBA PNG, read by hand."""
    import zlib
    with open(png, "rb") as f:
        data = f.read()
    at, packed = 8, b""
    while at < len(data):
        length, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        if kind == b"IHDR":
            width, height, form = (int.from_bytes(data[at + 8:at + 12], "big"), int.from_bytes(data[at + 12:at + 16], "big"),
                                   data[at + 17])
        elif kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    size, raw, before, rows = {2: 3, 6: 4}[form], zlib.decompress(packed), None, []
    for y in range(height):
        start = y * (width * size + 1)
        line, filtered = bytearray(raw[start + 1:start + 1 + width * size]), raw[start]
        up = before or bytearray(width * size)
        for i in range(len(line)):
            a = line[i - size] if i >= size else 0
            b, c = up[i], up[i - size] if i >= size else 0
            if filtered == 1:
                line[i] = (line[i] + a) & 255
            elif filtered == 2:
                line[i] = (line[i] + b) & 255
            elif filtered == 3:
                line[i] = (line[i] + (a + b) // 2) & 255
            elif filtered == 4:
                p = a + b - c
                nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
                line[i] = (line[i] + nearest) & 255
        counts = {}
        for x in range(0, width * size, size):
            colour = bytes(line[x:x + 3])
            counts[colour] = counts.get(colour, 0) + 1
        rows.append(counts)
        before = line
    return rows


def check_theme(theme, pictures, height, folder):
    page, png = (os.path.join(folder, f"{theme}.{end}") for end in ("html", "png"))
    with open(page, "w") as f:
        f.write(PAGE.format(pictures="".join(f'<div style="display:flex">{svg}</div>' for svg in pictures.values())))
    more = ["--blink-settings=preferredColorScheme=" + ("1" if theme == "light" else "0"), f"--window-size=1200,{height}"]
    dom = chromium(*more, "--dump-dom", "file://" + page).stdout
    results = json.loads(re.search(r'<pre id="result">(.*?)</pre>', dom, re.S).group(1).replace("&amp;", "&"))
    chromium(*more, "--screenshot=" + png, "file://" + page)
    rows, faults = rows_of(png), []
    for name, result in zip(pictures, results):
        faults += [f"{name} ({theme}): {fault}" for fault in result["faults"]]
        own = rows[round(result["top"]) + 76:round(result["top"] + result["height"])]       # without the legend
        for colour in WANTED[name].split():
            text = result["colours"][colour].lstrip("#")
            text = "".join(2 * c for c in text) if len(text) == 3 else text
            if sum(row.get(bytes.fromhex(text), 0) for row in own) < 10:
                faults.append(f"{name} ({theme}): no {colour} ({text}) is seen")
        if (result["colours"]["paper"] != "#fff") != (theme == "dark"):
            faults.append(f"{name} ({theme}): its paper is {result['colours']['paper']}")
        print(f"# {name} ({theme}): {result['texts']} texts", flush=True)
    return faults


def main():
    pidlet, pictures = os.path.abspath(sys.argv[1]), {}
    for name, (args, stdin) in CASES.items():
        pictures[name] = subprocess.run([pidlet, "simulate", *args, "-o", "svg"], input=stdin, capture_output=True,
                                        text=True, check=True).stdout
    height = sum(int(re.search(r'height="(\d+)"', svg).group(1)) for svg in pictures.values())
    with tempfile.TemporaryDirectory() as temporary:
        folder = os.path.abspath(sys.argv[2] if len(sys.argv) > 2 else temporary)
        faults = [f for theme in ("light", "dark") for f in check_theme(theme, pictures, height, folder)]
    print("\n".join(faults) if faults else f"ok - {len(pictures)} pictures, light and dark")
    sys.exit(1 if faults else 0)


main()
