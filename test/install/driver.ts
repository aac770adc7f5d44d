// Runs one command of a harness in a separate process: bun driver.ts <checkout> <home> <command> [options]
import { install } from "../../src/commands/install.ts";
import { uninstall } from "../../src/commands/uninstall.ts";
import { failures, PawprintError } from "../../src/utils/errors.ts";
import { contextOf } from "./harness.ts";

const [root = "", home = "", name, ...options] = process.argv.slice(2);
const nobody = options.indexOf("as-nobody");
if (nobody >= 0) {
  options.splice(nobody, 1);
  process.setgid?.(65534);
  process.setuid?.(65534);
}
const env = { HOME: home, PATH: process.env["PATH"] };
const context = contextOf(env, root, Object.fromEntries(options.map((option) => [option, true as const])), []);
const command = name === "install" ? install : uninstall;
try {
  process.exitCode = await command.run({ ...context, print: (line) => console.log(line) });
} catch (error) {
  if (!(error instanceof PawprintError)) throw error;
  console.error(`${error.code}: ${error.message} (${error.hint})`);
  process.exitCode = failures[error.code].exit;
}
