/** Calls of tools, and what they gave back, in whichever shape their maker writes them. */

import { DONE_STATUSES } from "../generated/contract.ts";
import { isBlank, isRecord, label } from "../text/labels.ts";
import { parseJson } from "../values/exact.ts";
import { type Block, type Call, type Result, restBlock } from "./blocks.ts";
import { hasFailed, isFailedStatus } from "./endings.ts";
import { Fields } from "./fields.ts";
import { pictureIn } from "./pictures.ts";
import { blocksOf } from "./reading.ts";

export const IDS = ["toolcallid", "tooluseid", "callid", "id", "itemid"];
export const NAMES = ["name", "toolname", "function", "functionname"];
export const GIVEN =
  "arguments args input parameters action queries code operation executablecode rawinput toolkwargs".split(" ");
export const BACK = "result results output outputs response observation".split(" ");
/** Of a result, which has no other fields of these names. */
const CONTENT = [
  "content",
  ...BACK,
  ..."codeexecutionresult value text parts items blocks message toolreturn".split(" "),
];

/** Whether a status, a state or an outcome says no more than that something is done. */
export const isDone = (said: unknown): boolean =>
  typeof said === "string" && (DONE_STATUSES as readonly string[]).includes(said.toLowerCase());

/** What some makers have around a call. */
export const WITHIN: readonly string[] = ["function", "custom", "toolinvocation", "toolcall"];

/** Arguments are often JSON within a text. */
export const given = (value: unknown): unknown =>
  typeof value === "string" && /^\s*[[{]/.test(value) ? parseJson(value, value) : value;

/** Whether its fields say that it failed. Words that say nothing else count as read. */
function takeFailure(fields: Fields): boolean {
  let hasSaidSo = hasFailed(fields.rest) || fields.see("success") === false;
  for (const name of ["status", "state", "outcome"]) {
    const state = stateOf(fields.see(name));
    if (isFailedStatus(state)) hasSaidSo = true;
    if (isDone(state) || (isFailedStatus(state) && !saysWhy(state))) fields.take(name);
  }
  for (const name of ["iserror", "error"])
    if (typeof fields.see(name) === "boolean" && fields.take(name) === true) hasSaidSo = true;
  return hasSaidSo;
}

/** What says more than that it failed stays to be shown: a timeout, a number, a reason, an object. */
const saysWhy = (state: unknown): boolean => typeof state !== "string" || /time|deadline|[\d:;,(]/i.test(state);

/** LangChain hands on how Gemini's code ended as a number. */
const stateOf = (state: unknown): unknown => (state === 1 ? "ok" : state === 2 || state === 3 ? "failed" : state);

/** `type` tells the name of a tool that a server has, such as `web_search_call`. */
export function call(outer: Fields, type = ""): [Call] {
  const fields = outer.inside(...WITHIN);
  const ids = IDS.flatMap((name) => label(fields.takeText(name) ?? fields.take(name), "") || []);
  const name = label(fields.takeText(...NAMES), toolOf(type));
  const value = given(fields.take(...GIVEN));
  const failed = takeFailure(fields);
  const back = answerOf(fields, fields.take(...BACK));
  const result: Result | null = back && { ...back, kind: "result", id: "", name: "", failed: failed || back.failed };
  const found: Call = {
    kind: "call",
    ids,
    name,
    given: value,
    result,
    failed: failed || result?.failed === true,
    rest: fields.rest,
  };
  return [found];
}

const toolOf = (type: string): string =>
  type === "executable_code"
    ? "code_execution"
    : (/^(.+)_call$/.exec(type.replace(/^(invalid_)?(tool|function)_call$/, ""))?.[1] ?? "tool");

/** A message that is a result: its own id is not that of a call. */
export const resultOf = (message: Fields): Block[] => result(message, "", IDS.slice(0, 3));

/** Haystack's results repeat their call. */
const isCall = (origin: unknown): boolean => isRecord(origin) && origin.tool_name !== undefined;

/** The result of a call that stands elsewhere. */
export function result(outer: Fields, name = "", idNames = IDS): Block[] {
  const fields = isCall(outer.see("origin")) ? outer.inside("origin") : outer;
  const id = label(fields.takeText(...idNames), "");
  const named = label(fields.takeText(...NAMES), name);
  const failed = takeFailure(fields) || hasErrorIn(fields.see("response"));
  const back = answerOf(fields, fields.take(...CONTENT));
  const blocks = [...(back?.blocks ?? []), ...restBlock(fields.rest)];
  outer.clear();
  return [{ ...back, kind: "result", id, name: named, blocks, failed: failed || back?.failed === true }];
}

/** Gemini's responses say so by a field. */
const hasErrorIn = (response: unknown): boolean => isRecord(response) && hasFailed({ error: response.error });

interface Answer {
  blocks: Block[];
  failed: boolean;
  sent?: unknown;
  error?: unknown;
}

/** What came back, and the error that is said beside it; null where there is neither. */
function answerOf(fields: Fields, value: unknown): Answer | null {
  const error = fields.take("error", "errortext");
  const back = contentOf(value);
  if (isBlank(error)) return value === undefined ? null : { ...back, sent: value };
  return { blocks: [...back.blocks, ...blocksOf(error)], failed: true, sent: value, error };
}

/** Whether what came back says within itself that its call failed, as results of MCP do, and of Anthropic's server. */
export const saysError = (back: unknown): boolean =>
  isRecord(back) &&
  (back.isError === true || back.is_error === true || /(^|[_-])error([_-]|$)/.test(String(back.type ?? "")));

/** Results of MCP and of Gemini, and those of Anthropic's server, say within themselves whether they failed. */
function contentOf(value: unknown): Answer {
  const shown = typeof value === "string" ? pictureIn(value) : null;
  if (shown) return { blocks: shown, failed: false };
  if (!isRecord(value)) return { blocks: blocksOf(value), failed: false };
  const type = String(value.type ?? "");
  const failed = saysError(value);
  const isWrapped = Array.isArray(value.content) && (type === "" || type === "content");
  if (!isWrapped) return { blocks: blocksOf(value), failed };
  const fields = new Fields(value);
  const blocks = blocksOf(fields.take("content"));
  fields.take("iserror", "type");
  return { blocks: [...blocks, ...restBlock(fields.rest)], failed };
}
