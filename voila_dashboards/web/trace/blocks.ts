/** What messages hold, whoever's format they are in, as blocks: words, thoughts, calls, results, pictures. */

import { isBlank, isRecord, label } from "../text/labels.ts";
import { exactText, jsonText, parseJson } from "../values/exact.ts";
import { hasFailed } from "./trace.ts";

type Sent = Record<string, unknown>;

export type Block =
  | { kind: "text"; text: string; isPiece?: boolean }
  | { kind: "thought"; text: string }
  | Call
  | Result
  | { kind: "picture"; src: string }
  | { kind: "other"; name: string; value: unknown };

export interface Call {
  kind: "call";
  id: string;
  /** Of its step, where that is known. */
  key?: string;
  name: string;
  given: unknown;
  /** What came back; null where nothing did. */
  result: Result | null;
}

export interface Result {
  kind: "result";
  /** Of the call it answers; empty where it says none. */
  id: string;
  name: string;
  blocks: Block[];
  failed: boolean;
}

/** Longer pictures are not drawn, in letters of base64. */
const BIGGEST_PICTURE = 12_000_000;
const PICTURE = /^data:image\/(png|jpe?g|gif|webp|avif);base64,[A-Za-z0-9+/=\s]+$/;

const text = (value: unknown): Block[] =>
  typeof value === "string" && value.trim() && exactText(value) === null ? [{ kind: "text", text: value }] : [];
const thought = (value: unknown): Block[] =>
  typeof value === "string" && value.trim() ? [{ kind: "thought", text: value }] : [];
const first = (...values: unknown[]): unknown => values.find((value) => !isBlank(value));

/** Arguments are often JSON within a text. */
const given = (value: unknown): unknown =>
  typeof value === "string" && /^\s*[[{]/.test(value) ? parseJson(value, value) : value;

function call(sent: Sent): Block[] {
  const inner = isRecord(sent.function) ? sent.function : sent;
  const named = first(inner.name, typeof sent.function === "string" ? sent.function : "", sent.tool_name);
  const value = first(inner.arguments, inner.args, inner.input, inner.parameters, sent.action);
  const id = label(first(sent.id, sent.call_id, sent.tool_call_id), "");
  return [
    {
      kind: "call",
      id: label(first(sent.call_id, id), ""),
      name: label(named, "tool"),
      given: given(value),
      result: null,
    },
  ];
}

const result = (sent: Sent, value: unknown): Block[] => [
  {
    kind: "result",
    id: label(first(sent.tool_call_id, sent.tool_use_id, sent.call_id), ""),
    name: label(first(sent.name, sent.tool_name, typeof sent.function === "string" ? sent.function : ""), ""),
    blocks: blocksOf(value),
    failed: sent.is_error === true || sent.outcome === "failed" || hasFailed(sent),
  },
];

/** A picture of the log's own bytes; one from elsewhere is named, and never asked for. */
function picture(sent: Sent): Block[] {
  const source = isRecord(sent.source) ? sent.source : sent;
  const url = isRecord(sent.image_url) ? sent.image_url.url : first(sent.image_url, source.url, sent.image);
  const media = label(first(source.media_type, source.mime_type, source.mimeType), "");
  const data = first(source.data, source.base64);
  const src = typeof data === "string" && media ? `data:${media};base64,${data}` : label(url, "");
  if (src.length <= BIGGEST_PICTURE && PICTURE.test(src)) return [{ kind: "picture", src: src.replace(/\s+/g, "") }];
  return [
    { kind: "other", name: "picture, not shown", value: src.startsWith("data:") ? `${src.slice(0, 60)}…` : sent },
  ];
}

const UNREADABLE = thought("(not readable: its maker encrypts it)");

function summary(sent: Sent): Block[] {
  const parts = Array.isArray(sent.summary) ? sent.summary : [];
  const words = parts.map((part) => (isRecord(part) ? part.text : part)).filter((each) => typeof each === "string");
  const said = thought(first(words.join("\n\n"), sent.text, sent.reasoning, sent.content));
  return said.length || isBlank(sent.encrypted_content) ? said : UNREADABLE;
}

/** A block by what it calls itself; several makers' words for the same. */
const READERS: Readonly<Record<string, (sent: Sent) => Block[]>> = {
  text: (sent) => text(first(sent.text, sent.content)),
  input_text: (sent) => text(sent.text),
  output_text: (sent) => text(sent.text),
  refusal: (sent) => text(sent.refusal),
  "user-prompt": (sent) => blocksOf(sent.content),
  "system-prompt": (sent) => blocksOf(sent.content),
  thinking: (sent) => thought(first(sent.thinking, sent.content)),
  reasoning: summary,
  redacted_thinking: () => UNREADABLE,
  message: (sent) => blocksOf(sent.content),
  tool_use: call,
  server_tool_use: call,
  mcp_tool_use: call,
  tool_call: call,
  "tool-call": call,
  function_call: call,
  mcp_call: (sent) => [...call(sent), ...result({ ...sent, call_id: sent.id }, first(sent.output, sent.error))],
  function: call,
  tool_result: (sent) => result(sent, sent.content),
  "tool-return": (sent) => result(sent, sent.content),
  tool_call_response: (sent) => result({ ...sent, tool_call_id: sent.id }, first(sent.response, sent.result)),
  function_call_output: (sent) => result(sent, sent.output),
  image: picture,
  image_url: picture,
  input_image: picture,
};

/** Gemini's parts say what they are by the field they have. */
function part(sent: Sent): Block[] | null {
  if (typeof sent.text === "string" && sent.thought === true) return thought(sent.text);
  const called = sent.functionCall ?? sent.function_call;
  if (isRecord(called)) return call(called);
  const answered = sent.functionResponse ?? sent.function_response;
  if (isRecord(answered)) return result({ ...answered, tool_call_id: answered.id }, answered.response);
  const inline = sent.inlineData ?? sent.inline_data;
  if (isRecord(inline)) return picture(inline);
  return typeof sent.text === "string" && isBlank(sent.type) ? text(sent.text) : null;
}

function blockOf(sent: unknown): Block[] {
  if (!isRecord(sent)) return isBlank(sent) ? [] : (or(text(sent)) ?? [{ kind: "other", name: "", value: sent }]);
  const type = label(first(sent.type, sent.part_kind), "");
  const known = Object.hasOwn(READERS, type) ? type : type.replace(/^\w+_tool_result$/, "tool_result");
  const read = Object.hasOwn(READERS, known) ? READERS[known]?.(sent) : part(sent);
  const isPiece = Array.isArray(sent.citations) && sent.citations.length > 0;
  const found = or(read ?? []) ?? [{ kind: "other" as const, name: type, value: sent }];
  return found.map((block) => (block.kind === "text" && isPiece ? { ...block, isPiece } : block));
}

const or = (blocks: Block[]): Block[] | null => (blocks.length ? blocks : null);

/** Blocks within blocks are read as such to this depth: no maker nests as many, and a stack ends somewhere. */
const MOST_DEPTH = 24;
let depth = 0;

/** The blocks of a message's content, whatever shape it has; neighbouring words are one block. */
export function blocksOf(content: unknown): Block[] {
  if (isBlank(content)) return [];
  if (depth === MOST_DEPTH) return [{ kind: "other", name: "", value: content }];
  depth++;
  try {
    return joined(Array.isArray(content) ? content.flatMap(blockOf) : blockOf(content));
  } finally {
    depth--;
  }
}

function joined(blocks: readonly Block[]): Block[] {
  const found: Block[] = [];
  for (const block of blocks) {
    const last = found.at(-1);
    if (block.kind === "text" && last?.kind === "text") found[found.length - 1] = both(last, block);
    else found.push(block);
  }
  return found;
}

type Words = Extract<Block, { kind: "text" }>;

/** What cites a source is a piece of a sentence. */
function both(before: Words, after: Words): Words {
  const isPieces = before.isPiece || after.isPiece;
  const gap = isPieces || before.text.endsWith("\n") || after.text.startsWith("\n") ? "" : "\n\n";
  return { kind: "text", text: before.text + gap + after.text, isPiece: after.isPiece === true };
}

/** Calls that a message makes beside its content, and thoughts. */
export function besideContent(message: Sent): Block[] {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  const old = isRecord(message.function_call) ? [message.function_call] : [];
  return [...calls, ...old].flatMap((each) =>
    isRecord(each) ? call(each) : [{ kind: "other" as const, name: "tool call", value: each }],
  );
}

export const thoughtsOf = (message: Sent): Block[] =>
  thought(first(message.reasoning_content, message.reasoning, message.thinking));

export const resultOf = (message: Sent, content: unknown): Block[] => {
  const ids = Array.isArray(message.tool_call_ids) ? message.tool_call_ids[0] : undefined;
  return result({ ...message, tool_call_id: first(message.tool_call_id, ids) }, content);
};

/** All that blocks hold, as text. */
export const wordsOf = (blocks: readonly Block[]): string =>
  blocks
    .map((block): string => {
      if (block.kind === "text" || block.kind === "thought") return block.text;
      if (block.kind === "call")
        return `${block.name} ${jsonText(block.given)} ${block.result ? wordsOf(block.result.blocks) : ""}`;
      if (block.kind === "result") return `${block.name} ${wordsOf(block.blocks)}`;
      return block.kind === "other" ? jsonText(block.value) : "";
    })
    .join("\n");
