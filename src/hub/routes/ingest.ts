import { z } from "zod";
import { fields, text } from "../../utils/json.ts";
import { reasonOf } from "../parsed.ts";
import { messageSchema, type UploadedMessage } from "../uploads/messages.ts";
import { Uploads } from "../uploads/Uploads.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";

/** Messages of one request. */
const MAX_MESSAGES = 1_000;
const MULTI_STATUS = 207;

/** Stores messages of programs without a journal. */
export const ingest = route({
  name: "ingest",
  description:
    "stores normalized messages without their content; the status is 207 if some are refused, which the answer names",
  method: "POST",
  path: "/ingest",
  scope: "write",
  params: noParameters,
  body: z.array(z.unknown()).max(MAX_MESSAGES),
  answer: z.object({
    accepted: z.number(),
    known: z.number(),
    refused: z.array(z.object({ index: z.number(), id: z.string(), code: z.literal("bad_row"), reason: z.string() })),
  }),
  async run({ body, identity }, hub) {
    const accepted: UploadedMessage[] = [];
    const refused: { index: number; id: string; code: "bad_row"; reason: string }[] = [];
    for (const [index, one] of body.entries()) {
      const found = messageSchema.safeParse(one);
      if (found.success) accepted.push(found.data);
      else refused.push({ index, id: text(fields(one)["id"], 200), code: "bad_row", reason: reasonOf(found.error) });
    }
    const uploads = new Uploads(hub);
    const counts =
      accepted.length === 0
        ? { stored: 0, known: 0 }
        : await uploads.messages(uploads.member(identity.name, identity), accepted);
    const status = refused.length > 0 ? MULTI_STATUS : 200;
    return { status, body: { accepted: counts.stored, known: counts.known, refused } };
  },
});
