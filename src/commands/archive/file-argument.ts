import { resolve } from "node:path";
import { PawprintError } from "../../utils/errors.ts";

/** Returns the absolute path of the file that is a command's only argument. Throws bad_usage. */
export function fileArgument(args: readonly string[], command: string): string {
  const [file, ...more] = args;
  if (file !== undefined && file.trim() !== "" && more.length === 0) return resolve(file);
  const hint = `for example: pawprint ${command} pawprint.tar`;
  throw new PawprintError("bad_usage", `${command} needs the name of one file`, hint);
}
