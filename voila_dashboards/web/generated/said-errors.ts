// Written by `python -m voila_dashboards.contract` from the list of pages (voila_dashboards/pages) and the definitions
// it names. Do not edit: `make web` writes it anew, and a test compares.

export const TYPES: readonly string[] = [
  "type",
  "exception.type",
  "error.type",
  "exc_type",
  "exception_type",
  "error_type",
  "errorType",
  "exceptionType",
  "error_class",
  "class",
  "name",
  "code"
];
export const MESSAGES: readonly string[] = [
  "message",
  "exception.message",
  "error.message",
  "exc_message",
  "exception_message",
  "error_message",
  "errorMessage",
  "detail",
  "details",
  "description",
  "statusMessage",
  "reason",
  "msg",
  "text",
  "value"
];
export const INSIDE: readonly string[] = [
  "error",
  "exception",
  "err",
  "errors"
];
export const STACKS: readonly string[] = [
  "stack",
  "traceback",
  "stacktrace",
  "stack_trace",
  "exception.stacktrace",
  "exc_info",
  "exc_traceback"
];
export const WORDS: readonly string[] = [
  "text",
  "content",
  "output",
  "result",
  "error_code",
  "stderr"
];
