/** Keeps what cannot be drawn from taking the rest of the page with it. */

import { Component, type ComponentChildren } from "preact";

interface GuardProps {
  /** What is drawn: with another one it is tried again. */
  of?: unknown;
  /** What stands there instead, with the reason. */
  instead: (reason: string) => ComponentChildren;
  children: ComponentChildren;
}

interface GuardState {
  failure: { reason: string; of: unknown } | null;
}

export class Guard extends Component<GuardProps, GuardState> {
  override state: GuardState = { failure: null };

  override componentDidCatch(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.setState({ failure: { reason, of: this.props.of } });
  }

  override render({ of, instead, children }: GuardProps, { failure }: GuardState): ComponentChildren {
    return failure && failure.of === of ? instead(failure.reason) : children;
  }
}

/** A part whose content is made late: what fails says so in its place. */
export function Late({ body }: { body: () => ComponentChildren }): ComponentChildren {
  return (
    <div class="cl-body">
      <Guard instead={(reason) => `This part could not be drawn: ${reason}`}>
        <Made body={body} />
      </Guard>
    </div>
  );
}

/** Made within the guard, so that it is guarded. */
const Made = ({ body }: { body: () => ComponentChildren }): ComponentChildren => body();
