/** Conditions on numbers as they stand in an address: `cost_usd>=0.5,own_metric<3`. Pure. */

/** The parts of a list; a comma within one is written otherwise, as of statuses. */
export const conditionList = (where: string): string[] => where.split(",").filter(Boolean);

/** The list with one more condition, the last of a name and operator counting. */
export function withCondition(where: string, name: string, operator: string, number: string): string {
  const start = `${name.trim().replace(/[%,]/g, encodeURIComponent)}${operator}`;
  const others = conditionList(where).filter((each) => !isAbout(each, start));
  return [...others, `${start}${number.trim()}`].join(",");
}

const isAbout = (condition: string, start: string): boolean =>
  condition.startsWith(start) && /^[-+.\d]/.test(condition.slice(start.length));

export const withoutCondition = (where: string, condition: string): string =>
  conditionList(where)
    .filter((each) => each !== condition)
    .join(",");

const NAMES: Readonly<Record<string, string>> = {
  execution_time_seconds: "execution time (s)",
  failed_tool_calls: "failed tool calls",
  trace_bytes: "trace size (bytes)",
  react_iterations: "iterations",
  overall_confidence: "confidence",
  hallucination_risk: "hallucination risk",
  error_count: "errors",
  tool_call_count: "tool calls",
  input_tokens: "input tokens",
  output_tokens: "output tokens",
  cost_usd: "cost ($)",
};

export const numberName = (name: string): string => NAMES[name] ?? name;

const OPERATORS: Readonly<Record<string, string>> = { ">=": "≥", "<=": "≤", "!=": "≠", ">": ">", "<": "<", "=": "=" };

export const operatorName = (operator: string): string => OPERATORS[operator] ?? operator;

/** A condition in words: `cost ($) ≥ 0.5`. */
export function conditionText(condition: string): string {
  const found = /^(.+?)(>=|<=|!=|>|<|=)(.*)$/.exec(decoded(condition));
  if (!found) return condition;
  const [, name = "", operator = "", number = ""] = found;
  return `${numberName(name)} ${operatorName(operator)} ${number}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
