# SPDX-License-Identifier: MIT
"""Count the test cases in meson's logs: the last line is "N passed, N failed".

The network tests are a few test cases with long tables; the rows of these tables are
counted separately.
"""
import json
import re
import sys

CMOCKA = re.compile(r"^\[  (PASSED|FAILED)  \] (?:\w+: )?(\d+) test\(s\)", re.M)
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed", re.M)
TABLE = re.compile(r"^.+: (\d+) cases, (\d+) failed$", re.M)


def output_of(test):
    return test.get("stdout", "") + test.get("stderr", "")


def cases(test):
    """Passed and failed cases of one program; a program without counts is one case."""
    output = output_of(test)
    passed = sum(int(n) for word, n in CMOCKA.findall(output) if word == "PASSED")
    failed = sum(int(n) for word, n in CMOCKA.findall(output) if word == "FAILED")
    for good, bad in PLAIN.findall(output):
        passed += int(good)
        failed += int(bad)
    ok = test["result"] in ("OK", "EXPECTEDFAIL")
    if passed + failed == 0:
        passed = int(ok)
    if not ok and failed == 0 and test["result"] != "SKIP":  # crash or time limit
        failed = 1
    return passed, failed


total_passed = total_failed = 0
for path in sys.argv[1:]:
    run_passed = run_failed = faults = left_out = 0
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            passed, failed = cases(test)
            run_passed += passed
            run_failed += failed
            left_out += test["result"] == "SKIP"
            faults += sum(int(count) for count, bad in TABLE.findall(output_of(test)))
    judged = f", {faults} network faults judged" if faults else ""
    skipped = f", {left_out} programs left out" if left_out else ""
    print(f"{path}: {run_passed} passed, {run_failed} failed{judged}{skipped}")
    total_passed += run_passed
    total_failed += run_failed
print(f"{total_passed} passed, {total_failed} failed")
sys.exit(1 if total_failed or not total_passed else 0)
