#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Test the program klingrec: test_cli.py KLINGREC KLINGREC-STANDIN DOCS [NAME...]

Standard library only. DOCS is docs/cli.md: it or the help must contain every option and
exit code. With NAME, only cases whose names contain one of them are run.
"""
import sys

import cases_browser  # noqa: F401
import cases_check  # noqa: F401 (each adds its cases to the harness)
import cases_command_line  # noqa: F401
import cases_interruptions  # noqa: F401
import cases_help  # noqa: F401
import cases_hostile_text  # noqa: F401
import cases_input  # noqa: F401
import cases_jobs  # noqa: F401
import cases_journal  # noqa: F401
import cases_knowing  # noqa: F401
import cases_key  # noqa: F401
import cases_data_loss  # noqa: F401
import cases_durable  # noqa: F401
import cases_output  # noqa: F401
import cases_rate  # noqa: F401
import cases_recipes  # noqa: F401
import cases_recognize  # noqa: F401
import cases_regions  # noqa: F401
import cases_report  # noqa: F401
import cases_select  # noqa: F401
import cases_shard  # noqa: F401
import cases_thumbnails  # noqa: F401
import cases_urls  # noqa: F401
import harness

sys.exit(harness.run_all())
