/** As frameworks write it. */

import { call, DRY, type Maker, no, PNG, SEEN, told, user } from "./makers.ts";

export const FRAMEWORKS: Readonly<Record<string, Maker>> = {
  "Vercel's UI messages": {
    messages: [
      {
        id: "u",
        role: "user",
        parts: [
          { type: "text", text: "Rain?" },
          { type: "file", mediaType: "image/png", url: `data:image/png;base64,${PNG}` },
        ],
      },
      {
        id: "a",
        role: "assistant",
        parts: [
          { type: "step-start" },
          { type: "reasoning", text: "Hm.", state: "done" },
          { type: "tool-weather", toolCallId: "v", state: "output-available", input: { city: "Ulm" }, output: "dry" },
          { type: "tool-pay", toolCallId: "w", state: "output-error", input: {}, errorText: "declined" },
          { type: "dynamic-tool", toolName: "look", toolCallId: "x", state: "input-available", input: { a: 1 } },
          { type: "source-url", sourceId: "1", url: "https://a.test" },
          { type: "text", text: "No.", state: "done" },
        ],
      },
    ],
    said: [
      ["user", "Rain?", SEEN, { rest: { id: "u" } }],
      [
        "assistant",
        { thought: "Hm." },
        DRY,
        call("pay", {}, ["declined"], { failed: true }),
        call("look", { a: 1 }, null, { rest: { state: "input-available" } }),
        { type: "source-url", sourceId: "1", url: "https://a.test" },
        "No.",
        { rest: { id: "a" } },
      ],
    ],
  },
  "Vercel's model messages": {
    messages: [
      user,
      {
        role: "assistant",
        content: [{ type: "tool-call", toolCallId: "v", toolName: "weather", input: { city: "Ulm" } }],
      },
      {
        role: "tool",
        content: [
          { type: "tool-result", toolCallId: "v", toolName: "weather", output: { type: "text", value: "dry" } },
        ],
      },
      { role: "assistant", content: [{ type: "tool-call", toolCallId: "w", toolName: "pay", input: { n: 1 } }] },
      {
        role: "tool",
        content: [
          { type: "tool-result", toolCallId: "w", toolName: "pay", output: { type: "error-text", value: "no" } },
        ],
      },
      no,
    ],
    said: told(["assistant", DRY], ["assistant", call("pay", { n: 1 }, ["no"], { failed: true })]),
  },
  "Vercel's older messages": {
    messages: [
      { role: "user", content: "Rain?", parts: [{ type: "text", text: "Rain?" }] },
      {
        role: "assistant",
        content: "No.",
        parts: [
          {
            type: "tool-invocation",
            toolInvocation: {
              state: "result",
              toolCallId: "v",
              toolName: "weather",
              args: { city: "Ulm" },
              result: "dry",
            },
          },
          { type: "text", text: "No." },
        ],
      },
    ],
    said: [
      ["user", "Rain?"],
      ["assistant", DRY, "No."],
    ],
  },
  "LangChain, written out": {
    messages: [
      { type: "human", data: { content: "Rain?", type: "human" } },
      {
        type: "ai",
        data: { content: "", tool_calls: [{ name: "weather", args: { city: "Ulm" }, id: "l", type: "tool_call" }] },
      },
      { type: "tool", data: { content: "dry", tool_call_id: "l", status: "success" } },
      { lc: 1, type: "constructor", id: ["langchain", "schema", "messages", "AIMessage"], kwargs: { content: "No." } },
    ],
    said: told(["assistant", DRY]),
  },
  LangChain: {
    messages: [
      { type: "human", content: "Rain?" },
      { type: "ai", content: "", tool_calls: [{ id: "l", name: "weather", arguments: { city: "Ulm" } }] },
      { type: "tool", tool_call_id: "l", content: "dry", artifact: { k: 1 }, status: "error" },
      { type: "AIMessageChunk", content: "No." },
    ],
    said: told([
      "assistant",
      call("weather", { city: "Ulm" }, ["dry", { rest: { artifact: { k: 1 } } }], { failed: true }),
    ]),
  },
  "Semantic Kernel": {
    messages: [
      { role: "user", items: [{ content_type: "text", text: "Rain?" }] },
      {
        role: "assistant",
        items: [
          {
            content_type: "function_call",
            id: "k",
            name: "sky-weather",
            function_name: "weather",
            arguments: '{"city":"Ulm"}',
          },
        ],
      },
      { role: "tool", items: [{ content_type: "function_result", id: "k", name: "sky-weather", result: "dry" }] },
      { role: "assistant", items: [{ content_type: "text", text: "No." }] },
    ],
    said: told(["assistant", call("sky-weather", { city: "Ulm" }, ["dry"], { rest: { function_name: "weather" } })]),
  },
  "Pydantic AI": {
    messages: [
      { kind: "request", parts: [{ part_kind: "user-prompt", content: "Rain?" }] },
      {
        kind: "response",
        parts: [
          { part_kind: "thinking", content: "Hm." },
          { part_kind: "tool-call", tool_name: "weather", args: '{"city":"Ulm"}', tool_call_id: "p" },
        ],
      },
      {
        kind: "request",
        parts: [{ part_kind: "tool-return", tool_name: "weather", content: "dry", tool_call_id: "p" }],
      },
      { kind: "response", parts: [{ part_kind: "text", content: "No." }] },
    ],
    said: told(["assistant", { thought: "Hm." }, DRY]),
  },
  AutoGen: {
    messages: [
      { source: "user", type: "TextMessage", content: "Rain?" },
      {
        source: "bot",
        type: "ToolCallRequestEvent",
        content: [{ id: "g", name: "weather", arguments: '{"city":"Ulm"}' }],
      },
      {
        source: "bot",
        type: "ToolCallExecutionEvent",
        content: [{ call_id: "g", name: "weather", content: "dry", is_error: false }],
      },
      { source: "bot", type: "TextMessage", content: "No." },
    ],
    said: [
      ["user", "Rain?", { rest: { type: "TextMessage" } }],
      ["assistant", DRY],
      ["assistant", "No.", { rest: { type: "TextMessage" } }],
    ],
  },
  ShareGPT: {
    messages: [
      { from: "human", value: "Rain?" },
      { from: "gpt", value: "No." },
    ],
    said: told(),
  },
};
