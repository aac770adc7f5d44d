import { z } from "zod";
import { sourceName } from "../uploads/messages.ts";
import { Uploads } from "../uploads/Uploads.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";

/** Fields besides path and assistant. */
const MAX_FIELDS = 20;
const value = z.union([z.number(), z.boolean(), z.string().max(200), z.null()]);

/** Notes how far a program has read a file. */
export const apiFileProgress = route({
  name: "api-file-progress",
  description: "notes how far a program has read a file; GET /api/sync returns it",
  method: "POST",
  path: "/api/file-progress",
  scope: "write",
  params: noParameters,
  body: z
    .object({ file_path: z.string().min(1).max(4_096), source: sourceName })
    .catchall(value)
    .refine((one) => Object.keys(one).length <= MAX_FIELDS, "too many fields"),
  answer: z.object({ status: z.literal("ok") }),
  run({ body: { file_path: path, source, ...progress }, identity }, hub) {
    const uploads = new Uploads(hub);
    uploads.file(uploads.member(identity.name, identity), { source, path, progress });
    return { body: { status: "ok" } };
  },
});
