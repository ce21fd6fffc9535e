/** As those write it whose servers have tools of their own. */

import { call, DRY, type Maker, no, PNG, SEEN, told, user } from "./makers.ts";

export const SERVERS: Readonly<Record<string, Maker>> = {
  "OpenAI's Responses": {
    messages: [
      { type: "message", role: "user", content: [{ type: "input_text", text: "Rain?" }] },
      { type: "reasoning", id: "rs", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "gAAA" },
      {
        type: "function_call",
        id: "fc",
        call_id: "c",
        name: "weather",
        arguments: '{"city":"Ulm"}',
        status: "completed",
      },
      { type: "function_call_output", call_id: "c", output: "dry" },
      { type: "custom_tool_call", call_id: "cu", name: "run", input: "ls" },
      { type: "custom_tool_call_output", call_id: "cu", output: "a.py" },
      { type: "computer_call", id: "cc", call_id: "co", action: { type: "click", x: 1 }, status: "completed" },
      {
        type: "computer_call_output",
        call_id: "co",
        output: { type: "computer_screenshot", image_url: `data:image/png;base64,${PNG}` },
      },
      {
        type: "local_shell_call",
        id: "ls",
        call_id: "lo",
        action: { type: "exec", command: ["ls"] },
        status: "completed",
      },
      { type: "local_shell_call_output", id: "lo", output: "b.py" },
      { type: "file_search_call", id: "fs", queries: ["rain"], status: "completed", results: [{ file_id: "f" }] },
      { type: "web_search_call", id: "ws", action: { type: "search", query: "rain" }, status: "completed" },
      {
        type: "code_interpreter_call",
        id: "ci",
        code: "1+1",
        outputs: [{ type: "logs", logs: "2" }],
        status: "completed",
      },
      { type: "image_generation_call", id: "ig", status: "completed", result: PNG },
      { type: "mcp_call", id: "mc", name: "find", server_label: "s", arguments: "{}", output: "found" },
      { type: "mcp_call", id: "md", name: "find", server_label: "s", arguments: "{}", error: "no server" },
      { type: "mcp_list_tools", id: "ml", server_label: "s", tools: [{ name: "find" }] },
      { type: "mcp_approval_request", id: "ma", name: "find", arguments: "{}", server_label: "s" },
      {
        type: "message",
        id: "m",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: "No." }],
      },
    ],
    said: [
      ["user", "Rain?"],
      ["assistant", { thought: "Hm." }, { rest: { id: "rs" } }],
      ["assistant", DRY],
      ["assistant", call("run", "ls", ["a.py"])],
      ["assistant", call("computer", { type: "click", x: 1 }, [SEEN])],
      ["assistant", call("local_shell", { type: "exec", command: ["ls"] }, ["b.py"])],
      ["assistant", call("file_search", ["rain"], [{ file_id: "f" }])],
      ["assistant", call("web_search", { type: "search", query: "rain" }, null)],
      ["assistant", call("code_interpreter", "1+1", [{ type: "logs", logs: "2" }])],
      ["assistant", call("image_generation", undefined, [SEEN])],
      ["assistant", call("find", {}, ["found"], { rest: { server_label: "s" } })],
      ["assistant", call("find", {}, ["no server"], { failed: true, rest: { server_label: "s" } })],
      ["other", { type: "mcp_list_tools", id: "ml", server_label: "s", tools: [{ name: "find" }] }],
      ["other", { type: "mcp_approval_request", id: "ma", name: "find", arguments: "{}", server_label: "s" }],
      ["assistant", "No.", { rest: { id: "m" } }],
    ],
  },
  Anthropic: {
    messages: [
      user,
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm.", signature: "c2ln" },
          { type: "server_tool_use", id: "s", name: "web_search", input: { query: "rain" } },
          { type: "web_search_tool_result", tool_use_id: "s", content: [{ type: "web_search_result", title: "T" }] },
          { type: "server_tool_use", id: "x", name: "code_execution", input: { code: "1" } },
          {
            type: "code_execution_tool_result",
            tool_use_id: "x",
            content: { type: "code_execution_result", stdout: "1", return_code: 0 },
          },
          { type: "server_tool_use", id: "y", name: "web_fetch", input: { url: "u" } },
          {
            type: "web_fetch_tool_result",
            tool_use_id: "y",
            content: { type: "web_fetch_tool_result_error", error_code: "unavailable" },
          },
          { type: "container_upload", file_id: "f" },
          { type: "document", source: { type: "text", data: "words" }, title: "D" },
        ],
      },
      no,
    ],
    said: told([
      "assistant",
      { thought: "Hm." },
      call("web_search", { query: "rain" }, [{ type: "web_search_result", title: "T" }]),
      call("code_execution", { code: "1" }, [{ type: "code_execution_result", stdout: "1", return_code: 0 }]),
      call("web_fetch", { url: "u" }, [{ type: "web_fetch_tool_result_error", error_code: "unavailable" }], {
        failed: true,
      }),
      { type: "container_upload", file_id: "f" },
      { type: "document", source: { type: "text", data: "words" }, title: "D" },
    ]),
  },
};
