/** Which rows of a long list are in sight, and how to bring one there. Rows have one height, in pixels. */

/** As many rows beyond either edge exist, so that scrolling shows none that is missing. */
const BEYOND = 12;

/** What of the list is in sight, in pixels. */
export interface Sight {
  top: number;
  height: number;
}

/** The first row that exists, and the one behind the last. */
export function rowsInSight({ top, height }: Sight, count: number, rowHeight: number): { from: number; to: number } {
  const first = Math.min(Math.floor(top / rowHeight), Math.max(0, count - 1));
  const last = Math.ceil((top + height) / rowHeight);
  return { from: Math.max(0, first - BEYOND), to: Math.min(count, last + BEYOND) };
}

/** Where to scroll so that the row at `index` is in sight: as little as it takes; far rows into the middle. */
export function scrolledTo({ top, height }: Sight, index: number, rowHeight: number): number {
  const at = index * rowHeight;
  if (at >= top && at + rowHeight <= top + height) return top;
  const isNear = Math.abs(at - top) < height * 2;
  const middle = Math.max(0, at - (height - rowHeight) / 2);
  if (!isNear) return middle;
  return at < top ? at : at + rowHeight - height;
}
