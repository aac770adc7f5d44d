import { z } from "zod";
import { timestamp } from "../uploads/messages.ts";
import { route } from "./contract.ts";
import { newestMessages } from "./shared/messages.ts";
import { page } from "./shared/parameters.ts";
import { isoTime } from "./shared/times.ts";

/** The newest messages of all machines. */
export const feed = route({
  name: "feed",
  description: "the newest responses, prompts and tool uses of all machines, newest first, without content",
  method: "GET",
  path: "/api/v1/feed",
  scope: "read",
  params: z.strictObject({ since: timestamp.optional(), limit: page.limit }),
  answer: z.object({
    feed: z.array(
      z.object({
        at: z.string(),
        machine: z.string(),
        person: z.string(),
        source: z.string(),
        session: z.string(),
        type: z.string(),
        name: z.string(),
        tokens: z.number(),
      }),
    ),
  }),
  async read({ since = 0, limit }, context) {
    const { messages, members } = await newestMessages(context, { since, limit });
    const shown = messages.map((one) => ({
      at: isoTime(one.at),
      machine: members.get(one.machine)?.name ?? one.machine,
      person: members.get(one.machine)?.person ?? "",
      source: one.source,
      session: one.session,
      type: one.type,
      name: one.tool || one.model,
      tokens: one.input + one.output + one.cacheWrite + one.cacheRead,
    }));
    return { body: { feed: shown } };
  },
});
