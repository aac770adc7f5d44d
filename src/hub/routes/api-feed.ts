import { z } from "zod";
import { timestamp } from "../uploads/messages.ts";
import { route } from "./contract.ts";
import { messageOf, messageSchema, newestMessages } from "./shared/messages.ts";
import { page } from "./shared/parameters.ts";

/** The newest messages, as other collectors list them. */
export const apiFeed = route({
  name: "api-feed",
  description: "the newest messages over all sessions, newest first; since is a time",
  method: "GET",
  path: "/api/feed",
  scope: "read",
  params: z.strictObject({ since: timestamp.optional(), limit: page.limit }),
  answer: z.object({ messages: z.array(messageSchema) }),
  async read({ since = 0, limit }, context) {
    const { messages, members } = await newestMessages(context, { since, limit });
    return { body: { messages: messages.map((one) => messageOf(one, members)) } };
  },
});
