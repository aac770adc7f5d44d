import { z } from "zod";
import { PawprintError } from "../../utils/errors.ts";
import { liveEvents } from "../live-events.ts";
import type { PageServices } from "../services.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";

const eventNumber = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** Waits without keeping a hub alive that is being stopped. */
const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref());

/** Commits, for pages. */
export const live = route({
  name: "live",
  description:
    "what was committed, as server-sent events: rows by machine, at most four events a second; Last-Event-ID goes on from one",
  method: "GET",
  path: "/live",
  scope: "read",
  params: noParameters,
  run({ headers, identity }, hub: PageServices) {
    const given = headers.get("last-event-id");
    const since = given === null ? undefined : eventNumber.safeParse(given).data;
    if (given !== null && since === undefined)
      throw new PawprintError("bad_usage", "Last-Event-ID is not the number of an event", "leave it out");
    const body = liveEvents(hub, { identity, since, sleep });
    return { type: "text/event-stream", body };
  },
});
