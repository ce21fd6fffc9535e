/** Receipts of deletions: what was removed, and what each proves. */

import type { ComponentChildren, VNode } from "preact";
import type { ClientFacts, ReceiptFacts } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { Time } from "../../web/parts/words.tsx";
import { useSession } from "../../web/session/context.ts";
import { count } from "../../web/text/numbers.ts";
import { Fold } from "./fold.tsx";
import { counted, deleted } from "./sentences.ts";

interface ReceiptsProps {
  facts: ClientFacts | null;
  clientId: string;
}

export function ReceiptsCard({ facts, clientId }: ReceiptsProps): VNode {
  const receipts = facts?.receipts ?? null;
  return (
    <Card title="Deletions, with their receipts">
      <p class="cl-lead">
        A receipt is written when a deletion is done and everything was read again without finding it. It names nobody
        in clear.
      </p>
      {receipts === null && (
        <p>Receipts cannot be read here just now. The provider has them: caselog delete receipt.</p>
      )}
      {receipts?.length === 0 && <p>Nothing of this client was deleted on request.</p>}
      {receipts?.map((receipt) => (
        <Receipt key={receipt.id} receipt={receipt} clientId={clientId} />
      ))}
      {facts !== null && facts.more_receipts > 0 && (
        <p class="cl-foot">and {count(facts.more_receipts)} earlier ones, in the file of all receipts</p>
      )}
    </Card>
  );
}

function Receipt({ receipt, clientId }: { receipt: ReceiptFacts; clientId: string }): VNode {
  const { isRouted } = useSession();
  const href = `/receipts/${encodeURIComponent(clientId)}/${encodeURIComponent(receipt.id)}.json`;
  return (
    <article class="cl-receipt">
      <h3>
        {deleted(receipt.kind, receipt.is_of_everybody)}, <Time ms={receipt.ended_at_ms} />
      </h3>
      <p>
        Removed: {counted(receipt.removed) || "nothing, it was not there"}. Why: <bdi>{receipt.why || "not said"}</bdi>.
      </p>
      <Trust receipt={receipt} />
      <Fold summary="What it proves">
        <Proof receipt={receipt} />
      </Fold>
      {isRouted && (
        <a class="cl-button cl-small" href={href} download>
          Receipt as a file<span class="cl-sr">: {receipt.id}</span>
        </a>
      )}
    </article>
  );
}

function Trust({ receipt: { is_whole: isWhole, follows } }: { receipt: ReceiptFacts }): VNode {
  if (!isWhole) return <p class="cl-bad">Its content is not what was written: its digest does not fit.</p>;
  if (follows === false) return <p class="cl-bad">The receipt before it is gone, or was changed.</p>;
  return <p class="cl-good">Unchanged since it was written: its digest fits.</p>;
}

function Proof({ receipt }: { receipt: ReceiptFacts }): VNode {
  const unseen = Object.entries(receipt.not_looked_at);
  return (
    <dl class="cl-proof">
      <Fact name="Receipt">
        <code>{receipt.id}</code>
      </Fact>
      <Fact name="Asked">
        <Time ms={receipt.requested_at_ms} /> by <bdi>{receipt.by}</bdi>
      </Fact>
      <Fact name="Checked">
        {receipt.how} Read: {counted(receipt.read)}.
      </Fact>
      {unseen.length > 0 && (
        <Fact name="Not looked at">{unseen.map(([what, why]) => `${what}: ${why}`).join("; ")}</Fact>
      )}
      <Fact name="Out of reach">{receipt.out_of_reach.join(" ")}</Fact>
      {receipt.kind !== "client" && (
        <Fact name="Whose it is">
          Whoever knows the {receipt.kind === "ticket" ? "ticket's id" : "address"} can check it: HMAC-SHA-256 with the
          key <code>{receipt.salt}</code> (in hexadecimal digits) is one of{" "}
          {receipt.digests.map((digest) => (
            <code key={digest}>{digest} </code>
          ))}
        </Fact>
      )}
    </dl>
  );
}

const Fact = ({ name, children }: { name: string; children: ComponentChildren }): VNode => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
