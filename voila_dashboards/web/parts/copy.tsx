/** A button that copies a text. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

const SAID_FOR_MS = 1500;

/** Copies what `text` makes when it is pressed. */
export function CopyButton({ text, words = "Copy" }: { text: () => string; words?: string }): VNode {
  const [said, say] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => say(null), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => say((await copyText(text())) ? "Copied" : "Could not copy");
  return (
    <button type="button" class="cl-button cl-small" onClick={copy}>
      {said ?? words}
    </button>
  );
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // no clipboard API over plain http
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.className = "cl-sr";
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
