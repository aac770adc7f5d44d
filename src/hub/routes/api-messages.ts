import { z } from "zod";
import { FOREVER } from "../../model/calendar.ts";
import { shortText } from "../uploads/messages.ts";
import { route } from "./contract.ts";
import { messageOf, messageSchema, messagesIn } from "./shared/messages.ts";
import { page, pageFields, pageOf } from "./shared/parameters.ts";
import { membersById } from "./shared/usage.ts";

/** The messages of a session, as other collectors list them. */
export const apiMessages = route({
  name: "api-messages",
  description: "the messages of a session in order, without content",
  method: "GET",
  path: "/api/messages",
  scope: "read",
  params: z.strictObject({ session_id: shortText, ...page }),
  answer: z.object({ messages: z.array(messageSchema), ...pageFields }),
  async read({ session_id: session, limit, offset }, context) {
    const members = membersById(context);
    const found = await messagesIn(context, { from: 0, to: FOREVER, session });
    const { rows, ...more } = pageOf(found, { limit, offset });
    return { body: { messages: rows.map((one) => messageOf(one, members)), ...more } };
  },
});
