#!/usr/bin/env python3
"""What `meson install` puts where: held to a list, with each set of features."""
import json
import os
import subprocess
import tempfile

from pidlet import main

BUILD = os.environ["PIDLET_BUILD"]
SOURCE = os.environ["SOURCE_ROOT"]
ALWAYS = {
    "bin/pidlet": 0o755,
    "share/man/man1/pidlet.1": 0o644,
    "share/man/man5/pidlet.yaml.5": 0o644,
    "share/man/man7/pidlet.annotations.7": 0o644,
    "share/bash-completion/completions/pidlet": 0o644,
    "share/zsh/site-functions/_pidlet": 0o644,
    "share/fish/vendor_completions.d/pidlet.fish": 0o644,
    "share/doc/pidlet/LICENSE": 0o644,
    "share/doc/pidlet/README.md": 0o644,
    "share/doc/pidlet/docs/first-five-minutes.md": 0o644,
    "share/doc/pidlet/docs/systemd.md": 0o644,
    "share/doc/pidlet/docs/pictures/back-off.svg": 0o644,
    "share/doc/pidlet/docs/examples/web.yaml": 0o644,
}
WITH_SYSTEMD = {
    "lib/systemd/system/pidlet.service": 0o644,
    "lib/systemd/user/pidlet.service": 0o644,
    "lib/sysusers.d/pidlet.conf": 0o644,
    "lib/tmpfiles.d/pidlet.conf": 0o644,
}
PAGES = "share/doc/pidlet/docs/"         # beside those above: all that are there


def meson(*words):
    return subprocess.run(["meson", *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def wanted(with_systemd):
    files = {**ALWAYS, **(WITH_SYSTEMD if with_systemd else {})}
    for place, _, names in os.walk(os.path.join(SOURCE, "docs")):
        folder = os.path.relpath(place, os.path.join(SOURCE, "docs"))
        if folder.split("/")[0] != "man":
            files.update({os.path.normpath(f"{PAGES}{folder}/{name}"): None for name in names})
    return files


def compare(found, with_systemd):
    files = wanted(with_systemd)
    assert set(found) == set(files), f"more: {sorted(set(found) - set(files))}; less: {sorted(set(files) - set(found))}"


def test_this_build_installs_what_is_listed_and_nothing_else():
    options = {o["name"]: o["value"] for o in json.loads(meson("introspect", "--buildoptions", BUILD))}
    with tempfile.TemporaryDirectory(prefix="pidlet-install-") as folder:
        meson("install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", folder)
        prefix = folder + options["prefix"]
        found = {}
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                found[os.path.relpath(path, prefix)] = os.stat(path).st_mode & 0o777
        compare(found, os.environ["WITH_SYSTEMD"] == "1")
        wrong = {name: oct(found[name]) for name, mode in wanted(True).items()
                 if mode is not None and name in found and found[name] != mode}
        assert not wrong, wrong
        assert subprocess.run([prefix + "/bin/pidlet", "version"], check=True, stdout=subprocess.PIPE).stdout
        if os.environ["WITH_SYSTEMD"] == "1":
            with open(prefix + "/lib/systemd/system/pidlet.service") as f:
                assert f"ExecStart={options['prefix']}/bin/pidlet run\n" in f.read()


def without(*options):
    with tempfile.TemporaryDirectory(prefix="pidlet-install-") as folder:
        meson("setup", folder, SOURCE, "--prefix", "/usr", *options)
        installed = json.loads(meson("introspect", "--installed", folder)).values()
        found = []
        for path in installed:          # a folder that is installed whole is one entry
            name = os.path.relpath(path, "/usr")
            found += [n for n in wanted(False) if n.startswith(PAGES)] if name + "/" == PAGES else [name]
        compare(found, False)


def test_the_minimal_build_installs_the_same_but_units():
    without("-Dauto_features=disabled")


def test_so_does_one_without_libsystemd_alone():
    without("-Dsystemd=disabled")


main(globals())
