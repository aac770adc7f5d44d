import { z } from "zod";
import { messageOf, PawprintError } from "../../utils/errors.ts";
import { readOwn, removeIfPresent, replaceFile } from "../../utils/files.ts";
import type { Places } from "../../utils/paths.ts";
import { jobNames } from "./contract.ts";

const service = z.object({
  manager: z.string(),
  program: z.array(z.string()).min(1),
  options: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  /** Paths of the files that were written for it. */
  files: z.array(z.string()),
  /** Files with a line of ours, null for the crontab, and whether each was made for it. */
  lines: z.array(z.object({ file: z.string().nullable(), isMade: z.boolean() })),
});
const services = z.partialRecord(z.enum(jobNames), service);

/** What was installed for one job. */
export type ServiceRecord = z.infer<typeof service>;
/** The content of services.json: the installed services by name. */
export type ServiceRecords = z.infer<typeof services>;

const recordPath = ({ pets }: Pick<Places, "pets">): string => `${pets}/services.json`;

/** Reads services.json. Throws file_refused if it is not ours or is damaged. */
export function readServices(places: Pick<Places, "pets">): ServiceRecords {
  const text = readOwn(recordPath(places));
  if (text === null) return {};
  try {
    return services.parse(JSON.parse(text));
  } catch (error) {
    const hint = "move it away; the files of services are listed in service-files.json";
    const message = `${recordPath(places)} is damaged: ${messageOf(error).slice(0, 200)}`;
    throw new PawprintError("file_refused", message, hint, error);
  }
}

/** Writes services.json, or removes it when no service is left. */
export function writeServices(places: Pick<Places, "pets">, records: ServiceRecords): void {
  if (Object.keys(records).length === 0) removeIfPresent(recordPath(places));
  else replaceFile(recordPath(places), `${JSON.stringify(records, null, 2)}\n`);
}
