/** What clients are called. */

/** A client's name, by a payload's `client_names`; its id where it has none. */
export const clientName = (names: Readonly<Record<string, string>>, id: string): string =>
  Object.hasOwn(names, id) ? (names[id] ?? id) : id;

/** The same where two clients of one name stand beside each other. */
export function clientTitle(names: Readonly<Record<string, string>>, id: string): string {
  const name = clientName(names, id);
  return name === id ? id : `${name} (${id})`;
}
