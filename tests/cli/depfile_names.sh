#!/bin/sh
# File names that make and ninja would misread: a depfile escapes them for both, or catgac refuses
# to write it.
. "$(dirname "$0")/expect"
command -v python3 >/dev/null || exit 77
exec python3 - "$CATGAC" <<'END_OF_PYTHON'
import os, shutil, subprocess, sys

catgac = sys.argv[1]
characters = list("\x01\t\n\r\x1f\x7f !\"#$%&'()*+,-.:;<=>?@[\\]^_`{|}~aä")
names = [n for c in characters for n in (c + "x", "x" + c + "y", "x" + c, "x" + 2 * c + "y", c)]
names += ["\\ x", "x\\ y", "x\\#y", "x\\\\ y", "x\\", "$(x)", "${x}", "x$$y", "a: b", "a:", "x (1)",
          "x(y)", "%.x", "a&: b", "x\\%y", "x[1]y", "x\\\ny", "~root", "export", "a!=b", "a::b"]
names = [n for n in dict.fromkeys(names) if n not in (".", "..")]

def run(*command):
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)

def make(goal):
    return run("make", "-rR", "--no-print-directory", "-f", "Makefile", *goal)

def put(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w") as file:
        file.write(text)

def age(path, seconds):
    os.utime(path, (1e9 + seconds, 1e9 + seconds))

failures = []
refused = set()
schema = "namespace t;\nversion 1;\ntable T { x: u8; }\n"

def fail(name, what, said=b""):
    failures.append(f"{name!r}: {what} {said.decode(errors='replace')}")

# The name of an input: make notices when it changes, and when it is gone.
def check_input(name):
    path = f"in{name}/a.catga"
    put(path, schema)
    made = run(catgac, "-o", "gen", "--depfile", "d", "--depfile-target", "stamp", path)
    if made.returncode == 3 and not os.path.exists("gen"):
        refused.add(name)
        return
    if made.returncode != 0:
        return fail(name, "catgac", made.stderr)
    put("Makefile", "stamp:\n\ttouch stamp\n-include d\n")
    put("stamp", "")
    age(path, 0), age("stamp", 1)
    done = make(["-q", "stamp"])
    if done.returncode != 0:
        return fail(name, "an input is not found by make", done.stderr)
    age(path, 2)
    if make(["-q", "stamp"]).returncode != 1:
        return fail(name, "make does not see that an input has changed")
    shutil.rmtree(f"in{name}")
    done = make(["stamp"])
    if done.returncode != 0 or b"touch stamp" not in done.stdout:
        return fail(name, "make minds that an input is gone", done.stderr)
    if set(name) & set("\"&'<>^`"):  # ninja cannot read these
        return
    put(path, schema)
    put("build.ninja", "rule r\n  command = touch stamp\n  depfile = d\n  deps = gcc\nbuild stamp: r\n")
    run("rm", "-f", ".ninja_deps", ".ninja_log")
    shutil.copy("d", "kept"), run("ninja"), shutil.copy("kept", "d")
    found = run("ninja", "-t", "deps", "stamp").stdout.decode().split("\n")
    if f"    {path}" not in found and "\n" not in path:
        fail(name, "ninja reads other inputs", str(found).encode())

# The name of an output: make rebuilds it when the schema changes.
def check_target(name):
    target = f"out{name}"
    put("a.catga", schema)
    made = run(catgac, "-o", "gen", "--depfile", "d", "--depfile-target", target, "a.catga")
    if made.returncode == 3:
        if os.path.exists("gen"):
            fail(name, "something was written")
        return
    put("Makefile", "out%:\n\t@echo made\n-include d\n")
    put(target, "")
    age("a.catga", 0), age(target, 1)
    done = make(["--", target])
    if done.returncode != 0 or b"made" in done.stdout:
        return fail(name, "a target is not found by make", done.stderr + done.stdout)
    age("a.catga", 2)
    done = make(["--", target])
    if b"made" not in done.stdout:
        fail(name, "make does not make the target", done.stderr + done.stdout)

def clean():
    for path in os.listdir("."):
        if not path.startswith("."):
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)

for name in names:
    for check in check_input, check_target:
        clean()
        check(name)
plain = set(" #$:.,-_+@!'\"^{}<>`ä0aA(&~")
for name in ["x" + c + "y" for c in plain]:
    if name in refused:
        failures.append(f"{name!r}: refused")
print(f"{len(names)} names, {len(refused)} refused")
print("\n".join(failures[:40]))
sys.exit(bool(failures))
END_OF_PYTHON
