/** Runs that a generator makes from seeds: with times and without, nested by ids, by names and by nothing. */

export type Random = () => number;

/** Mulberry32: numbers in [0, 1), the same ones for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Sent = Record<string, unknown>;

const EPOCH = Date.UTC(2026, 10, 23, 12);
const NAMES = ["agent", "tools", "plan"];
const IDS = ["1", "2", "3", "4", "5"];
/** The ways in which senders write one moment. */
const WRITTEN = [
  (ms: number) => new Date(ms).toISOString(),
  (ms: number) => new Date(ms).toISOString().replace("Z", ""),
  (ms: number) => new Date(ms + 7_200_000).toISOString().replace("Z", "+02:00"),
  (ms: number) => ms,
  (ms: number) => ms / 1000,
];

/** A trace of nodes, iterations and calls; of few names, so that many have the same. */
export function runOf(random: Random): Sent {
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const maybe = (likely: number, make: () => Sent): Sent => (random() < likely ? make() : {});
  const timed = random() < 0.5 ? 1 : random();
  const times = (): Sent => ({
    ...maybe(timed, () => ({ started_at: pick(WRITTEN)(EPOCH + below(60) * 500) })),
    ...maybe(timed, () => ({ duration_ms: random() < 0.05 ? -below(9000) : below(20) * 500 })),
  });
  const list = (most: number, make: () => Sent): Sent[] => Array.from({ length: below(most + 1) }, make);
  const call = (): Sent => ({ name: pick(["find", "pay"]), ...times(), ...maybe(0.2, () => ({ status: "error" })) });
  return {
    nodes: list(8, () => ({
      name: pick(NAMES),
      ...times(),
      ...maybe(0.4, () => ({ parent: pick([...NAMES, "nobody"]) })),
      ...maybe(0.4, () => ({ id: pick(IDS) })),
      ...maybe(0.3, () => ({ parent_id: pick(IDS) })),
    })),
    react_iterations: list(6, () => ({
      ...times(),
      ...maybe(0.8, () => ({ node: pick([...NAMES, "nobody"]) })),
      ...maybe(0.5, () => ({ tool_calls: list(3, call) })),
    })),
    tool_calls: list(5, call),
  };
}
