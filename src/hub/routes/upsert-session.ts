import { z } from "zod";
import { shortText, sourceName, timestamp } from "../uploads/messages.ts";
import { Uploads } from "../uploads/Uploads.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";

const folder = z.string().max(4_096).nullish();
const time = timestamp.nullish();

/** Stores a session of a program without a journal. */
export const upsertSession = route({
  name: "upsert-session",
  description: "adds a session of a program without a journal, or replaces what is known of it",
  method: "POST",
  path: "/sessions",
  scope: "write",
  params: noParameters,
  body: z
    .object({
      id: shortText.optional(),
      session_id: shortText.optional(),
      source: sourceName,
      cwd: folder,
      project: folder,
      project_path: folder,
      started_at: time,
      created_at: time,
      timestamp: time,
    })
    .refine(({ id, session_id: other }) => id ?? other, "id is missing"),
  answer: z.object({ status: z.literal("ok"), id: z.string() }),
  run({ body, identity }, hub) {
    const uploads = new Uploads(hub);
    const id = body.id ?? body.session_id ?? "";
    const project = body.project_path ?? body.project ?? body.cwd ?? "";
    const started = body.started_at ?? body.created_at ?? body.timestamp ?? null;
    uploads.session(uploads.member(identity.name, identity), { source: body.source, id, project, started });
    return { body: { status: "ok", id } };
  },
});
