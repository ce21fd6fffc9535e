/** Why a question was not answered, over the page that stays as it was. */

import type { VNode } from "preact";
import type { State } from "../session/session.ts";

export function Notice({ notice }: Pick<State, "notice">): VNode {
  return (
    <div class="cl-notice" role="alert" hidden={!notice}>
      {notice?.text}{" "}
      {notice?.again && (
        <button type="button" class="cl-button" onClick={notice.again}>
          Try again
        </button>
      )}
    </div>
  );
}
