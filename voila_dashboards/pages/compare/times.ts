/** How long the steps of a name took in each of two runs. Pure. */

import { inSequence } from "../../web/trace/nest.ts";
import type { Part, Run } from "../../web/trace/trace.ts";

/** All steps of a name together: how many they are, and how long they took in ms; null where nobody measured. */
export interface Taken {
  count: number;
  ms: number | null;
}

export interface TimeRow {
  name: string;
  left: Taken;
  right: Taken;
}

/** More rows than these stand in the order of what changed. */
const FEW = 12;

/** By name, in the order of the other run, and then those of this one only; of many, what changed most comes first. */
export function timesOf(left: Run, right: Run, kind: Part["kind"]): TimeRow[] {
  const [a, b] = [takenOf(left, kind), takenOf(right, kind)];
  const nothing = { count: 0, ms: null };
  const rows = [...new Set([...a.keys(), ...b.keys()])].map((name) => ({
    name,
    left: a.get(name) ?? nothing,
    right: b.get(name) ?? nothing,
  }));
  return rows.length > FEW ? rows.sort((one, other) => movedBy(other) - movedBy(one)) : rows;
}

const movedBy = ({ left, right }: TimeRow): number => Math.abs((right.ms ?? 0) - (left.ms ?? 0));

function takenOf({ groups }: Run, kind: Part["kind"]): Map<string, Taken> {
  const taken = new Map<string, Taken>();
  for (const part of inSequence(groups)) {
    if (part.kind !== kind) continue;
    const { count, ms } = taken.get(part.name) ?? { count: 0, ms: null };
    taken.set(part.name, { count: count + 1, ms: part.duration === null ? ms : (ms ?? 0) + part.duration });
  }
  return taken;
}
