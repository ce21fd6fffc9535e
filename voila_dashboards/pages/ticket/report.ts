/** A ticket as a report in Markdown. What a log holds stands in it as text: in fences longer than any of its own. */

import type { Log } from "../../web/generated/contract.ts";
import { withTurningShown } from "../../web/text/bidi.ts";
import { withoutColours } from "../../web/text/faces.ts";
import { clip, isBlank, isRecord, label } from "../../web/text/labels.ts";
import { count, duration, money, num, percent, seconds } from "../../web/text/numbers.ts";
import { iso } from "../../web/text/times.ts";
import type { Block } from "../../web/trace/blocks.ts";
import type { Turn } from "../../web/trace/conversation.ts";
import { hasFailed, type Part, type Run } from "../../web/trace/trace.ts";
import { jsonText } from "../../web/values/exact.ts";
import type { Debug } from "./debug.ts";

/** A longer text is cut, and says so. */
const LONGEST_TEXT = 20_000;
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
    section("Final response", run && !isBlank(run.final) ? fenced(textOf(run.final)) : ""),
    section("Metrics", isBlank(log.metrics) ? "" : fenced(label(log.metrics), "json")),
    run ? "" : "The log is shown without a trace: it was sent without one, is no longer kept, or cannot be read.",
    "Times are UTC.",
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

const section = (title: string, text: string): string => (text ? `## ${title}\n\n${text}` : "");

/** Text within a line, as code: with as many ticks around it as it takes. */
export function code(value: unknown): string {
  const text = clip(legible(label(value).slice(0, 2000)).replace(/\s+/g, " "), 200);
  const ticks = "`".repeat(longestRun(text, /`+/g) + 1);
  return ticks.length > 1 ? `${ticks} ${text} ${ticks}` : `\`${text}\``;
}

export function fenced(text: string, kind = ""): string {
  const left = text.length - LONGEST_TEXT;
  const shown = legible(left > 0 ? `${text.slice(0, LONGEST_TEXT)}\n… (${count(left)} more letters)` : text);
  const fence = "`".repeat(Math.max(3, longestRun(shown, /`+/g) + 1));
  return `${fence}${kind}\n${shown}\n${fence}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Without what tells a terminal or an editor to do something: colours are gone, other such letters are shown. */
const legible = (text: string): string =>
  withTurningShown(withoutColours(text.replace(/\r\n/g, "\n"))).replace(CONTROLS, (each) =>
    String.fromCharCode(each === "\u007f" ? 0x2421 : 0x2400 + each.charCodeAt(0)),
  );

const longestRun = (text: string, runs: RegExp): number =>
  (text.match(runs) ?? []).reduce((most, run) => Math.max(most, run.length), 0);

const textOf = (value: unknown): string => (typeof value === "string" ? value : jsonText(value, 2));

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
  const steps = failures.slice(0, 50).map((part) => {
    const parent = tree.parents.get(part);
    const where = parent ? ` in ${code(parent.name)}` : "";
    return `- ${code(part.name)}${where} failed${isBlank(part.raw.error) ? "" : `: ${code(reason(part.raw.error))}`}`;
  });
  const errors = (run?.errors ?? [])
    .slice(0, 50)
    .map((error) => `- ${code(error.type ?? "Error")}: ${code(error.message ?? error.value)}`);
  return [...steps, ...errors].join("\n");
}

const reason = (error: unknown): unknown => (isRecord(error) ? (error.message ?? error) : error);

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
  if (block.kind === "other") return fenced(textOf(block.value), "json");
  const answer = block.kind === "call" ? block.result : block;
  const head = block.kind === "call" ? [`Call of ${code(block.name)}:`, fenced(textOf(block.given), "json")] : [];
  const back = answer ? [`Result${answer.failed ? ", failed" : ""}:`, ...answer.blocks.map(blockText)] : [];
  return [...head, ...back].join("\n\n");
}

function stepsOf({ groups, figures }: Debug): string {
  const lines: string[] = [];
  let left = 0;
  const write = (part: Part, depth: number): void => {
    if (lines.length < MOST_STEPS)
      lines.push(`${"  ".repeat(depth)}- ${stepLine(part, figures.get(part)?.share ?? null)}`);
    else left++;
    for (const child of part.children) write(child, depth + 1);
  };
  for (const group of groups) write(group, 0);
  return [...lines, ...(left ? [`- … and ${count(left)} more steps`] : [])].join("\n");
}

function stepLine(part: Part, share: number | null): string {
  const { input_tokens: read, output_tokens: written, cost_usd: cost } = part.raw;
  const facts = [
    hasFailed(part.raw) && "**failed**",
    part.duration !== null && duration(part.duration),
    share !== null && `${percent(share)} of the run`,
    num(read) !== null && `${count(read)} tokens in`,
    num(written) !== null && `${count(written)} tokens out`,
    num(cost) !== null && money(cost),
  ];
  return [code(part.name), ...facts.filter(Boolean)].join(", ");
}
