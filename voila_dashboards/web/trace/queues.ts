/** Calls that wait for a result, by their id or their name. */

import type { Call } from "./blocks.ts";

export interface Waiter {
  call: Call;
  /** The place of its turn. */
  at: number;
}

/** So many calls of one id, or of one name, are looked at for a result: with as many before it, it is nobody's. */
export const MOST_LOOKED_AT = 256;

export const isOpen = ({ call }: Waiter): boolean => !call.result;

/** Calls in their order, of which those that have a result are passed over once. */
export class Queue {
  readonly #all: Waiter[] = [];
  #head = 0;

  add(waiter: Waiter): void {
    this.#all.push(waiter);
  }

  /** The first that waits and `suits`, in a turn from `from` on. */
  first(suits: (waiter: Waiter) => boolean, from = 0): Waiter | undefined {
    while (this.#head < this.#all.length && !isOpen(this.#all[this.#head] as Waiter)) this.#head++;
    const near = this.#all.slice(this.#head, this.#head + MOST_LOOKED_AT);
    return near.find((waiter) => isOpen(waiter) && waiter.at >= from && suits(waiter));
  }

  /** The last that wait and `suit`. */
  last(suits: (waiter: Waiter) => boolean): Waiter[] {
    while (this.#all.length && !isOpen(this.#all.at(-1) as Waiter)) this.#all.pop();
    return this.#all.slice(-MOST_LOOKED_AT).filter((waiter) => isOpen(waiter) && suits(waiter));
  }
}

export function queued(queues: Map<string, Queue>, key: string): Queue {
  const queue = queues.get(key) ?? new Queue();
  queues.set(key, queue);
  return queue;
}
