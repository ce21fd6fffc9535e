/** Messages within what a step was given or gave back: requests and answers of models, whoever's they are. */

import { isRecord } from "../../web/text/labels.ts";

type Messages = Record<string, unknown>[];

/** What is in front of a conversation, or beside it, is told apart. */
export interface Given {
  messages: Messages;
  /** Everything else of the value; null where it is nothing but messages. */
  rest: Record<string, unknown> | null;
}

/** Null where a value holds no messages: then it is shown as it is. */
export function messagesIn(value: unknown): Given | null {
  const all = listOf(value);
  if (all) return { messages: all, rest: null };
  if (!isRecord(value)) return null;
  for (const name of ["messages", "contents", "input", "output"]) {
    const found = listOf(value[name]);
    // An answer repeats what it was told.
    if (found && name === "output") return { messages: found, rest: without(value, [name]) };
    if (found)
      return { messages: [...systemOf(value), ...found], rest: without(value, [name, "system", "instructions"]) };
  }
  if (isRecord(value.output) && isRecord(value.output.message))
    // Bedrock's answer
    return { messages: [value.output.message], rest: without(value, ["output"]) };
  if (Array.isArray(value.choices)) return choicesOf(value, value.choices);
  if (value.role !== undefined && value.content !== undefined) return { messages: [value], rest: null };
  return null;
}

/** A list of which every item is a message, or an item of Responses. */
function listOf(value: unknown): Messages | null {
  if (!Array.isArray(value) || !value.length) return null;
  return value.every((each) => isRecord(each) && isMessage(each)) ? value : null;
}

const isMessage = (each: Record<string, unknown>): boolean =>
  (typeof each.role === "string" && ("content" in each || "parts" in each || "tool_calls" in each)) ||
  /^(message|reasoning|mcp_list_tools|mcp_approval_\w+|\w+_call|\w+_call_output)$/.test(String(each.type)) ||
  (/^(human|ai|system|tool)$/.test(String(each.type)) && ("content" in each || isRecord(each.data)));

/** Some requests have the system's words beside the messages. */
const systemOf = ({ system, instructions }: Record<string, unknown>): Messages =>
  [system, instructions].flatMap((content) => (content ? [{ role: "system", content }] : []));

function choicesOf(value: Record<string, unknown>, choices: unknown[]): Given | null {
  const messages = choices.flatMap((choice) =>
    isRecord(choice) && isRecord(choice.message) ? [besideOf(choice)] : [],
  );
  return messages.length === choices.length && messages.length ? { messages, rest: without(value, ["choices"]) } : null;
}

/** A choice's message, with what stands beside it. */
const besideOf = ({ message, ...beside }: Record<string, unknown>): Record<string, unknown> => ({
  ...beside,
  ...(message as Record<string, unknown>),
});

const without = (value: Record<string, unknown>, names: readonly string[]): Record<string, unknown> | null => {
  const rest = Object.entries(value).filter(([name]) => !names.includes(name));
  return rest.length ? Object.fromEntries(rest) : null;
};
