"""The cases of tests/cli that do not run against klingrec.exe, each with its reason."""
LEFT_OUT = {
}
