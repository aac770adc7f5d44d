export { readDatabase } from "./database.ts";
export { readDocument } from "./documents.ts";
