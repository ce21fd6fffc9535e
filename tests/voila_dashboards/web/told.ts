/** A ticket as its page hands it to a report or a test case; its id is one that could end the text it stands in. */

import { debugOf } from "../../../voila_dashboards/pages/ticket/debug.ts";
import type { Told } from "../../../voila_dashboards/pages/ticket/report.ts";
import { turnsIn } from "../../../voila_dashboards/web/trace/told.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";
import { LOG } from "./ticket-log.ts";

export function told(trace: unknown): Told {
  const run = readTrace(trace);
  const log = { ...LOG, ticket_id: 'T"""`1`', execution_time_seconds: 2 };
  const turns = turnsIn(run);
  return { log, run, debug: debugOf(run, true, turns), turns };
}
