/** The fields of one object of a log, each of which is read once: what nobody has read is told apart. */

import { isBlank, isRecord } from "../text/labels.ts";

export type Sent = Record<string, unknown>;

/** Makers write one name as `tool_call_id`, `toolCallId` and `ToolCallId`. */
export const plain = (name: string): string => name.replace(/[_-]/g, "").toLowerCase();

/** Of two fields that have one name where objects are put together, both are kept. */
function free(name: string, names: Set<string>): string {
  const found = names.has(name) ? free(`${name}_2`, names) : name;
  names.add(found);
  return found;
}

export class Fields {
  /** By the plain name; blank ones say nothing. */
  readonly #left = new Map<string, readonly [name: string, value: unknown]>();

  constructor(sent: Sent) {
    for (const [name, value] of Object.entries(sent)) if (!isBlank(value)) this.#add(name, value);
  }

  /** A second one of the same plain name, which says something else, is left for `rest`. */
  #add(name: string, value: unknown): void {
    let key = plain(name);
    if (this.see(key) === value) return;
    while (this.#left.has(key)) key += " ";
    this.#left.set(key, [name, value]);
  }

  has(name: string): boolean {
    return this.#left.has(name);
  }

  /** The value of a field that stays unread. */
  see(name: string): unknown {
    return this.#left.get(name)?.[1];
  }

  /** The value of the first of `names`, which are plain, that is there: it counts as read. */
  take(...names: string[]): unknown {
    const name = names.find((each) => this.#left.has(each));
    if (name === undefined) return undefined;
    const value = this.see(name);
    this.#left.delete(name);
    return value;
  }

  takeText(...names: string[]): unknown {
    return this.take(...names.filter((name) => typeof this.see(name) === "string"));
  }

  /** These fields, and in place of the first of `names` that is an object the fields of that. */
  inside(...names: string[]): Fields {
    const name = names.find((each) => isRecord(this.see(each)));
    if (name === undefined) return this;
    const inner = new Fields(this.take(name) as Sent);
    for (const [each, value] of this.#left.values()) inner.#add(each, value);
    return inner;
  }

  /** Everything counts as read. */
  clear(): void {
    this.#left.clear();
  }

  /** What nobody has read. */
  get rest(): Sent {
    const names = new Set<string>();
    const named = [...this.#left.values()].map(([name, value]) => [free(name, names), value]);
    return Object.fromEntries(named);
  }
}
