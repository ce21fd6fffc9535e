/** Which part of a long list is drawn: it grows to some portions, then moves on. */

export interface Span {
  from: number;
  /** Behind its last place. */
  to: number;
}

/** A span is never longer than so many portions. */
const MOST_PORTIONS = 3;

export const beginning = (count: number, portion: number): Span => ({ from: 0, to: Math.min(count, portion) });

export function withLater({ from, to }: Span, count: number, portion: number): Span {
  const end = Math.min(count, to + portion);
  return { from: Math.max(from, end - MOST_PORTIONS * portion), to: end };
}

export function withEarlier({ from, to }: Span, portion: number): Span {
  const start = Math.max(0, from - portion);
  return { from: start, to: Math.min(to, start + MOST_PORTIONS * portion) };
}

/** `span` where it has the place `at`, else one portion around that; either ends where the list ends. */
export function having(span: Span, at: number | null, count: number, portion: number): Span {
  const held = span.from < count ? { from: span.from, to: Math.min(span.to, count) } : beginning(count, portion);
  if (at === null || (at >= held.from && at < held.to)) return held;
  const to = Math.min(count, Math.max(0, at - Math.floor(portion / 2)) + portion);
  return { from: Math.max(0, to - portion), to };
}

/** `span` in pieces of at most `size` places, which begin at the same places whatever the span is. */
export function piecesOf({ from, to }: Span, size: number): (Span & { key: number })[] {
  const first = Math.floor(from / size);
  return Array.from({ length: Math.ceil(to / size) - first }, (_, i) => {
    const key = first + i;
    return { key, from: Math.max(from, key * size), to: Math.min(to, (key + 1) * size) };
  });
}
