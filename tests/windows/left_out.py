# SPDX-License-Identifier: MIT
"""The cases of tests/cli that do not run against klingrec.exe, each with its reason."""
NAMES = 'it needs names of files that Windows does not allow'
LINKS = 'wine shows a link of Linux as what it leads to'
SIGNALS = 'Windows has no SIGTERM and no SIGHUP, and wine no ignored SIGINT'
TERMINAL = 'a terminal of Linux; wine draws a console on it with sequences of its own'
LOCALE = 'the console of Windows shows UTF-8 in every locale'
SHELL = 'its commands are those of sh'
RIGHTS = 'rights and error texts of Linux'
REMOVED = 'rm of Linux removes what Windows keeps while it is open'
PRELOAD = 'it needs a library that is loaded before others'
ADDRESS = 'Schannel with libcurl 7.88 finds no IP address in a certificate'

LEFT_OUT = {
    'a_closed_standard_descriptor_is_not_reused':
        'wine itself uses the numbers of closed descriptors, and fails',
    'a_full_disk_loses_no_answer':
        'wine lets a file grow in a process of its own, which has no limit',
    'a_full_disk_ends_the_run_and_leaves_no_half_of_a_copy':
        'wine lets a file grow in a process of its own, which has no limit',
    'a_full_disk_and_a_folder_that_cannot_be_written_are_told':
        'wine lets a file grow in a process of its own, which has no limit',
    'a_journal_may_have_any_file_name': NAMES,
    'a_copy_has_the_bytes_that_were_checked': PRELOAD,
    'a_copy_waits_for_the_process_that_writes_it':
        'wine knows no locks of flock()',
    'a_cut_out_that_another_process_fetches_is_not_fetched_twice':
        'wine knows no locks of flock()',
    'a_command_gets_no_open_files_and_the_usual_signals': SHELL,
    'a_command_that_gives_no_key_is_an_error_without_its_text': SHELL,
    'a_command_that_hangs_is_ended': SHELL,
    'a_low_limit_of_open_files_bounds_the_jobs': SHELL,
    'a_report_ends_when_its_output_fails': PRELOAD,
    'a_signal_ends_the_wait_for_a_command': SHELL,
    'jobs_hide_the_latency_of_a_share': PRELOAD,
    'a_part_that_is_another_name_of_a_file_is_removed_and_not_written':
        'a rename of Windows never leaves two names',
    'links_lead_to_the_images': LINKS,
    'links_to_folders_in_the_folder_are_not_followed': LINKS,
    'one_image_that_hangs_lets_a_bounded_number_go_ahead': PRELOAD,
    'one_job_waits_for_no_other_thread':
        'wine itself waits over a thousand times when a program starts',
    'names_are_those_of_selected_images_each_with_a_nul': NAMES,
    'names_are_made_from_the_input_and_never_collide': NAMES,
    'nothing_is_overwritten': LINKS,
    'the_exit_code_of_a_command_counts_also_if_that_of_children_is_ignored': SHELL,
    'the_key_comes_from_a_command': SHELL,
    'the_ranges_of_private_addresses_begin_and_end_where_they_should': PRELOAD,
    'the_recipes_for_names_work': NAMES,
    'a_signal_that_is_ignored_at_the_start_stays_ignored': SIGNALS,
    'a_terminal_without_utf8_gets_ascii': LOCALE,
    'certificates_are_checked_and_secrets_of_connections_are_not_written': ADDRESS,
    'check_writes_the_records_of_recognize_in_every_format': NAMES,
    'closing_the_terminal_waits_for_requests_in_flight': SIGNALS,
    'colours_follow_the_option_and_the_environment': TERMINAL,
    'every_name_can_be_recovered_from_the_output': NAMES,
    'folders_are_searched_without_hidden_names_and_links_to_folders': LINKS,
    'recursive_searches_folders_as_check_does': LINKS,
    'requirements_decide_the_exit_code_and_a_field': TERMINAL,
    'the_first_signal_waits_for_requests_in_flight': SIGNALS,
    'the_second_signal_ends_at_once_and_prints_finished_rows': SIGNALS,
    'the_table_fits_the_terminal': TERMINAL,
    'wrong_lists_are_reported': 'Windows has another error for reading a folder',
    'a_file_that_is_not_a_rate_file_is_refused_and_not_changed': RIGHTS,
    'a_journal_can_be_shown_as_a_page': NAMES,
    'a_locked_file_is_awaited_and_signals_are_handled': SIGNALS,
    'a_rate_file_removed_while_a_retry_waits_ends_the_run': REMOVED,
    'a_removed_rate_file_ends_the_run': REMOVED,
    'a_required_table_fits_forty_columns': TERMINAL,
    'a_signal_ends_the_checks_and_nothing_is_sent': SIGNALS,
    'a_signal_ends_waiting_for_standard_input': SIGNALS,
    'a_signal_ends_waiting_for_the_reader_of_the_progress': SIGNALS,
    'a_signal_while_inputs_are_listed_keeps_the_old_output': SIGNALS,
    'a_table_with_wide_characters_fits': TERMINAL,
    'an_interrupted_run_with_a_journal_says_how_to_continue': SIGNALS,
    'a_long_name_is_not_broken_and_does_not_widen_the_rows_of_others': TERMINAL,
    'an_interrupted_check_keeps_the_old_output': SIGNALS,
    'csv_and_tsv_have_one_safe_line_per_record': NAMES,
    'four_processes_share_a_limit_within_five_percent_also_after_a_kill': RIGHTS,
    'merge_and_report_say_that_a_signal_ended_them': SIGNALS,
    'include_tells_bytes_apart_that_are_not_utf8': NAMES,
    'names_that_are_not_utf8_can_be_merged': NAMES,
    'progress_fits_the_window_and_survives_a_resize': TERMINAL,
    'progress_is_silent_in_a_pipe_and_when_quiet': TERMINAL,
    'secrets_of_a_connection_are_only_written_on_request': ADDRESS,
    'the_key_comes_from_a_file_standard_input_or_the_environment': RIGHTS,
    'text_for_a_reader_that_has_enough_ends_quietly':
        'the C library of Windows forgets why a long text could not be written',
    'the_documentation_shows_real_output': TERMINAL,
    'the_page_is_self_contained_and_hostile_names_are_text': NAMES,
}
