// Written by `python -m voila_dashboards.contract` from the list of pages (voila_dashboards/pages) and the definitions
// it names. Do not edit: `make web` writes it anew, and a test compares.

export const SORT_KEYS = [
  "executed_at",
  "ticket_id",
  "client_id",
  "category",
  "status",
  "workflow_version",
  "environment",
  "overall_confidence",
  "hallucination_risk",
  "execution_time_seconds",
  "react_iterations",
  "tool_call_count",
  "failed_tool_calls",
  "error_count",
  "input_tokens",
  "output_tokens",
  "cost_usd",
  "trace_bytes",
] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export const ERROR_SORTS = [
  "errors",
  "change",
  "last_seen",
  "first_seen",
  "tickets",
] as const;
export type ErrorSort = (typeof ERROR_SORTS)[number];

export const TOOL_SORTS = [
  "calls",
  "failures",
  "failure_rate",
  "p95",
  "change",
  "name",
] as const;
export type ToolSort = (typeof TOOL_SORTS)[number];

/** Who looks, in words to show; ``client_id`` where it is one client's eyes. */
export interface ViewerNames {
  display_name: string;
  title: string;
  client_id: string | null;
}

/** What the viewer may do here. A page acts on this and never on who somebody is. */
export interface May {
  see_clients: boolean;
}

/** A parameter and the piece of it that was not understood, each cut to some forty letters. */
export interface Unread {
  param: string;
  text: string;
}

/** What was not understood of a page's parameters; ``more`` are left out beside these. */
export interface LeftOut {
  told: Unread[];
  more: number;
}

/** What a page is drawn from; ``data`` is the page's own. */
export interface Payload {
  page: string;
  viewer: ViewerNames;
  may: May;
  params: Record<string, string>;
  left_out: LeftOut;
  clients: string[];
  client_names: Record<string, string>;
  now_ms: number;
  as_of_ms: number;
  is_current: boolean;
  data: unknown;
}

/** Why there is nothing to draw: a code for the page's script, a sentence for people. */
export interface Failure {
  code: string;
  message: string;
}

/** What a page shows in place of its data. */
export interface FailedPayload {
  page: string;
  params: Record<string, string>;
  now_ms: number;
  error: Failure;
}

/** A value that a filter offers, None for logs without one, and how many tickets it would show. */
export interface ValueCount {
  name: string | null;
  count: number;
}

/** What a search among the values of a parameter found, the best first; ``more`` are found beside these. */
export interface Found {
  values: ValueCount[];
  more: number;
}

/** A column of the chart: when it begins, UTC epoch ms; tickets of each series; how long they took. */
export interface TimeColumn {
  start_ms: number;
  counts: number[];
  median_seconds: number | null;
  p95_seconds: number | null;
}

/** Tickets that are so far from the rest that the chart leaves them out. */
export interface Outliers {
  before: number;
  after: number;
}

/** What ran in a period. What nobody told is None; ``lost`` are logs that a sender says it lost. */
export interface Figures {
  tickets: number;
  successes: number;
  failures: number;
  success_rate: number | null;
  avg_seconds: number | null;
  median_seconds: number | null;
  p95_seconds: number | null;
  errors: number;
  tickets_with_errors: number;
  failed_calls: number;
  tickets_with_failed_calls: number;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  tickets_with_tokens: number;
  tickets_with_cost: number;
  lost: number;
  completeness: number | null;
}

export const LOSS_REASONS = [
  "queue_full",
  "too_big",
  "not_serialisable",
  "refused",
  "network",
  "expired",
  "other",
] as const;
export type LossReason = (typeof LOSS_REASONS)[number];

/** How many logs were lost for one reason. */
export interface LostLogs {
  reason: LossReason;
  logs: number;
}

/** What ran of one group in a period. */
export interface GroupFigures {
  tickets: number;
  successes: number;
  failures: number;
  escalations: number;
  errors: number;
  avg_seconds: number | null;
  cost_usd: number | null;
  lost: number;
  failed_calls: number;
}

/** One group; ``name`` is None for logs that name none, ``previous`` where there is nothing to compare with. */
export interface GroupRow {
  name: string | null;
  current: GroupFigures;
  previous: GroupFigures | null;
}

/** Groups, the biggest first, and how many more there are. */
export interface Breakdown {
  rows: GroupRow[];
  more: number;
}

/** Everything the overview draws; ``by_client`` is None where there is one client. ``lost_by_reason``: the most frequent first. */
export interface OverviewData {
  statuses: string[];
  outcomes: number[];
  unit: "hour" | "day" | "week" | "month" | "year";
  columns: TimeColumn[];
  outliers: Outliers;
  current: Figures;
  previous: Figures | null;
  lost_by_reason: LostLogs[];
  has_any: boolean;
  by_category: Breakdown;
  by_version: Breakdown;
  by_environment: Breakdown;
  by_client: Breakdown | null;
}

/** How many values of each choice there are beside those that are offered; a search finds them. */
export interface MoreValues {
  status: number;
  category: number;
  version: number;
  environment: number;
}

/** One line of the list; what a log did not tell is None. ``executed_at_ms``: UTC epoch ms. */
export interface TicketRow {
  client_id: string;
  log_id: string;
  ticket_id: string;
  executed_at_ms: number;
  status: string;
  category: string | null;
  workflow_version: string | null;
  environment: string | null;
  overall_confidence: number | null;
  hallucination_risk: number | null;
  execution_time_seconds: number | null;
  react_iterations: number | null;
  tool_call_count: number | null;
  failed_tool_calls: number | null;
  error_count: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  trace_bytes: number | null;
}

/** Everything the list draws. ``before`` and ``after`` are what the parameters of these names must be for the page before and after this one; None where there is none. ``first`` is the place of the first row among ``found``, from 1; tickets that arrive while somebody turns pages make it a little less. */
export interface TicketsData {
  found: number;
  statuses: ValueCount[];
  categories: ValueCount[];
  versions: ValueCount[];
  environments: ValueCount[];
  more: MoreValues;
  has_any: boolean;
  first: number;
  page_size: number;
  before: string | null;
  after: string | null;
  rows: TicketRow[];
}

/** What went wrong in a period. ``tickets`` ran; ``tickets_with_errors`` had an error; ``failed_calls`` are tool calls, in ``tickets_with_failed_calls``, of which ``successes_with_failed_calls`` ended as SUCCESS. */
export interface ErrorTotals {
  errors: number;
  tickets: number;
  tickets_with_errors: number;
  failed_calls: number;
  tickets_with_failed_calls: number;
  successes_with_failed_calls: number;
}

/** Errors of one version of the workflow; None where the log names none. */
export interface VersionCount {
  version: string | null;
  errors: number;
}

/** The last ticket with an error of a kind, and what that error said, cut. */
export interface NewestTicket {
  client_id: string;
  log_id: string;
  ticket_id: string | null;
  message: string | null;
}

/** Errors of one type, node and tool; what is None was not told. Where the type is none, or says no more than that it is an error, they also have one ``message_pattern``: their messages without numbers, ids, paths and quoted values. ``before`` are those of the time before, None where there is none to compare with. ``clients`` may be more than those named, and versions too. Times are UTC epoch ms, of when the runs started; they and the counts but ``before`` are of the period. A kind that was seen in the time before only has 0 errors and no newest ticket. */
export interface ErrorKind {
  type: string | null;
  message_pattern: string | null;
  node: string | null;
  tool: string | null;
  errors: number;
  before: number | null;
  tickets: number;
  in_successes: number;
  first_seen_ms: number | null;
  last_seen_ms: number | null;
  clients: number;
  client_ids: string[];
  versions: VersionCount[];
  more_versions: number;
  newest: NewestTicket | null;
}

/** Everything the page of errors draws. ``failed_untold`` are tickets of the period that ended as FAILED and tell of no error; None where only some kinds are looked at. ``is_behind``: some tickets that are counted lack their errors yet. */
export interface ErrorsData {
  current: ErrorTotals;
  previous: ErrorTotals | null;
  failed_untold: number | null;
  kinds: ErrorKind[];
  more_kinds: number;
  is_behind: boolean;
}

/** Calls of a period, and how many of them failed. */
export interface CallCounts {
  calls: number;
  failures: number;
}

/** Calls of a period, how many of them failed, and how long they took; a time is None where none is told. */
export interface CallFigures {
  calls: number;
  failures: number;
  median_ms: number | null;
  p95_ms: number | null;
}

/** The log with the newest call that failed, and when its run started; UTC epoch ms. */
export interface FailedCall {
  client_id: string;
  log_id: string;
  executed_at_ms: number;
}

/** A tool; ``name`` is None for calls that do not say of what. ``share`` is of all calls, from 0 to 1. */
export interface ToolRow {
  name: string | null;
  current: CallFigures;
  previous: CallFigures | null;
  share: number | null;
  newest_failure: FailedCall | null;
}

/** Calls of a client or of a version of the workflow; ``name`` is None where the log names none. */
export interface CallGroup {
  name: string | null;
  calls: number;
  failures: number;
  calls_before: number | null;
  failures_before: number | null;
}

/** Everything the page of tools draws; ``is_behind``: some tickets that are shown lack their calls yet. The groups are of all tools, or of the one that was asked for; ``by_client`` is None where there is one client. */
export interface ToolsData {
  current: CallCounts;
  previous: CallCounts | null;
  tools: ToolRow[];
  more_tools: number;
  by_client: CallGroup[] | null;
  by_version: CallGroup[];
  is_behind: boolean;
}

/** Tickets of the period, how many came with their trace, and what was lost; ``oldest_ms`` of all that are kept. */
export interface Arrived {
  tickets: number;
  with_trace: number;
  lost: number;
  lost_by_reason: LostLogs[];
  oldest_ms: number | null;
}

/** A field that a log may have, as the log's model says; ``tickets`` of the period have it. */
export interface LoggedField {
  name: string;
  kind: string;
  meaning: string;
  tickets: number | null;
}

/** A part of the trace and what may stand in it. */
export interface LoggedPart {
  name: string;
  fields: LoggedField[];
  tickets: number | null;
}

/** A field or metric that the model does not know; so many of the tickets that were looked at have it. */
export interface OwnField {
  name: string;
  tickets: number;
}

/** What is logged; ``own`` are of the newest ``looked_at`` tickets, the most frequent first, and ``more_own``. */
export interface LoggedData {
  fields: LoggedField[];
  metrics: LoggedField[];
  parts: LoggedPart[];
  by_sdk: LoggedField[];
  own: OwnField[];
  more_own: number;
  looked_at: number;
}

/** How many values of a kind one rule masked, in how many tickets. */
export interface MaskedValues {
  kind: string;
  rule: string;
  values: number;
  tickets: number;
}

/** What was masked before it was sent, the most first, in the newest ``looked_at`` tickets of the period. ``tickets`` are those of them in which anything was, ``without_sdk`` those that no SDK sent, which masks; ``more`` are rules that are not listed. */
export interface MaskedData {
  rules: MaskedValues[];
  more: number;
  values: number;
  tickets: number;
  without_sdk: number;
  looked_at: number;
}

export const CLIENT_LEVELS = [
  "FULL_TRACE",
  "METRICS_ONLY",
  "OFF",
] as const;
export type ClientLevel = (typeof CLIENT_LEVELS)[number];

/** What was set for a client; days are None for ever. Who set it and when is None where nobody noted it. Who is an account's name for those who see all clients alone: see `told_to`. */
export interface ClientRecord {
  level: ClientLevel;
  level_by: string | null;
  level_at_ms: number | null;
  logs_days: number | null;
  traces_days: number | null;
  kept_by: string | null;
  kept_at_ms: number | null;
  created_at_ms: number;
  removed_at_ms: number | null;
}

export const DELETION_KINDS = [
  "client",
  "ticket",
  "subject",
] as const;
export type DeletionKind = (typeof DELETION_KINDS)[number];

/** What a receipt says in short, and whether it can be believed; ``follows`` is None where nobody looked. */
export interface ReceiptFacts {
  id: string;
  kind: DeletionKind;
  is_of_everybody: boolean;
  why: string;
  by: string;
  requested_at_ms: number | null;
  ended_at_ms: number | null;
  removed: Record<string, number>;
  how: string;
  read: Record<string, number>;
  not_looked_at: Record<string, string>;
  out_of_reach: string[];
  salt: string;
  digests: string[];
  is_whole: boolean;
  follows: boolean | null;
}

/** What is known of a client; ``receipts`` are None where they cannot be read. ``record`` is None where there is no such client any more, or, not ``is_known``, where nobody could look. */
export interface ClientFacts {
  is_known: boolean;
  record: ClientRecord | null;
  receipts: ReceiptFacts[] | null;
  more_receipts: number;
}

/** Everything of one client; ``facts`` are None where none are to be had. */
export interface ClientData {
  client_id: string;
  arrived: Arrived;
  logged: LoggedData;
  masked: MaskedData;
  facts: ClientFacts | null;
}

/** A client to choose: its tickets of the period, and logs that it lost. */
export interface ClientRow {
  client_id: string;
  tickets: number;
  with_trace: number;
  lost: number;
}

/** One client's data, or where none is chosen the clients there are to choose from, and how many more. */
export interface MyData {
  of_client: ClientData | null;
  to_choose: ClientRow[];
  more_to_choose: number;
}

/** The small fields of a log; ``metrics`` and ``extra`` are JSON text, as they were sent. */
export interface Log {
  client_id: string;
  month: string;
  log_id: string;
  ticket_id: string;
  status: string;
  category: string | null;
  environment: string | null;
  workflow_version: string | null;
  schema_version: number | null;
  execution_time_seconds: number | null;
  react_iterations: number | null;
  overall_confidence: number | null;
  hallucination_risk: number | null;
  error_count: number | null;
  tool_call_count: number | null;
  trace_bytes: number | null;
  metrics: string | null;
  extra: string | null;
  executed_at_ms: number;
  received_at_ms: number;
}

/** Another execution of the same ticket. */
export interface Execution {
  client_id: string;
  log_id: string;
  executed_at_ms: number;
  status: string;
  execution_time_seconds: number | null;
}

/** The newest other executions, and how many there are in all. */
export interface Executions {
  total: number;
  rows: Execution[];
}

/** A kind that errors of a ticket are of, and other tickets with it, of all times; ``newest`` is of them. ``messages`` are beginnings of what the ticket's own errors say, by which the page finds the kind of each. */
export interface TicketErrorKind {
  type: string | null;
  message_pattern: string | null;
  node: string | null;
  tool: string | null;
  errors: number;
  message: string | null;
  messages: string[];
  other_tickets: number;
  newest: NewestTicket | null;
  newest_ms: number | null;
}

/** Everything a ticket's page draws; ``error_kinds`` are none too where the ETL has not read the log yet. */
export interface TicketData {
  trace: string | null;
  trace_state: "present" | "none" | "retired" | "too_big";
  trace_size: number;
  trace_limit: number;
  log: Log;
  same_ticket: Executions;
  error_kinds: TicketErrorKind[];
}

/** The small fields of one of the two, and how many of its tool calls failed. */
export interface ComparedLog {
  client_id: string;
  month: string;
  log_id: string;
  ticket_id: string;
  status: string;
  category: string | null;
  environment: string | null;
  workflow_version: string | null;
  schema_version: number | null;
  execution_time_seconds: number | null;
  react_iterations: number | null;
  overall_confidence: number | null;
  hallucination_risk: number | null;
  error_count: number | null;
  tool_call_count: number | null;
  trace_bytes: number | null;
  metrics: string | null;
  extra: string | null;
  executed_at_ms: number;
  received_at_ms: number;
  failed_tool_calls: number | null;
}

/** One of the two tickets. */
export interface Side {
  trace: string | null;
  trace_state: "present" | "none" | "retired" | "too_big";
  trace_size: number;
  trace_limit: number;
  log: ComparedLog;
}

/** A run that ended well. */
export interface GoodRun {
  client_id: string;
  log_id: string;
  executed_at_ms: number;
  status: string;
  execution_time_seconds: number | null;
  ticket_id: string;
}

/** The newest run before the ticket that ended well, of those that are alike; ``run`` is None where there is none. ``has_failed_calls``: of those that are alike none went without a failed tool call. */
export interface LastGood {
  alike_by: "category" | "workflow_version" | "client";
  run: GoodRun | null;
  has_failed_calls: boolean;
}

/** Everything that the comparison draws. ``other`` is what ``ticket`` is held against; None where nobody chose one, and there is no last good one either. */
export interface CompareData {
  ticket: Side;
  other: Side | null;
  last_good: LastGood;
  same_ticket: Executions;
}

export const KNOWN_STATUSES = [
  "SUCCESS",
  "FAILED",
  "ESCALATED",
] as const;
export type KnownStatus = (typeof KNOWN_STATUSES)[number];

export const RANGE_NAMES = [
  "1d",
  "7d",
  "30d",
  "90d",
  "all",
] as const;
export type RangeName = (typeof RANGE_NAMES)[number];

export const ERROR_CODES = [
  "bad_question",
  "gone",
  "internal",
  "no_admission",
  "not_found",
  "store_unavailable",
  "too_long",
  "unavailable",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export const TRACE_PARTS = [
  "nodes",
  "react_iterations",
  "tool_calls",
  "errors",
  "messages",
  "final_response",
] as const;
export type TracePart = (typeof TRACE_PARTS)[number];

export const SESSION_ENDS = [
  "signed_out",
  "changed",
  "expired",
  "over",
  "other",
  "unchecked",
] as const;
export type SessionEnd = (typeof SESSION_ENDS)[number];

export const DAY_MS = 86400000 as const;
export const NONE = "(none)" as const;
export const SESSION_OVER = 4401 as const;
export const REST = "OTHER STATUSES" as const;
export const FIRST_DIRECTIONS = {
  "executed_at": "desc",
  "ticket_id": "asc",
  "client_id": "asc",
  "category": "asc",
  "status": "asc",
  "workflow_version": "desc",
  "environment": "asc",
  "overall_confidence": "desc",
  "hallucination_risk": "desc",
  "execution_time_seconds": "desc",
  "react_iterations": "desc",
  "tool_call_count": "desc",
  "failed_tool_calls": "desc",
  "error_count": "desc",
  "input_tokens": "desc",
  "output_tokens": "desc",
  "cost_usd": "desc",
  "trace_bytes": "desc"
} as const;
export const NUMBERS = [
  "execution_time_seconds",
  "failed_tool_calls",
  "trace_bytes",
  "react_iterations",
  "overall_confidence",
  "hallucination_risk",
  "error_count",
  "tool_call_count",
  "input_tokens",
  "output_tokens",
  "cost_usd"
] as const;
export const OPERATORS = [
  ">=",
  "<=",
  "!=",
  ">",
  "<",
  "="
] as const;
export const LAST_PAGE = "end" as const;
export const FAILED_STATUS = "(?:output |outcome |status code )?(?:deadline exceeded|error|errored|exception|fail|failed|failure|incomplete|timed out|timedout|timeout)(?: (?:deadline exceeded|error|errored|exception|fail|failed|failure|incomplete|timed out|timedout|timeout|[0-9]+))*(?: ?[:;,(].*)?|[45][0-9][0-9]" as const;
export const FAILED_FLAGS = [
  "is_error",
  "isError"
] as const;
export const FAILED_LEVELS = [
  "critical",
  "error",
  "fatal"
] as const;
export const STATUS_FIELDS = [
  "status",
  "state",
  "outcome"
] as const;
export const STATUS_CODES = [
  "code",
  "status_code",
  "statusCode",
  "status",
  "state"
] as const;
export const DONE_STATUSES = [
  "ok",
  "success",
  "succeeded",
  "complete",
  "completed",
  "done",
  "finished",
  "result",
  "output-available",
  "outcome_ok"
] as const;
export const TRACE_FIELDS = {
  "nodes": [
    "name",
    "parent",
    "started_at",
    "duration_ms",
    "status",
    "input",
    "output",
    "error",
    "attributes"
  ],
  "react_iterations": [
    "iteration",
    "node",
    "started_at",
    "duration_ms",
    "input",
    "thought",
    "action",
    "observation",
    "tool_calls",
    "model",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "cached"
  ],
  "tool_calls": [
    "id",
    "name",
    "arguments",
    "result",
    "started_at",
    "duration_ms",
    "status",
    "error"
  ],
  "errors": [
    "node",
    "type",
    "message",
    "stacktrace"
  ],
  "messages": [
    "role",
    "content"
  ],
  "final_response": []
} as const;

export type PageName = "overview" | "tickets" | "errors" | "tools" | "mydata" | "ticket" | "compare";

/** The list of pages, in the order of the navigation. */
export const PAGES = {
  "overview": {
    "path": "/",
    "title": "Overview",
    "navigation": "Overview",
    "marked": "overview",
    "params": {
      "range": "30d",
      "from": "",
      "to": "",
      "zone": "UTC",
      "client": "",
      "category": "",
      "version": "",
      "environment": ""
    }
  },
  "tickets": {
    "path": "/tickets",
    "title": "Tickets",
    "navigation": "Tickets",
    "marked": "tickets",
    "params": {
      "range": "all",
      "from": "",
      "to": "",
      "zone": "UTC",
      "client": "",
      "q": "",
      "status": "",
      "category": "",
      "version": "",
      "environment": "",
      "type": "",
      "message": "",
      "node": "",
      "tool": "",
      "where": "",
      "failed_calls": "",
      "sort": "executed_at",
      "dir": {
        "by": "sort",
        "defaults": {
          "executed_at": "desc",
          "ticket_id": "asc",
          "client_id": "asc",
          "category": "asc",
          "status": "asc",
          "workflow_version": "desc",
          "environment": "asc",
          "overall_confidence": "desc",
          "hallucination_risk": "desc",
          "execution_time_seconds": "desc",
          "react_iterations": "desc",
          "tool_call_count": "desc",
          "failed_tool_calls": "desc",
          "error_count": "desc",
          "input_tokens": "desc",
          "output_tokens": "desc",
          "cost_usd": "desc",
          "trace_bytes": "desc"
        }
      },
      "columns": "",
      "after": "",
      "before": ""
    }
  },
  "errors": {
    "path": "/errors",
    "title": "Errors",
    "navigation": "Errors",
    "marked": "errors",
    "params": {
      "range": "30d",
      "from": "",
      "to": "",
      "zone": "UTC",
      "client": "",
      "type": "",
      "message": "",
      "node": "",
      "tool": "",
      "version": "",
      "environment": "",
      "category": "",
      "sort": "errors"
    }
  },
  "tools": {
    "path": "/tools",
    "title": "Tools",
    "navigation": "Tools",
    "marked": "tools",
    "params": {
      "range": "30d",
      "from": "",
      "to": "",
      "zone": "UTC",
      "client": "",
      "tool": "",
      "version": "",
      "environment": "",
      "sort": "calls"
    }
  },
  "mydata": {
    "path": "/data",
    "title": "My data",
    "navigation": "My data",
    "marked": "mydata",
    "params": {
      "range": "30d",
      "from": "",
      "to": "",
      "zone": "UTC",
      "client": ""
    }
  },
  "ticket": {
    "path": "/ticket/{client_id}/{log_id}",
    "title": "Ticket",
    "navigation": "",
    "marked": "tickets",
    "params": {
      "client_id": "",
      "log_id": "",
      "step": "",
      "part": "",
      "find": ""
    }
  },
  "compare": {
    "path": "/compare",
    "title": "Compare",
    "navigation": "",
    "marked": "tickets",
    "params": {
      "client_id": "",
      "log_id": "",
      "other_client_id": "",
      "other_log_id": "",
      "step": ""
    }
  }
} as const;

/** The parameters of each page, as its payload says them back. */
export interface PageParams {
  overview: {
    range: "" | "1d" | "7d" | "30d" | "90d" | "all";
    from: string;
    to: string;
    zone: string;
    client: string;
    category: string;
    version: string;
    environment: string;
  };
  tickets: {
    range: "" | "1d" | "7d" | "30d" | "90d" | "all";
    from: string;
    to: string;
    zone: string;
    client: string;
    q: string;
    status: string;
    category: string;
    version: string;
    environment: string;
    type: string;
    message: string;
    node: string;
    tool: string;
    where: string;
    failed_calls: "" | "1";
    sort: SortKey;
    dir: "asc" | "desc";
    columns: string;
    after: string;
    before: string;
  };
  errors: {
    range: "" | "1d" | "7d" | "30d" | "90d" | "all";
    from: string;
    to: string;
    zone: string;
    client: string;
    type: string;
    message: string;
    node: string;
    tool: string;
    version: string;
    environment: string;
    category: string;
    sort: ErrorSort;
  };
  tools: {
    range: "" | "1d" | "7d" | "30d" | "90d" | "all";
    from: string;
    to: string;
    zone: string;
    client: string;
    tool: string;
    version: string;
    environment: string;
    sort: ToolSort;
  };
  mydata: {
    range: "" | "1d" | "7d" | "30d" | "90d" | "all";
    from: string;
    to: string;
    zone: string;
    client: string;
  };
  ticket: {
    client_id: string;
    log_id: string;
    step: string;
    part: "" | "conversation" | "steps";
    find: string;
  };
  compare: {
    client_id: string;
    log_id: string;
    other_client_id: string;
    other_log_id: string;
    step: string;
  };
}

/** The parameters of each page whose values can be looked for. */
export interface PageFinding {
  tickets: "status" | "category" | "version" | "environment";
}

/** The data of each page. */
export interface PageData {
  overview: OverviewData;
  tickets: TicketsData;
  errors: ErrorsData;
  tools: ToolsData;
  mydata: MyData;
  ticket: TicketData;
  compare: CompareData;
}

/** A page's payload: the envelope around its own data. */
export type PagePayload<Name extends PageName> = Omit<Payload, "page" | "params" | "data"> & {
  page: Name;
  params: PageParams[Name];
  data: PageData[Name];
};
