import type { OpenLink } from "../sync/link.ts";
import type { Identity } from "./identity.ts";
import type { HubServices } from "./services.ts";
import { HubSession } from "./session.ts";

/** A link to a hub in the same process: for the machine that the hub runs on. */
export const localLink =
  (hub: HubServices, identity: Identity): OpenLink =>
  (events) => {
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      session.close();
      // Never before the call that closes it has returned.
      queueMicrotask(() => events.closed(null));
    };
    const session = new HubSession(hub, identity, (frame) => {
      if (!isOpen) return;
      events.receive(frame);
      if (frame.type === "stop") close();
    });
    queueMicrotask(() => {
      if (isOpen) events.opened({ send: (frame) => void session.receive(frame), close });
    });
  };
