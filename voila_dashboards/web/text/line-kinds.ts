/** What a line of a difference of files does. */

export function lineKind(line: string): "added" | "removed" | "place" | "same" {
  if (/^(\+\+\+|---|@@|diff |index |\*\*\* )/.test(line)) return "place";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "same";
}
