/** As models' makers write it; pictures beside it. */

import { call, DRY, type Maker, no, PNG, SEEN, told, user } from "./makers.ts";

export const MODELS: Readonly<Record<string, Maker>> = {
  "what the SDK makes of calls with their results": {
    messages: [
      user,
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "1", name: "weather", arguments: { city: "Ulm" }, result: "dry", status: "ok" },
          { id: "2", name: "pay", arguments: {}, error: "card declined", status: "error" },
          { id: "3", name: "web_search", arguments: { query: "q" }, result: [{ title: "T" }], status: "ok" },
          { id: "4", name: "hang", arguments: {}, status: "timeout", duration_ms: 30000 },
        ],
      },
      no,
    ],
    said: told([
      "assistant",
      DRY,
      call("pay", {}, ["card declined"], { failed: true }),
      call("web_search", { query: "q" }, [{ title: "T" }]),
      call("hang", {}, null, { failed: true, rest: { status: "timeout", duration_ms: 30000 } }),
    ]),
  },
  "Bedrock's Converse": {
    messages: [
      { role: "user", content: [{ text: "Rain?" }, { image: { format: "png", source: { bytes: PNG } } }] },
      {
        role: "assistant",
        content: [
          { reasoningContent: { reasoningText: { text: "Hm.", signature: "c2ln" } } },
          { text: "I look." },
          { toolUse: { toolUseId: "b", name: "weather", input: { city: "Ulm" } } },
        ],
      },
      {
        role: "user",
        content: [
          { toolResult: { toolUseId: "b", status: "error", content: [{ json: { wet: false } }, { text: "gone" }] } },
        ],
      },
      { role: "assistant", content: [{ text: "No." }, { cachePoint: { type: "default" } }] },
    ],
    said: [
      ["user", "Rain?", SEEN],
      [
        "assistant",
        { thought: "Hm." },
        "I look.",
        call("weather", { city: "Ulm" }, [{ wet: false }, "gone"], { failed: true }),
      ],
      ["assistant", "No.", { type: "default" }],
    ],
  },
  "Bedrock's reasoning that is sealed, and cited words": {
    messages: [
      {
        role: "assistant",
        content: [
          { reasoningContent: { redactedContent: "c2VhbGVk" } },
          { citationsContent: { content: [{ text: "No." }], citations: [{ title: "T" }] } },
        ],
      },
    ],
    said: [
      [
        "assistant",
        { thought: "(not readable: its maker encrypts it)" },
        "No.",
        { rest: { citations: [{ title: "T" }] } },
      ],
    ],
  },
  Cohere: {
    messages: [
      user,
      {
        role: "assistant",
        tool_plan: "I look.",
        tool_calls: [{ id: "c", type: "function", function: { name: "weather", arguments: '{"city":"Ulm"}' } }],
      },
      { role: "tool", tool_call_id: "c", content: [{ type: "text", text: "dry" }] },
      { role: "assistant", content: [{ type: "text", text: "No." }], citations: [{ start: 0 }] },
    ],
    said: [
      ["user", "Rain?"],
      ["assistant", { thought: "I look." }, DRY],
      ["assistant", "No.", { rest: { citations: [{ start: 0 }] } }],
    ],
  },
  "Cohere's first version": {
    messages: [
      { role: "USER", message: "Rain?" },
      { role: "CHATBOT", message: "", tool_calls: [{ name: "weather", parameters: { city: "Ulm" } }] },
      {
        role: "TOOL",
        tool_results: [{ call: { name: "weather", parameters: { city: "Ulm" } }, outputs: [{ rain: 0 }] }],
      },
      { role: "CHATBOT", message: "No." },
    ],
    said: told([
      "assistant",
      call("weather", { city: "Ulm" }, [{ rain: 0 }, { rest: { call: { parameters: { city: "Ulm" } } } }]),
    ]),
  },
  Mistral: {
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "Rain?" },
          { type: "image_url", image_url: `data:image/png;base64,${PNG}` },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "Hm." }] },
          { type: "text", text: "No." },
          { type: "reference", reference_ids: [1] },
        ],
      },
    ],
    said: [
      ["user", "Rain?", SEEN],
      ["assistant", { thought: "Hm." }, "No.", { type: "reference", reference_ids: [1] }],
    ],
  },
  "Mistral's conversations": {
    messages: [
      { type: "message.input", role: "user", content: "Rain?" },
      { type: "function.call", tool_call_id: "m", name: "weather", arguments: '{"city":"Ulm"}' },
      { type: "function.result", tool_call_id: "m", result: "dry" },
      { type: "message.output", role: "assistant", content: "No." },
    ],
    said: [
      ["user", "Rain?", { rest: { type: "message.input" } }],
      ["assistant", DRY],
      ["assistant", "No.", { rest: { type: "message.output" } }],
    ],
  },
  Gemini: {
    messages: [
      { role: "user", parts: [{ text: "Rain?" }, { inlineData: { mimeType: "image/png", data: PNG } }] },
      {
        role: "model",
        parts: [
          { text: "Hm.", thought: true },
          { functionCall: { name: "weather", args: { city: "Ulm" } } },
          { functionCall: { name: "weather", args: { city: "Bonn" } }, thoughtSignature: "c2ln" },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { name: "weather", response: { rain: 0 } } },
          { functionResponse: { name: "weather", response: { error: "no such city" } } },
        ],
      },
      {
        role: "model",
        parts: [
          { executableCode: { language: "PYTHON", code: "print(1)" } },
          { codeExecutionResult: { outcome: "OUTCOME_FAILED", output: "Traceback" } },
          { text: "No." },
        ],
      },
    ],
    said: [
      ["user", "Rain?", SEEN],
      [
        "assistant",
        { thought: "Hm." },
        call("weather", { city: "Ulm" }, [{ rain: 0 }]),
        call("weather", { city: "Bonn" }, [{ error: "no such city" }], {
          failed: true,
          rest: { thoughtSignature: "c2ln" },
        }),
      ],
      [
        "assistant",
        call("code_execution", "print(1)", ["Traceback"], { failed: true, rest: { language: "PYTHON" } }),
        "No.",
      ],
    ],
  },
};
