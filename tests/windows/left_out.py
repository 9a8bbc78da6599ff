"""The cases of tests/cli that do not run against klingrec.exe, each with its reason."""
NAMES = 'it needs names of files that Windows does not allow'
LINKS = 'wine shows a link of Linux as what it leads to'
SIGNALS = 'Windows has no SIGTERM and no SIGHUP, and wine no ignored SIGINT'
TERMINAL = 'a terminal of Linux; wine draws a console on it with sequences of its own'
LOCALE = 'the console of Windows shows UTF-8 in every locale'

LEFT_OUT = {
    'a_closed_standard_descriptor_is_not_reused':
        'wine itself uses the numbers of closed descriptors, and fails',
    'a_journal_may_have_any_file_name': NAMES,
    'a_signal_that_is_ignored_at_the_start_stays_ignored': SIGNALS,
    'a_terminal_without_utf8_gets_ascii': LOCALE,
    'check_writes_the_records_of_recognize_in_every_format': NAMES,
    'closing_the_terminal_waits_for_requests_in_flight': SIGNALS,
    'colours_follow_the_option_and_the_environment': TERMINAL,
    'folders_are_searched_without_hidden_names_and_links_to_folders': LINKS,
    'recursive_searches_folders_as_check_does': LINKS,
    'requirements_decide_the_exit_code_and_a_field': TERMINAL,
    'the_first_signal_waits_for_requests_in_flight': SIGNALS,
    'the_second_signal_ends_at_once_and_prints_finished_rows': SIGNALS,
    'the_table_fits_the_terminal': TERMINAL,
    'wrong_lists_are_reported': 'Windows has another error for reading a folder',
}
