import type { RemovedService } from "../../install/service/services.ts";

/** What was removed for a service, line by line. */
export const removedLines = ({ name, removed, kept }: RemovedService, dryRun: boolean): string[] => [
  `${dryRun ? "would remove" : "removed"} the service ${name}: ${removed.join(", ")}`,
  ...kept.map((path) => `kept ${path}, which was changed after Pawprint wrote it`),
];
