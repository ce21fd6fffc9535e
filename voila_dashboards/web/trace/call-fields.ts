/** A call of a step under the names of the log's model, whichever names its maker gives its fields. */

import { isRecord } from "../text/labels.ts";
import { BACK, GIVEN, given, IDS, NAMES, saysError, WITHIN } from "./calls.ts";
import { plain, type Sent } from "./fields.ts";

/** A field that the model has stands as it was sent; an empty one of another name too: a call may have no arguments. */
export function callFields(sent: Sent): Sent {
  const found = opened(sent);
  const byName = new Map(Object.keys(found).map((name) => [plain(name), name]));
  const take = (
    field: string,
    names: readonly string[],
    read: (value: unknown) => unknown = (value) => value,
  ): void => {
    if (found[field] !== undefined && found[field] !== null) return;
    const other = names.map((name) => byName.get(name)).find((name) => name !== undefined && isThere(found[name]));
    if (other === undefined || (field === "name" && typeof found[other] !== "string")) return;
    found[field] = read(found[other]);
    delete found[other];
  };
  take("name", NAMES);
  take("id", IDS.slice(0, 3));
  take("arguments", GIVEN, given);
  take("result", BACK);
  take("error", ["errortext"]);
  if (saysError(found.result)) found.is_error = true;
  return found;
}

const isThere = (value: unknown): boolean => value !== undefined && value !== null;

/** Of a call within a call, as OpenAI's are, the fields of both: `{type: "function", function: {name, arguments}}`. */
function opened(sent: Sent): Sent {
  const within = Object.keys(sent).find((name) => WITHIN.includes(plain(name)) && isRecord(sent[name]));
  if (within === undefined || typeof sent.name === "string") return { ...sent };
  const { [within]: inner, ...outer } = sent;
  if (outer.type === within) delete outer.type;
  const { arguments: asked, ...more } = inner as Sent;
  return { ...more, ...outer, ...(asked === undefined ? {} : { arguments: given(asked) }) };
}
