/** What is looked for in a ticket. */

import { fold } from "../../web/text/fold.ts";

/** `Crème "not found"`: words, and what stands within quotes as one; folded, each once. */
export const wordsToFind = (query: string): string[] => [
  ...new Set(
    [...query.matchAll(/"([^"]+)"|(\S+)/g)].map(([, phrase, word]) => fold(phrase ?? word ?? "")).filter(Boolean),
  ),
];
