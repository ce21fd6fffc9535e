/** A button that saves a text as a file. */

import type { VNode } from "preact";

interface DownloadProps {
  text: () => string;
  name: string;
  words?: string;
  kind?: string;
}

/** Saves what `text` makes, as a file called `name`. */
export function DownloadButton({ text, name, words = "Download", kind = "application/json" }: DownloadProps): VNode {
  return (
    <button type="button" class="cl-button cl-small" onClick={() => save(text(), name, kind)}>
      {words}
    </button>
  );
}

function save(text: string, name: string, kind: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: kind }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
