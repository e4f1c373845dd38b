"""How sanitized programs are to behave: end at the first finding, and say it in the log."""

ENVIRONMENT = {
    'asan': {'ASAN_OPTIONS': 'detect_leaks=1:strict_string_checks=1:'
                             'detect_stack_use_after_return=1',
             'UBSAN_OPTIONS': 'print_stacktrace=1:halt_on_error=1'},
    'tsan': {'TSAN_OPTIONS': 'halt_on_error=1:second_deadlock_stack=1'},
}
