/** Calls of tools, and what they gave back, in whichever shape their maker writes them. */

import { isBlank, isRecord, label } from "../text/labels.ts";
import { parseJson } from "../values/exact.ts";
import { type Block, type Call, type Result, restBlock } from "./blocks.ts";
import { Fields } from "./fields.ts";
import { pictureIn } from "./pictures.ts";
import { blocksOf } from "./reading.ts";
import { hasFailed } from "./trace.ts";

const IDS = ["toolcallid", "tooluseid", "callid", "id", "itemid"];
const NAMES = ["name", "toolname", "function", "functionname"];
const GIVEN = "arguments args input parameters action queries code operation executablecode rawinput".split(" ");
const BACK = "result results output outputs response observation".split(" ");
/** Of a result, which has no other fields of these names. */
const CONTENT = ["content", ...BACK, "codeexecutionresult", "value", "text", "parts", "items", "message"];

const DONE = /^(ok|success|succeeded|completed?|done|finished|result|output-available|outcome_ok)$/i;
const FAILED = /^(error|failed|failure|exception|incomplete|output-error|outcome_(failed|deadline_exceeded))$/i;

export const isDone = (status: unknown): boolean => DONE.test(String(status));

/** Arguments are often JSON within a text. */
const given = (value: unknown): unknown =>
  typeof value === "string" && /^\s*[[{]/.test(value) ? parseJson(value, value) : value;

/** Whether its fields say that it failed. Words that say nothing else count as read. */
function takeFailure(fields: Fields): boolean {
  let hasSaidSo = hasFailed(fields.rest) || fields.see("success") === false;
  for (const name of ["status", "state", "outcome"]) {
    const state = stateOf(fields.see(name));
    if (FAILED.test(state)) hasSaidSo = true;
    if (FAILED.test(state) || DONE.test(state)) fields.take(name);
  }
  if (typeof fields.see("iserror") === "boolean" && fields.take("iserror") === true) hasSaidSo = true;
  return hasSaidSo;
}

/** LangChain hands on how Gemini's code ended as a number. */
const stateOf = (state: unknown): string =>
  state === 1 ? "ok" : state === 2 || state === 3 ? "failed" : String(state);

/** `type` tells the name of a tool that a server has, such as `web_search_call`. */
export function call(outer: Fields, type = ""): [Call] {
  const fields = outer.inside("function", "custom", "toolinvocation");
  const ids = IDS.flatMap((name) => label(fields.takeText(name) ?? fields.take(name), "") || []);
  const name = label(fields.takeText(...NAMES), toolOf(type));
  const value = given(fields.take(...GIVEN));
  const failed = takeFailure(fields);
  const back = answerOf(fields, fields.take(...BACK));
  const result: Result | null = back ? { kind: "result", id: "", name: "", blocks: back.blocks, failed } : null;
  if (result && back?.failed) result.failed = true;
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

/** The result of a call that stands elsewhere. */
export function result(fields: Fields, name = "", idNames = IDS): Block[] {
  const id = label(fields.takeText(...idNames), "");
  const named = label(fields.takeText(...NAMES), name);
  const failed = takeFailure(fields) || hasErrorIn(fields.see("response"));
  const back = answerOf(fields, fields.take(...CONTENT));
  const blocks = [...(back?.blocks ?? []), ...restBlock(fields.rest)];
  fields.clear();
  return [{ kind: "result", id, name: named, blocks, failed: failed || back?.failed === true }];
}

/** Gemini's responses say so by a field. */
const hasErrorIn = (response: unknown): boolean => isRecord(response) && hasFailed({ error: response.error });

interface Answer {
  blocks: Block[];
  failed: boolean;
}

/** What came back, and the error that is said beside it; null where there is neither. */
function answerOf(fields: Fields, value: unknown): Answer | null {
  const error =
    fields.see("error") === false || fields.see("error") === true ? null : fields.take("error", "errortext");
  const back = contentOf(value);
  if (isBlank(error)) return value === undefined ? null : back;
  return { blocks: [...back.blocks, ...blocksOf(error)], failed: true };
}

/** Results of MCP and of Gemini, and those of Anthropic's server, say within themselves whether they failed. */
function contentOf(value: unknown): Answer {
  const shown = typeof value === "string" ? pictureIn(value) : null;
  if (shown) return { blocks: shown, failed: false };
  if (!isRecord(value)) return { blocks: blocksOf(value), failed: false };
  const type = String(value.type ?? "");
  const failed = value.isError === true || value.is_error === true || /(^|[_-])error([_-]|$)/.test(type);
  const isWrapped = Array.isArray(value.content) && (type === "" || type === "content");
  if (!isWrapped) return { blocks: blocksOf(value), failed };
  const fields = new Fields(value);
  const blocks = blocksOf(fields.take("content"));
  fields.take("iserror", "type");
  return { blocks: [...blocks, ...restBlock(fields.rest)], failed };
}
