// The gate: format, types (twice), lint, dead code, build, generated documents, all tests and their names. Prints the test files
// that took longest, and "N passed, N failed" at the end.
import { failuresIn, shortNames, slowestFiles } from "./test-output.ts";

const bun = [process.execPath];
const local = (name: string, ...args: string[]): string[] => [...bun, "x", "--no-install", name, ...args];

const steps: readonly (readonly [string, string[]])[] = [
  ["format", [...bun, "fmt", "--check", "src/**/*.ts", "src/**/*.tsx", "test/**/*.ts", "data/*.json"]],
  ["types (bun)", [...bun, "check"]],
  ["types (tsc)", local("tsc", "--noEmit")],
  ["types (page)", local("tsc", "--noEmit", "-p", "src/dashboard")],
  ["lint", local("oxlint", "--type-aware", "src", "test")],
  ["dead code", local("knip")],
  ["build", [...bun, "run", "build"]],
  ["size of the page", [...bun, "test/page-size.ts"]],
  ["documents", [...bun, "src/cli.ts", "docs", "--check"]],
];

/** The step whose output is shown in any case. */
const SHOWN = "size of the page";

const failures: string[] = [];
for (const [name, command] of steps) {
  const started = performance.now();
  const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const took = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${took} s)`);
  if (name === SHOWN) console.log(out.trim().replace(/^/gm, "     "));
  if (code !== 0) failures.push(`FAIL ${name}\n${out}\n${err}`.trim().slice(-4_000));
}

// Many tests wait for processes, so three at a time take less time on two cores.
const tests = Bun.spawn([...bun, "test", "--parallel=3", "--no-isolate", "--timeout", "60000"], {
  stdio: ["ignore", "inherit", "pipe"],
  env: { ...process.env, FORCE_COLOR: "0" },
});
let output = "";
for await (const part of tests.stderr) {
  const text = new TextDecoder().decode(part);
  output += text;
  process.stderr.write(text);
}
const code = await tests.exited;
const short = shortNames(output);
if (short.length > 0) failures.push(`FAIL names of tests with fewer than four words\n${short.join("\n")}`);
// The output of failed steps and tests is printed at the end, where a truncated log still shows it.
if (failures.length > 0 || code !== 0) console.log([...failures, ...failuresIn(output)].join("\n\n"));
console.log("The ten test files that took longest, by the time of their tests:");
for (const { file, ms } of slowestFiles(output, 10)) console.log(`${(ms / 1_000).toFixed(1).padStart(6)} s ${file}`);
console.log("left out: what needs other programs (bun run e2e, and the page in a real browser: bun run page:browser)");
const count = (what: string): number => Number(new RegExp(`^\\s*(\\d+) ${what}$`, "m").exec(output)?.[1] ?? 0);
const failed = failures.length + Math.max(count("fail"), code === 0 ? 0 : 1);
console.log(`${count("pass") + steps.length + 1 - failures.length} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
