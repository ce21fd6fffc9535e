/** The small fields of a log, for tests of the ticket page. */

import type { Log } from "../../../voila_dashboards/web/generated/contract.ts";

export const LOG: Log = {
  client_id: "acme",
  month: "2026-11",
  log_id: "L-1",
  ticket_id: "T-1",
  status: "FAILED",
  category: null,
  environment: null,
  workflow_version: null,
  schema_version: 1,
  execution_time_seconds: 1,
  react_iterations: 0,
  overall_confidence: null,
  hallucination_risk: null,
  error_count: 0,
  tool_call_count: 0,
  trace_bytes: 2,
  metrics: null,
  extra: null,
  executed_at_ms: 0,
  received_at_ms: 1000,
};
