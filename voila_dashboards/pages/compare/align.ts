/**
 * Two sequences side by side: which items of one stand for which of the other, in order. A longest common subsequence
 * (Myers, "An O(ND) difference algorithm", 1986) where it takes few edits; else whatever comes next on either side, so
 * that no pair of sequences costs more than their lengths and a fixed amount of work.
 */

/** A place in either sequence, or -1 where the other has nothing there. */
export interface Pair {
  left: number;
  right: number;
}

export interface Alignment {
  pairs: Pair[];
  /** Not: some that are equal may stand apart, for the two differ very much. */
  isExact: boolean;
}

/** More edits than this are not looked for: the work and the memory grow with their square. */
const MOST_EDITS = 1000;
/** Where edits are too many, both sides are searched so far ahead, and beyond that for one item. */
const NEAR = 16;
const FAR = 300;

export function align(left: readonly string[], right: readonly string[], mostEdits = MOST_EDITS): Alignment {
  const [a, b] = numbered(left, right);
  const from = commonStart(a, b);
  const until = commonEnd(a, b, from);
  const [middleA, middleB] = [a.subarray(from, a.length - until), b.subarray(from, b.length - until)];
  const exact = longestCommon(middleA, middleB, mostEdits);
  const inner = (exact ?? nextOnEitherSide(middleA, middleB)).map(([i, j]) => [i + from, j + from] as const);
  const same = [
    ...Array.from({ length: from }, (_, i) => [i, i] as const),
    ...inner,
    ...Array.from({ length: until }, (_, i) => [a.length - until + i, b.length - until + i] as const),
  ];
  return { pairs: withGaps(same, a.length, b.length), isExact: exact !== null };
}

/** Items as numbers: equal ones have equal numbers. */
function numbered(left: readonly string[], right: readonly string[]): [Int32Array, Int32Array] {
  const numbers = new Map<string, number>();
  const numberOf = (item: string): number => {
    const known = numbers.get(item);
    if (known !== undefined) return known;
    numbers.set(item, numbers.size);
    return numbers.size - 1;
  };
  return [Int32Array.from(left, numberOf), Int32Array.from(right, numberOf)];
}

function commonStart(a: Int32Array, b: Int32Array): number {
  const most = Math.min(a.length, b.length);
  let count = 0;
  while (count < most && a[count] === b[count]) count++;
  return count;
}

function commonEnd(a: Int32Array, b: Int32Array, from: number): number {
  const most = Math.min(a.length, b.length) - from;
  let count = 0;
  while (count < most && a[a.length - 1 - count] === b[b.length - 1 - count]) count++;
  return count;
}

type Equal = readonly [number, number];

/** Null where it takes more edits than `most`. */
function longestCommon(a: Int32Array, b: Int32Array, most: number): Equal[] | null {
  if (Math.abs(a.length - b.length) > most) return null;
  const middle = most + 1;
  const reached = new Int32Array(2 * most + 3);
  const before: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    before.push(reached.slice(middle - edits - 1, middle + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const isDown = k === -edits || (k !== edits && at(reached, middle + k - 1) < at(reached, middle + k + 1));
      let x = isDown ? at(reached, middle + k + 1) : at(reached, middle + k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reached[middle + k] = x;
      if (x >= a.length && x - k >= b.length) return wayBack(before, a.length, b.length);
    }
  }
  return null;
}

const at = (numbers: Int32Array, place: number): number => numbers[place] ?? 0;

/** The equal items on the way that was found; `before[d]` is how far each diagonal had come with fewer edits than d. */
function wayBack(before: readonly Int32Array[], lengthA: number, lengthB: number): Equal[] {
  const found: Equal[] = [];
  let [x, y] = [lengthA, lengthB];
  for (let edits = before.length - 1; edits >= 0; edits--) {
    const reached = before[edits] as Int32Array;
    const k = x - y;
    const isDown = k === -edits || (k !== edits && at(reached, edits + k) < at(reached, edits + k + 2));
    const from = at(reached, isDown ? edits + k + 2 : edits + k);
    const fromY = from - (isDown ? k + 1 : k - 1);
    const begin = edits === 0 ? 0 : isDown ? from : from + 1;
    while (x > begin) found.push([--x, --y]);
    [x, y] = [from, fromY];
  }
  return found.reverse();
}

/** Equal items by whatever comes next on either side: goes on at the nearer of the two places where one side meets. */
function nextOnEitherSide(a: Int32Array, b: Int32Array): Equal[] {
  const [placesA, placesB] = [placesOf(a), placesOf(b)];
  const found: Equal[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) found.push([i++, j++]);
    else {
      const near = nearest(a, b, i, j);
      const ahead = next(placesB, at(a, i), j) - j;
      const behind = next(placesA, at(b, j), i) - i;
      if (near) [i, j] = near;
      else if (Math.min(ahead, behind) > FAR) [i, j] = [i + 1, j + 1];
      else if (ahead <= behind) j += ahead;
      else i += behind;
    }
  }
  return found;
}

/** The nearest two places that are equal: where one item stands for another before where one was left out. */
function nearest(a: Int32Array, b: Int32Array, i: number, j: number): [number, number] | null {
  const isEqual = (x: number, y: number) => x < a.length && y < b.length && a[x] === b[y];
  for (let far = 1; far <= NEAR; far++) {
    for (let near = far; near >= 0; near--) {
      if (isEqual(i + far, j + near)) return [i + far, j + near];
      if (isEqual(i + near, j + far)) return [i + near, j + far];
    }
  }
  return null;
}

function placesOf(items: Int32Array): Map<number, number[]> {
  const places = new Map<number, number[]>();
  items.forEach((item, place) => {
    const known = places.get(item);
    if (known) known.push(place);
    else places.set(item, [place]);
  });
  return places;
}

/** The first of the places of `item` that is not before `from`; the places are sorted. */
function next(places: ReadonlyMap<number, readonly number[]>, item: number, from: number): number {
  const all = places.get(item) ?? [];
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return all[low] ?? Infinity;
}

/** Equal items, and between them those that have no equal: first what is left only, then what is right only. */
function withGaps(same: readonly Equal[], lengthA: number, lengthB: number): Pair[] {
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  for (const [left, right] of [...same, [lengthA, lengthB] as const]) {
    while (i < left) pairs.push({ left: i++, right: -1 });
    while (j < right) pairs.push({ left: -1, right: j++ });
    if (left < lengthA || right < lengthB) pairs.push({ left, right });
    [i, j] = [left + 1, right + 1];
  }
  return pairs;
}
