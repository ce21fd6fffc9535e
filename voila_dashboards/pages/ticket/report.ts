/** A ticket as a report in Markdown. What a log holds stands in it as text: in fences longer than any of its own. */

import type { Log } from "../../web/generated/contract.ts";
import { isBlank, label } from "../../web/text/labels.ts";
import { count, duration, money, num, percent, seconds } from "../../web/text/numbers.ts";
import { iso } from "../../web/text/times.ts";
import type { Block, Result } from "../../web/trace/blocks.ts";
import type { Turn } from "../../web/trace/conversation.ts";
import { hasFailed } from "../../web/trace/endings.ts";
import type { Part, Run } from "../../web/trace/trace.ts";
import { parseJson } from "../../web/values/exact.ts";
import type { Debug } from "./debug.ts";
import { reasonOf } from "./failures.ts";
import type { Figures } from "./figures.ts";
import { shareInWords } from "./figures-in-words.ts";
import { measured } from "./measured.ts";
import { ownFields } from "./own-fields.ts";
import { errorTexts, namedTexts, stepTexts } from "./report-steps.ts";
import { code, fenced, textOf } from "./report-text.ts";

const MOST_STEPS = 1000;
const MOST_TURNS = 500;
/** Of all turns together: on paper that is 500 pages. */
const MOST_LETTERS = 1_000_000;

export interface Told {
  log: Log;
  /** Null where there is no trace that can be read. */
  run: Run | null;
  debug: Debug;
  turns: readonly Turn[];
}

export function reportOf({ log, run, debug, turns }: Told): string {
  const parts = [
    `# Ticket ${code(log.ticket_id)}: ${code(log.status)}`,
    factsOf(log),
    section("What went wrong", troubles(run, debug)),
    section("Conversation", conversationOf(turns)),
    section("Steps", stepsOf(debug)),
    section("What the steps hold", stepTexts(debug)),
    section("Final response", run && !isBlank(run.final) ? fenced(textOf(run.final)) : ""),
    section("Other parts of the trace", run ? namedTexts(run.unknown) : ""),
    section("Errors", run ? errorTexts(run.errors) : ""),
    section("Fields of your own", ownOf(log)),
    section("Metrics", isBlank(log.metrics) ? "" : fenced(label(log.metrics), "json")),
    run ? "" : "The log is shown without a trace: it was sent without one, is no longer kept, or cannot be read.",
    "Times are UTC.",
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

const section = (title: string, text: string): string => (text ? `## ${title}\n\n${text}` : "");

function ownOf({ extra }: Log): string {
  const own = ownFields(parseJson(extra, null));
  return isBlank(own) ? "" : fenced(textOf(own), "json");
}

function factsOf(log: Log): string {
  const facts: [string, string | null][] = [
    ["Client", code(log.client_id)],
    ["Log", code(log.log_id)],
    ["Executed at", iso(log.executed_at_ms)],
    ["Execution time", log.execution_time_seconds === null ? null : seconds(log.execution_time_seconds)],
    ["Category", log.category && code(log.category)],
    ["Workflow version", log.workflow_version && code(log.workflow_version)],
    ["Environment", log.environment && code(log.environment)],
    ["Confidence", log.overall_confidence === null ? null : percent(log.overall_confidence)],
    ["Errors", log.error_count === null ? null : count(log.error_count)],
  ];
  return facts.flatMap(([name, value]) => (value ? [`- ${name}: ${value}`] : [])).join("\n");
}

function troubles(run: Run | null, { failures, tree }: Debug): string {
  const failed = failures.slice(0, 50).map(({ part, place }) => {
    const parent = tree.parents.get(part);
    const where = place !== null ? ` in turn ${count(place + 1)}` : parent ? ` in ${code(parent.name)}` : "";
    const why = reasonOf(part, run?.errors ?? []);
    return `- ${code(part.name)}${where} failed${why && `: ${code(why)}`}`;
  });
  const errors = (run?.errors ?? [])
    .slice(0, 50)
    .map((error) => `- ${code(error.type ?? "Error")}: ${code(error.message ?? error.value)}`);
  return [...failed, ...errors].join("\n");
}

function conversationOf(turns: readonly Turn[]): string {
  const told: string[] = [];
  let letters = 0;
  for (const turn of turns.slice(0, MOST_TURNS)) {
    if (letters > MOST_LETTERS) break;
    letters += told[told.push(turnText(turn)) - 1]?.length ?? 0;
  }
  const left = turns.length - told.length;
  return [...told, ...(left ? [`… and ${count(left)} more turns`] : [])].join("\n\n");
}

const turnText = ({ name, blocks }: Turn): string =>
  [`### ${code(name)}`, ...blocks.map(blockText)].filter(Boolean).join("\n\n");

function blockText(block: Block): string {
  if (block.kind === "text") return fenced(block.text);
  if (block.kind === "thought") return `Thought:\n\n${fenced(block.text)}`;
  if (block.kind === "picture") return "(a picture)";
  if (block.kind === "other")
    return [block.name && `${code(block.name)}:`, json(block.value)].filter(Boolean).join("\n\n");
  if (block.kind === "rest") return `Other fields:\n\n${json(block.value)}`;
  if (block.kind === "result") return [code(block.name || "tool"), resultText(block)].join("\n\n");
  const { name, given, result, failed, rest } = block;
  const told = [
    `Call of ${code(name)}${failed && !result ? ", failed" : ""}:`,
    isBlank(given) ? "" : json(given),
    result ? resultText({ ...result, failed }) : "",
    isBlank(rest) ? "" : `Other fields:\n\n${json(rest)}`,
  ];
  return told.filter(Boolean).join("\n\n");
}

const resultText = ({ blocks, failed }: Result): string =>
  [`Result${failed ? ", failed" : ""}:`, ...blocks.map(blockText)].join("\n\n");

const json = (value: unknown): string => fenced(textOf(value), "json");

function stepsOf(debug: Debug): string {
  const { groups, figures } = measured(debug);
  const lines: string[] = [];
  let left = 0;
  const write = (part: Part, depth: number): void => {
    if (lines.length < MOST_STEPS) lines.push(`${"  ".repeat(depth)}- ${stepLine(part, figures.get(part))}`);
    else left++;
    for (const child of part.children) write(child, depth + 1);
  };
  for (const group of groups) write(group, 0);
  return [...lines, ...(left ? [`- … and ${count(left)} more steps`] : [])].join("\n");
}

function stepLine(part: Part, figures: Figures | undefined): string {
  const { input_tokens: read, output_tokens: written, cost_usd: cost } = part.raw;
  const share = figures ? shareInWords(figures) : null;
  const facts = [
    hasFailed(part.raw) && "**failed**",
    part.duration !== null && duration(part.duration),
    share && `${share} of the run`,
    num(read) !== null && `${count(read)} tokens in`,
    num(written) !== null && `${count(written)} tokens out`,
    num(cost) !== null && money(cost),
  ];
  return [code(part.name), ...facts.filter(Boolean)].join(", ");
}
