/** As frameworks and protocols write it that wrap a message in an event, or its blocks in fields of their own. */

import { call, type Maker, no, PNG, SEEN, user } from "./makers.ts";

const ULM = { city: "Ulm" };

export const WRAPPED: Readonly<Record<string, Maker>> = {
  LlamaIndex: {
    messages: [
      {
        role: "user",
        additional_kwargs: {},
        blocks: [
          { block_type: "text", text: "Rain?" },
          { block_type: "image", image: PNG, image_mimetype: "image/png", path: null, url: null },
        ],
      },
      {
        role: "assistant",
        additional_kwargs: {
          tool_calls: [{ id: "b", type: "function", function: { name: "weather", arguments: '{"city":"Ulm"}' } }],
        },
        blocks: [
          { block_type: "thinking", content: "Hm." },
          { block_type: "tool_call", tool_call_id: "b", tool_name: "weather", tool_kwargs: ULM },
        ],
      },
      {
        role: "tool",
        additional_kwargs: { tool_call_id: "b", seen: 2 },
        blocks: [{ block_type: "text", text: "dry" }],
      },
      { role: "assistant", blocks: [{ block_type: "text", text: "No." }] },
    ],
    said: [
      ["user", "Rain?", SEEN],
      [
        "assistant",
        { thought: "Hm." },
        call("weather", { city: "Ulm" }, ["dry", { rest: { additional_kwargs: { seen: 2 } } }]),
      ],
      ["assistant", "No."],
    ],
  },
  "Google's ADK": {
    messages: [
      { id: "e1", author: "user", content: { role: "user", parts: [{ text: "Rain?" }] } },
      {
        author: "sky",
        content: { role: "model", parts: [{ functionCall: { id: "d", name: "weather", args: ULM } }] },
        actions: { stateDelta: {} },
      },
      {
        author: "sky",
        content: { role: "user", parts: [{ functionResponse: { id: "d", name: "weather", response: { is: "dry" } } }] },
        actions: { transferToAgent: "sea" },
      },
      {
        author: "sea",
        partial: false,
        content: { role: "model", parts: [{ text: "No." }] },
        errorCode: "LIMIT",
        errorMessage: "quota",
      },
      { author: "sea", errorCode: "OTHER" },
    ],
    said: [
      ["user", "Rain?", { rest: { id: "e1" } }],
      ["assistant", call("weather", { city: "Ulm" }, [{ is: "dry" }]), { rest: { actions: { stateDelta: {} } } }],
      ["tool", { rest: { actions: { transferToAgent: "sea" } } }],
      ["assistant", "No.", { type: "error", code: "LIMIT", message: "quota" }, { rest: { partial: false } }],
      ["other", { type: "error", code: "OTHER" }],
    ],
  },
  "MCP, as JSON-RPC": {
    messages: [
      { jsonrpc: "2.0", id: 0, method: "initialize", params: { protocolVersion: "1" } },
      { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "weather", arguments: ULM } },
      { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "pay", arguments: {}, _meta: { token: 7 } } },
      { jsonrpc: "2.0", id: 2, error: { code: -32602, message: "Unknown tool: pay" } },
      { jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text: "dry" }], isError: true } },
      { direction: "in", message: { jsonrpc: "2.0", id: 3, method: "tools/call", params: { name: "look" } } },
      { direction: "out", message: { jsonrpc: "2.0", id: 3, result: { content: [], structuredContent: { a: 1 } } } },
    ],
    said: [
      ["other", { id: 0, params: { protocolVersion: "1" }, type: "initialize" }],
      ["assistant", call("weather", { city: "Ulm" }, ["dry"], { failed: true })],
      [
        "assistant",
        call("pay", {}, [{ code: -32602, message: "Unknown tool: pay" }], {
          failed: true,
          rest: { _meta: { token: 7 } },
        }),
      ],
      [
        "assistant",
        call("look", {}, [{ rest: { structuredContent: { a: 1 } } }, { rest: { direction: "out" } }], {
          rest: { direction: "in" },
        }),
      ],
    ],
  },
  Haystack: {
    messages: [
      { role: "user", meta: {}, name: null, content: [{ text: "Rain?" }] },
      {
        role: "assistant",
        meta: { model: "m" },
        content: [
          { reasoning: { reasoning_text: "Hm.", extra: {} } },
          { tool_call: { tool_name: "weather", arguments: ULM, id: "h", extra: null } },
        ],
      },
      {
        role: "tool",
        content: [
          {
            tool_call_result: { result: "dry", origin: { tool_name: "weather", arguments: ULM, id: "h" }, error: true },
          },
        ],
      },
      { role: "assistant", content: [{ text: "No." }, { image: { base64_image: PNG, mime_type: "image/png" } }] },
    ],
    said: [
      ["user", "Rain?"],
      [
        "assistant",
        { thought: "Hm." },
        call("weather", { city: "Ulm" }, ["dry", { rest: { arguments: { city: "Ulm" } } }], { failed: true }),
        { rest: { meta: { model: "m" } } },
      ],
      ["assistant", "No.", SEEN],
    ],
  },
  Letta: {
    messages: [
      { id: "m1", message_type: "system_message", content: "Be kind." },
      { message_type: "user_message", content: "Rain?" },
      { message_type: "reasoning_message", reasoning: "Hm.", source: "model" },
      {
        message_type: "tool_call_message",
        tool_call: { name: "weather", arguments: '{"city":"Ulm"}', tool_call_id: "l" },
      },
      { message_type: "tool_return_message", tool_return: "dry", status: "error", tool_call_id: "l", stderr: ["s"] },
      { message_type: "assistant_message", content: "No." },
    ],
    said: [
      ["system", "Be kind.", { rest: { id: "m1" } }],
      ["user", "Rain?"],
      ["assistant", { thought: "Hm." }, { rest: { source: "model" } }],
      ["assistant", call("weather", { city: "Ulm" }, ["dry", { rest: { stderr: ["s"] } }], { failed: true })],
      ["assistant", "No."],
    ],
  },
  "Agent2Agent, and other wrappings": {
    messages: [
      { kind: "message", role: "user", messageId: "a", parts: [{ kind: "text", text: "Rain?" }] },
      { Role: { Label: "assistant" }, AuthorName: "sky", Items: [{ $type: "TextContent", Text: "No." }] },
      { type: "user", uuid: "u1", message: { role: "user", content: "Rain?" } },
      { author: { role: "user" }, content: { content_type: "text", parts: ["Rain?"] }, weight: 1 },
      { speaker: "SPEAKER_00", text: "hello" },
      no,
      user,
    ],
    said: [
      ["user", "Rain?", { rest: { kind: "message", messageId: "a" } }],
      ["assistant", "No."],
      ["user", "Rain?", { rest: { uuid: "u1" } }],
      ["user", "Rain?", { rest: { weight: 1 } }],
      ["other", "hello"],
      ["assistant", "No."],
      ["user", "Rain?"],
    ],
  },
};
