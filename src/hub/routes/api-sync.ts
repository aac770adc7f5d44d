import { z } from "zod";
import { route } from "./contract.ts";
import { page, pageFields, pageOf } from "./shared/parameters.ts";
import { isoTime } from "./shared/times.ts";
import { membersById } from "./shared/usage.ts";

/** How far programs have read their files, as they reported it. */
export const apiSync = route({
  name: "api-sync",
  description: "how far programs have read their files, as they reported it by POST /api/file-progress",
  method: "GET",
  path: "/api/sync",
  scope: "read",
  params: z.strictObject(page),
  answer: z.object({ files: z.array(z.looseObject({ file_path: z.string(), source: z.string() })), ...pageFields }),
  read(given, context) {
    const members = membersById(context);
    const found = context.ledger.database
      .query<{ machine: string; source: string; path: string; progress: string; at: number }, []>(
        "SELECT machine, source, path, progress, at FROM upload_file ORDER BY machine, source, path",
      )
      .all();
    const { rows, ...more } = pageOf(found, given);
    const files = rows.map(({ machine, source, path, progress, at }) => ({
      ...(JSON.parse(progress) as object),
      file_path: path,
      source,
      machine: members.get(machine)?.name ?? machine,
      updated_at: isoTime(at),
    }));
    return { body: { files, ...more } };
  },
});
