/**
 * Blocks of a message's content, in whichever shape their maker writes them. What a shape is is said by its type, else
 * by a field that no other shape has. Fields that no block shows are kept, as a block of their own.
 */

import { isBlank, isRecord } from "../text/labels.ts";
import { exactText } from "../values/exact.ts";
import { type Block, joined, restBlock } from "./blocks.ts";
import { call, isDone, result } from "./calls.ts";
import { Fields, type Sent } from "./fields.ts";
import { picture } from "./pictures.ts";

type Reader = (fields: Fields, type: string) => Block[] | null;

const words = (text: string): Block[] => (text.trim() ? [{ kind: "text", text }] : []);

function said(outer: Fields): Block[] | null {
  const fields = outer.inside("text"); // of OpenAI's Assistants
  const value = fields.take("text", "content", "value", "refusal", "parts", "transcript");
  if (value === undefined) return null;
  const isPiece = Array.isArray(fields.see("citations")) || undefined;
  const found = blocksOf(value).map((block) => (isPiece && block.kind === "text" ? { ...block, isPiece } : block));
  return [...found, ...leftOf(fields)];
}

/** What says only that it is there, and whole, is no field to show. */
function leftOf(fields: Fields): Block[] {
  if (isDone(fields.see("status") ?? fields.see("state"))) fields.take("status", "state");
  return restBlock(fields.rest);
}

const THOUGHTS = [
  "thinking",
  "reasoning",
  "reasoningcontent",
  "reasoningtext",
  "thought",
  "summary",
  "text",
  "content",
];
/** What only its maker can read, or check. */
const SEALED = ["encryptedcontent", "redactedcontent", "signature", "thoughtsignature", "data"];

function thought(fields: Fields): Block[] | null {
  const sealed = SEALED.map((name) => fields.takeText(name)).some((value) => value !== undefined);
  const found = thoughtsOf(fields, THOUGHTS);
  if (!found.length && !sealed) return Object.keys(fields.rest).every((name) => name === "id") ? leftOf(fields) : null;
  const unread: Block[] = [{ kind: "thought", text: "(not readable: its maker encrypts it)" }];
  return [...(found.length ? found : unread), ...leftOf(fields)];
}

/** Some makers say a thought twice in one message. */
const distinct = (blocks: readonly Block[]): Block[] => {
  const texts = new Set<string>();
  return blocks.filter((block) => block.kind !== "thought" || (!texts.has(block.text) && texts.add(block.text)));
};

/** `value` as thoughts, however it is nested. */
function thoughtsIn(value: unknown): Block[] {
  const isPlain = isRecord(value) && value.type === undefined;
  const found = isPlain ? deeper(() => thought(new Fields(value)), null) : null;
  return (found ?? blocksOf(value)).map((block) =>
    block.kind === "text" ? { kind: "thought", text: block.text } : block,
  );
}

/** Thoughts that a message has in fields of these names. */
export const thoughtsOf = (fields: Fields, names: readonly string[]): Block[] =>
  distinct(names.flatMap((name) => (typeof fields.see(name) === "boolean" ? [] : thoughtsIn(fields.take(name)))));

const pictureFile: Reader = (fields) =>
  /^image\//.test(String(fields.see("mediatype") ?? fields.see("mimetype"))) ? picture(fields) : null;

const TOOLS =
  /(^|_)((invalid_|mcp_|server_)?tool_(use|call|invocation|execution)|function_call(_content)?|call|dynamic_tool)$/;
const RESULTS =
  /(_call_output|tool_(result|return|output)|(function|tool)_(result|response)(_content)?|call_response|retry_prompt)$/;

/** Of a type in small letters with low lines. */
const TYPES: readonly [RegExp, Reader][] = [
  [/^((in|out)put_|summary_|reasoning_|error_)?text(_content)?$|^(user|system)_prompt$|^message$|^refusal$/, said],
  [/^(redacted_)?thinking$|^(redacted_)?reasoning(_content|_summary|_encrypted)?$|^thought$/, thought],
  [/^(input_)?image(_url|_content)?$|_screenshot$/, (fields) => picture(fields)],
  [/^(file|binary)$/, pictureFile],
  [/^(error_)?json$/, (fields) => (fields.has("value") ? [other("", fields.take("value")), ...leftOf(fields)] : null)],
  [/^content$/, said],
  [/^(in|out)?(put_)?audio$/, (fields) => (fields.has("transcript") ? said(fields) : null)],
  [/^step_start$/, (fields) => (isBlank(fields.rest) ? [] : null)],
  [
    /^code_execution_result$/,
    (fields) => (fields.has("codeexecutionresult") ? result(fields, "code_execution") : null),
  ],
  [/^executable_code$/, (fields, type) => (fields.has("executablecode") ? call(fields, type) : null)],
  [/^(function|custom)$/, (fields, type) => (isRecord(fields.see(type)) ? call(fields) : null)],
  [RESULTS, (fields) => result(fields)],
  [TOOLS, call],
];

/** By the field that an object without a type has: Gemini's parts, and Bedrock's. */
const INSIDE: readonly [string, Reader][] = [
  ["tooluse", (fields) => call(fields)],
  ["functioncall", (fields) => call(fields)],
  ["toolcall", (fields) => call(fields)],
  ["toolresult", (fields) => result(fields)],
  ["toolcallresult", (fields) => result(fields)],
  ["functionresponse", (fields) => result(fields)],
  ["executablecode", (fields) => call(fields, "code_execution_call")],
  ["codeexecutionresult", (fields) => result(fields, "code_execution")],
  ["reasoningcontent", thought],
  ["reasoning", thought],
  ["citationscontent", said],
];

const other = (name: string, value: unknown): Block => ({ kind: "other", name, value });
const snake = (type: string): string =>
  type
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();

/** The type an object says, in small letters with low lines; empty where it says none. */
function takeType(fields: Fields): string {
  return snake(String(fields.takeText("type", "partkind", "contenttype", "blocktype", "$type") ?? takeKind(fields)));
}

/** Agent2Agent and Pydantic AI say a part's type as its kind. */
function takeKind(fields: Fields): unknown {
  const kind = fields.see("kind");
  return typeof kind === "string" && TYPES.some(([known]) => known.test(snake(kind))) ? fields.take("kind") : "";
}

/** Null where nobody knows what `sent` is. */
export function readBlock(sent: Sent): Block[] | null {
  const fields = new Fields(sent);
  const type = takeType(fields);
  return byType(fields, sent, type) ?? byField(new Fields(sent), type);
}

function byType(fields: Fields, sent: Sent, type: string): Block[] | null {
  const tool = /^tool-(.+)/.exec(String(sent.type))?.[1]; // Vercel's: the type is the tool's name
  if (tool !== undefined && (fields.has("toolcallid") || fields.has("state")) && !/^(call|result)$/.test(tool))
    return call(fields, `${tool}_call`);
  const read = type && TYPES.find(([known]) => known.test(type))?.[1];
  return read ? read(fields, type) : null;
}

function byField(fields: Fields, type: string): Block[] | null {
  const [name, read] = INSIDE.find(([each]) => isRecord(fields.see(each))) ?? [];
  if (name && read) {
    if (type) fields.take("type");
    return read(fields.inside(name), type);
  }
  if (isRecord(fields.see("inlinedata")) || (!type && isRecord(fields.see("image")))) return picture(fields);
  if (type || typeof fields.see("text") !== "string") return null;
  if (fields.see("thought") !== true) return said(fields);
  fields.take("thought");
  return thought(fields);
}

function blockOf(sent: unknown): Block[] {
  if (typeof sent === "string" && exactText(sent) === null) return words(sent);
  if (!isRecord(sent)) return isBlank(sent) ? [] : [other("", sent)];
  return readBlock(sent) ?? [unknown(sent)];
}

/** Of an object with one field, that is what it is called. */
function unknown(sent: Sent): Block {
  const [[name, inner] = ["", null], ...more] = Object.entries(sent);
  if (typeof sent.type === "string") return other(sent.type, sent);
  return isRecord(inner) && !more.length ? other(name, inner) : other("", sent);
}

/** Blocks within blocks are read as such to this depth: no maker nests as many, and a stack ends somewhere. */
const MOST_DEPTH = 24;
let depth = 0;

function deeper<T>(read: () => T, otherwise: T): T {
  if (depth === MOST_DEPTH) return otherwise;
  depth++;
  try {
    return read();
  } finally {
    depth--;
  }
}

/** The blocks of a message's content, whatever shape it has; neighbouring words are one block. */
export const blocksOf = (content: unknown): Block[] =>
  isBlank(content)
    ? []
    : deeper(() => joined(Array.isArray(content) ? content.flatMap(blockOf) : blockOf(content)), [other("", content)]);
