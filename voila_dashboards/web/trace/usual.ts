/** Which messages `conversation.ts` does not read as they are: what reads them is fetched when a log has some. */

import { isBlank, isRecord } from "../text/labels.ts";
import type { Sent } from "./fields.ts";

const HOLDS = ["additional_kwargs", "invalid_tool_calls", "tool_responses"];
const AROUND = ["message", "data", "kwargs", "payload", "request", "response"];

/** Of some of these too `conversation.ts` reads all. */
export const isUnusual = (message: Sent): boolean =>
  HOLDS.some((name) => !isBlank(message[name])) ||
  (typeof message.role === "string"
    ? isRecord(message.content)
    : typeof message.type !== "string" ||
      message.type.startsWith("ToolCall") ||
      AROUND.some((name) => isRecord(message[name])));
