"""Count the test cases in meson's logs: the last line is "N passed, N failed"."""
import json
import re
import sys

CMOCKA = re.compile(r"^\[  (PASSED|FAILED)  \] (\d+) test\(s\)", re.M)
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed", re.M)


def cases(test):
    """Passed and failed cases of one program; a program that says nothing is one."""
    output = test.get("stdout", "") + test.get("stderr", "")
    passed = sum(int(n) for word, n in CMOCKA.findall(output) if word == "PASSED")
    failed = sum(int(n) for word, n in CMOCKA.findall(output) if word == "FAILED")
    for good, bad in PLAIN.findall(output):
        passed += int(good)
        failed += int(bad)
    ok = test["result"] in ("OK", "EXPECTEDFAIL")
    if passed + failed == 0:
        passed = int(ok)
    if not ok and failed == 0:  # a crash or a time limit after the last line
        failed = 1
    return passed, failed


total_passed = total_failed = 0
for path in sys.argv[1:]:
    run_passed = run_failed = 0
    with open(path, encoding="utf-8") as log:
        for line in log:
            passed, failed = cases(json.loads(line))
            run_passed += passed
            run_failed += failed
    print(f"{path}: {run_passed} passed, {run_failed} failed")
    total_passed += run_passed
    total_failed += run_failed
print(f"{total_passed} passed, {total_failed} failed")
sys.exit(1 if total_failed or not total_passed else 0)
