/** As frameworks write it that hold several messages in one, or keep calls, words and thoughts apart. */

import { call, type Maker, no, PNG, SEEN, user } from "./makers.ts";

const ULM = { city: "Ulm" };

export const SEVERAL: Readonly<Record<string, Maker>> = {
  "Claude Code": {
    messages: [
      { parentUuid: null, type: "user", message: { role: "user", content: "Rain?" } },
      {
        type: "assistant",
        message: {
          type: "message",
          role: "assistant",
          model: "m",
          content: [{ type: "tool_use", id: "u", name: "weather", input: ULM }],
        },
      },
      {
        type: "user",
        message: { role: "user", content: [{ tool_use_id: "u", type: "tool_result", content: "dry", is_error: true }] },
        toolUseResult: "Error: dry",
      },
      no,
    ],
    said: [
      ["user", "Rain?"],
      ["assistant", call("weather", { city: "Ulm" }, ["dry"], { failed: true }), { rest: { model: "m" } }],
      ["tool", { rest: { toolUseResult: "Error: dry" } }],
      ["assistant", "No."],
    ],
  },
  "AutoGen's summaries": {
    messages: [
      { source: "user", content: "Rain?" },
      {
        source: "bot",
        type: "ToolCallRequestEvent",
        content: [{ id: "g", name: "weather", arguments: '{"city":"Ulm"}' }],
      },
      {
        source: "bot",
        type: "ToolCallExecutionEvent",
        content: [{ call_id: "g", name: "weather", content: "gone", is_error: true }],
      },
      {
        source: "bot",
        type: "ToolCallSummaryMessage",
        content: "It is gone.",
        tool_calls: [{ id: "g", name: "weather", arguments: '{"city":"Ulm"}' }],
        results: [{ call_id: "g", name: "weather", content: "gone", is_error: true }],
      },
      {
        source: "bot",
        type: "ToolCallSummaryMessage",
        content: "no",
        tool_calls: [{ id: "h", name: "pay", arguments: "{}" }],
        results: [{ call_id: "h", name: "pay", content: "no" }],
      },
    ],
    said: [
      ["user", "Rain?"],
      ["assistant", call("weather", { city: "Ulm" }, ["gone"], { failed: true })],
      ["assistant", "It is gone.", { rest: { type: "ToolCallSummaryMessage" } }],
      ["assistant", call("pay", {}, ["no"])],
      ["assistant", "no", { rest: { type: "ToolCallSummaryMessage" } }],
    ],
  },
  AG2: {
    messages: [
      user,
      {
        content: "",
        role: "assistant",
        name: "bot",
        tool_calls: [
          { id: "1", type: "function", function: { name: "weather", arguments: '{"city":"Ulm"}' } },
          { id: "2", type: "function", function: { name: "pay", arguments: "{}" } },
        ],
      },
      {
        content: "no\n\ndry",
        role: "tool",
        name: "proxy",
        tool_responses: [
          { tool_call_id: "2", role: "tool", content: "no" },
          { tool_call_id: "1", role: "tool", content: "dry" },
        ],
      },
      { role: "tool", content: "More.", tool_responses: [{ tool_call_id: "9", role: "tool", content: "late" }] },
      { content: "No.", role: "assistant", name: "bot" },
    ],
    said: [
      ["user", "Rain?"],
      ["assistant", call("weather", { city: "Ulm" }, ["dry"]), call("pay", {}, ["no", { rest: { source: "proxy" } }])],
      ["tool", { alone: ["late"] }],
      ["other", "More."],
      ["assistant", "No."],
    ],
  },
  "Pydantic AI's prompts": {
    messages: [
      {
        kind: "request",
        instructions: "Short.",
        parts: [
          { part_kind: "system-prompt", content: "Be kind." },
          {
            part_kind: "user-prompt",
            content: ["Rain?", { kind: "binary", media_type: "image/png", data: PNG }],
          },
        ],
      },
      { kind: "response", parts: [{ part_kind: "tool-call", tool_name: "weather", args: ULM, tool_call_id: "p" }] },
      {
        kind: "request",
        parts: [
          { part_kind: "retry-prompt", content: [{ msg: "Field required" }], tool_name: "weather", tool_call_id: "p" },
        ],
      },
      { kind: "request", parts: [{ part_kind: "system-prompt", content: "Alone." }] },
    ],
    said: [
      ["system", "Be kind."],
      ["user", "Rain?", SEEN, { rest: { instructions: "Short." } }],
      ["assistant", call("weather", { city: "Ulm" }, [{ msg: "Field required" }], { failed: true })],
      ["system", "Alone."],
    ],
  },
  "LangChain's invalid calls": {
    messages: [
      {
        type: "ai",
        content: "I look.",
        tool_calls: [{ id: "1", name: "weather", args: ULM, type: "tool_call" }],
        invalid_tool_calls: [
          { id: "2", name: "pay", args: "{oops", error: "not valid JSON", type: "invalid_tool_call" },
          { id: "3", name: "look", args: "{oops", error: null, type: "invalid_tool_call" },
        ],
      },
      { type: "ai", data: { content: "", invalid_tool_calls: [{ id: "4", name: "pay", args: "{" }] } },
    ],
    said: [
      [
        "assistant",
        "I look.",
        call("weather", { city: "Ulm" }, null),
        call("pay", "{oops", ["not valid JSON"], { failed: true }),
        call("look", "{oops", null, { failed: true }),
      ],
      ["assistant", call("pay", "{", null, { failed: true })],
    ],
  },
  "ShareGPT's calls, spoken words and pieces of reasoning": {
    messages: [
      { from: "human", value: "Rain?" },
      { from: "function_call", value: '{"name":"weather","arguments":{"city":"Ulm"}}' },
      { from: "observation", value: "dry" },
      { from: "function_call", value: "not JSON" },
      { type: "message", role: "user", content: [{ type: "input_audio", transcript: "And now?", audio: null }] },
      { role: "user", content: [{ type: "text", text: { value: "Well?", annotations: [{ file_id: "f" }] } }] },
      {
        role: "assistant",
        content: "No.",
        reasoning_details: [
          { type: "reasoning.text", text: "Hm.", format: "v1" },
          { type: "reasoning.encrypted", data: "gAAA" },
        ],
      },
    ],
    said: [
      ["user", "Rain?"],
      ["assistant", call("weather", { city: "Ulm" }, ["dry"])],
      ["other", "not JSON"],
      ["user", "And now?"],
      ["user", "Well?", { rest: { annotations: [{ file_id: "f" }] } }],
      [
        "assistant",
        { thought: "Hm." },
        { thought: "(not readable: its maker encrypts it)" },
        "No.",
        { rest: { format: "v1" } },
      ],
    ],
  },
};
