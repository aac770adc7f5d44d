export { readArchive } from "./archives.ts";
export { readDatabase } from "./database.ts";
