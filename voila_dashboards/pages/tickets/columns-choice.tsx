/** Which columns the list shows. */

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { May, PageParams } from "../../web/generated/contract.ts";
import { Popover } from "../../web/parts/popover.tsx";
import { useSession } from "../../web/session/context.ts";
import { columnsFor, columnsOf } from "./columns.tsx";

export function ColumnsChoice({ params, may }: { params: PageParams["tickets"]; may: May }): VNode {
  const session = useSession();
  const box = useRef<HTMLDetailsElement>(null);
  const shown = columnsFor(may, params).map((column) => column.key);
  const usual = columnsFor(may, { columns: "" }).map((column) => column.key);
  const choose = (keys: string[]) => {
    const columns = keys.join(",") === usual.join(",") ? "" : keys.join(",");
    session.go("tickets", { ...params, columns }, { kind: "replace" });
  };
  const turn = (key: string) =>
    choose(
      columnsOf(may)
        .map((column) => column.key as string)
        .filter((each) => (each === key) !== (shown as string[]).includes(each)),
    );
  return (
    <Popover box={box} class="cl-menu" name="columns" summary="Columns" isChosen={Boolean(params.columns)}>
      <fieldset class="cl-popover cl-columns">
        <legend class="cl-sr">Columns</legend>
        {columnsOf(may).map(({ key, name, title }) => (
          <label key={key}>
            <input
              type="checkbox"
              checked={shown.includes(key)}
              disabled={shown.length === 1 && shown[0] === key}
              onChange={() => turn(key)}
            />
            {title ?? name}
          </label>
        ))}
        <button type="button" class="cl-more" onClick={() => choose([...usual])}>
          As usual
        </button>
      </fieldset>
    </Popover>
  );
}
