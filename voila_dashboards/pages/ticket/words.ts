/** What is looked for in a ticket. */

/** `refund "not found"`: words, and what stands within quotes as one. */
export const wordsToFind = (query: string): string[] =>
  [...query.toLowerCase().matchAll(/"([^"]+)"|(\S+)/g)]
    .map(([, phrase, word]) => (phrase ?? word ?? "").trim())
    .filter(Boolean);
