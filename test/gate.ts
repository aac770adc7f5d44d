// The gate: format, types (twice), lint, dead code, printed documents, all tests. Ends with "N passed, N failed".
export {};

const bun = [process.execPath];
const local = (name: string, ...args: string[]): string[] => [...bun, "x", "--no-install", name, ...args];

const steps: readonly (readonly [string, string[]])[] = [
  ["format", [...bun, "fmt", "--check", "src/**/*.ts", "test/**/*.ts", "data/*.json"]],
  ["types (bun)", [...bun, "check"]],
  ["types (tsc)", local("tsc", "--noEmit")],
  ["lint", local("oxlint", "--type-aware", "src", "test")],
  ["dead code", local("knip")],
  ["build", [...bun, "run", "build"]],
  ["documents", [...bun, "src/cli.ts", "docs", "--check"]],
];

let failed = 0;
for (const [name, command] of steps) {
  const started = performance.now();
  const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const took = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${took} s)`);
  if (code !== 0) {
    failed++;
    console.log(`${out}\n${err}`.trim());
  }
}

// Many tests wait for processes: two at a time take half the time, also on two cores.
const tests = Bun.spawn([...bun, "test", "--parallel=2", "--no-isolate", "--timeout", "60000"], {
  stdio: ["ignore", "inherit", "pipe"],
  env: { ...process.env, FORCE_COLOR: "0" },
});
let told = "";
for await (const part of tests.stderr) {
  const text = new TextDecoder().decode(part);
  told += text;
  process.stderr.write(text);
}
const code = await tests.exited;
// Once more at the end, where a log that is cut still shows it: what each failed test said.
const said = told.slice(0, told.search(/^\d+ tests failed:$/m)).split(/^\((?:pass|skip|todo)\) .*\n/m);
if (code !== 0)
  console.log(
    said
      .filter((part) => part.includes("(fail) "))
      .map((part) => part.trim().slice(-4_000))
      .join("\n\n"),
  );
const count = (what: string): number => Number(new RegExp(`^\\s*(\\d+) ${what}$`, "m").exec(told)?.[1] ?? 0);
const failedTests = Math.max(count("fail"), code === 0 ? 0 : 1);
console.log(`${count("pass") + steps.length - failed} passed, ${failedTests + failed} failed`);
process.exit(failed + failedTests === 0 ? 0 : 1);
