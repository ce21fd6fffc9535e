/** Which client a page is about, for those who see several. */

import type { VNode } from "preact";
import type { PageName, PageParams, PagePayload } from "../generated/contract.ts";
import { fromStart } from "../session/addresses.ts";
import { useSession } from "../session/context.ts";
import { clientTitle } from "../text/clients.ts";
import { Choice } from "./choice.tsx";

/** Pages that may be narrowed to a client. */
type Narrowed = { [Name in PageName]: "client" extends keyof PageParams[Name] ? Name : never }[PageName];

export function ClientChoice({ payload }: { payload: PagePayload<Narrowed> }): VNode | null {
  const session = useSession();
  const { clients, client_names: names, params, page } = payload;
  if (!clients.length) return null;
  const known = clients.includes(params.client) || !params.client ? clients : [params.client, ...clients];
  const options = [["", "All clients"] as const, ...known.map((id) => [id, clientTitle(names, id)] as const)];
  const choose = (client: string) => session.go(page, fromStart({ ...params, client }));
  return <Choice name="Client" value={params.client} options={options} onChoose={choose} />;
}
