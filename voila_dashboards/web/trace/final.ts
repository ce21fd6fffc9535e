/** What a run said last, in whichever shape its maker hands it over. */

import { isBlank, isRecord } from "../text/labels.ts";
import { answered } from "./answers.ts";
import { type Block, joined, restBlock } from "./blocks.ts";
import { blocksOfMessage, isWords, readTurn } from "./conversation.ts";
import { Fields, type Sent } from "./fields.ts";
import { blocksOf } from "./reading.ts";
import { opened } from "./unusual.ts";

/** Fields in which answers of frameworks have their words. */
const ANSWERS =
  "content text response answer output message raw final_output finalOutput final_answer output_text result".split(" ");

/** What a run said last, as what it is, and what stands beside that. */
export function finalOf(final: unknown): Block[] {
  const [turn] = answered([{ blocks: blocksOfFinal(final), hadResults: false }]);
  return turn?.blocks ?? [];
}

function blocksOfFinal(final: unknown): Block[] {
  if (!isRecord(final)) return blocksOf(final);
  return answersOf(final) ?? itemsOf(final) ?? messageOf(final) ?? wordsIn(final);
}

/** OpenAI's Responses have items of which each is as a message of a run. */
function itemsOf({ output, ...around }: Sent): Block[] | null {
  if (!Array.isArray(output) || !output.length || !output.every(isItem)) return null;
  const items = output.flatMap((item, i) => readTurn(item, i).blocks);
  const fields = new Fields(around);
  return joined([...items, ...failureIn(fields), ...restBlock(fields.rest)]);
}

const isItem = (value: unknown): value is Sent => isRecord(value) && typeof value.type === "string";

/** A message, or what holds one: Bedrock's output has it in a field of that. */
function messageOf(final: Sent): Block[] | null {
  const fields = new Fields(final);
  const inner = isRecord(final.output) && isRecord(final.output.message) ? fields.inside("output") : fields;
  const message = opened(inner.rest);
  return typeof message.role === "string" ? readTurn(message, 0).blocks : null;
}

/** An answer with its words in a field, and why there is none. */
function wordsIn(final: Sent): Block[] {
  const name = isBlank(final.type) ? ANSWERS.find((each) => isWords(final[each])) : undefined;
  const fields = new Fields(final);
  const said = name === undefined ? [] : blocksOf(fields.take(name.replaceAll("_", "").toLowerCase()));
  const failure = isBlank(final.type) ? failureIn(fields) : [];
  return said.length || failure.length ? joined([...said, ...failure, ...restBlock(fields.rest)]) : blocksOf(final);
}

/** Why there is no answer, or no more of it. */
function failureIn(fields: Fields): Block[] {
  const error = fields.see("error");
  return typeof error === "string" || isRecord(error)
    ? [{ kind: "other", name: "error", value: fields.take("error") }]
    : [];
}

/** Of an answer of a model as its maker sends it: OpenAI's choices, Gemini's candidates. */
function answersOf({ choices, candidates, ...rest }: Sent): Block[] | null {
  const all = [choices, candidates].flatMap((each) => (Array.isArray(each) ? each : []));
  if (!all.length || !all.every((each) => isRecord(each) && isRecord(each.message ?? each.content))) return null;
  const said = all.flatMap((each) => {
    const { message, content, ...beside } = each;
    const { role: _, ...inner } = message ?? content;
    return [...blocksOfMessage(new Fields(inner), "assistant"), ...restBlock(new Fields(beside).rest)];
  });
  return joined([...said, ...restBlock(new Fields(rest).rest)]);
}
