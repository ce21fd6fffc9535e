/** One conversation, "Rain?" and how it was answered, as makers write it: what all of them share. */

type Message = Record<string, unknown>;

export interface Maker {
  messages: Message[];
  /** Of each turn the role and its blocks in short. */
  said: unknown[];
}

export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const SEEN = { picture: `data:image/png;base64,${PNG}` };

export const user = { role: "user", content: "Rain?" };
export const no = { role: "assistant", content: "No." };
export const told = (...between: unknown[]) => [["user", "Rain?"], ...between, ["assistant", "No."]];
export const call = (name: string, given: unknown, back: unknown[] | null, more: object = {}) => ({
  call: name,
  given,
  back,
  ...more,
});
export const DRY = call("weather", { city: "Ulm" }, ["dry"]);
