#!/usr/bin/env python3
"""`pidlet explain` and `pidlet schema`: their output, their errors, their exit status."""
import json
import os
import re
import subprocess

from pidlet import PIDLET, WRAPPER, main


def pidlet(*args, stdout=subprocess.PIPE):
    return subprocess.run([*WRAPPER, PIDLET, *args], stdout=stdout, stderr=subprocess.PIPE, text=True)


def test_explain_prints_a_field_and_ends_well():
    done = pidlet("explain", "pod.spec.terminationGracePeriodSeconds")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "KIND:       Pod\n"
        "VERSION:    v1\n"
        "\n"
        "FIELD: terminationGracePeriodSeconds <integer>\n"
        "\n"
        "DESCRIPTION:\n"
        "    Seconds from the stop signal to SIGKILL; 0: SIGKILL at once.\n"
        "    default: 30\n"
        "\n"
        "PIDLET:\n"
        "    honoured\n"
        "\n"), done.stdout


def test_what_is_not_there_ends_with_1_and_a_guess():
    done = pidlet("explain", "deploy.spec.replica")
    assert (done.returncode, done.stdout, done.stderr) == (
        1, "", 'error: field "replica" does not exist: did you mean "replicas"?\n'), done
    assert pidlet("explain", "nonsense").returncode == 1


def test_recursion_goes_as_deep_as_is_said():
    done = pidlet("explain", "pod", "--recursive", "--max-depth=1")
    assert "\n  spec\t<PodSpec>\n" in done.stdout and "containers" not in done.stdout, done.stdout
    assert "\n    containers\t<[]Container> -required-\n" in pidlet("explain", "-R", "po").stdout


def test_wrong_usage_ends_with_2_and_says_where_help_is():
    for args in [["explain"], ["explain", "pod", "secret"], ["explain", "--max-depth", "2", "pod"],
                 ["explain", "-R", "--max-depth", "x", "pod"], ["explain", "--nonsense"], ["explain", "--api-version"],
                 ["schema", "-o", "xml"], ["schema", "nonsense"], ["schema", "pod", "job"],
                 ["schema", "-o", "openapi", "pod"], ["schema", "-o"], ["schema", "-x"]]:
        done = pidlet(*args)
        assert done.returncode == 2 and done.stdout == "", (args, done)
        assert f"Try 'pidlet {args[0]} --help'." in done.stderr, (args, done)


def test_help_is_printed_on_standard_output():
    for verb in ("explain", "schema"):
        for option in ("-h", "--help"):
            done = pidlet(verb, option)
            assert done.returncode == 0 and done.stdout.startswith(f"usage: pidlet {verb}"), done
            assert pidlet("help", verb).stdout == done.stdout
    verbs = re.findall(r"^  pidlet (\w+)", pidlet("help").stdout, re.M)
    assert verbs[0] == "run" and verbs[-1] == "help", verbs
    for verb in verbs:
        done = pidlet(verb, "--help")
        assert done.returncode == 0 and done.stdout.startswith(f"usage: pidlet {verb}"), done
    assert pidlet("help", "nonsense").returncode == 2


def test_schemas_are_json():
    assert json.loads(pidlet("schema").stdout)["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert json.loads(pidlet("schema", "po", "-o", "json-schema").stdout)["title"] == "Pod"
    assert json.loads(pidlet("schema", "--output=openapi").stdout)["openapi"] == "3.0.0"


def test_output_that_cannot_be_written_is_an_error():
    if not os.path.exists("/dev/full"):
        return
    web = os.path.join(os.path.dirname(__file__), "../../docs/examples/web.yaml")
    for args in [["explain", "pod"], ["schema"], ["schema", "-o", "markdown"], ["help"], ["version"], ["run", "-h"],
                 ["check", web], ["check", "-o", "json", web]]:
        with open("/dev/full", "w") as full:
            done = pidlet(*args, stdout=full)
        assert done.returncode == 1, (args, done)
        assert f"pidlet {args[0]}: standard output: No space left on device\n" in done.stderr, (args, done)


def test_a_verb_that_does_not_exist_is_told_briefly_and_with_a_guess():
    done = pidlet("simluate")
    assert done.returncode == 2 and not done.stdout, done
    assert 'pidlet: unknown verb: simluate: did you mean "simulate"?\nTry \'pidlet --help\'.\n' in done.stderr, done
    assert "did you mean" not in pidlet("frobnicate").stderr


main(globals())
