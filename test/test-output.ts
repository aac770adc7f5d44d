/** One test in the output of bun test. */
interface TestResult {
  readonly file: string;
  /** Its own name, without those of the groups around it. */
  readonly name: string;
  readonly ms: number;
}

/** The test files that took longest, slowest first: the times of their tests, milliseconds. */
export function slowestFiles(output: string, count: number): { readonly file: string; readonly ms: number }[] {
  const times = new Map<string, number>();
  for (const { file, ms } of resultsIn(output)) times.set(file, (times.get(file) ?? 0) + ms);
  const files = [...times].map(([file, ms]) => ({ file, ms }));
  return files.toSorted((a, b) => b.ms - a.ms).slice(0, count);
}

/** Names that are too short to be understood from a failure alone: fewer than four words. */
export const shortNames = (output: string): string[] => [
  ...new Set(
    [...resultsIn(output)]
      .filter(({ name }) => name !== "(unnamed)" && name.trim().split(/\s+/).length < 4)
      .map(({ file, name }) => `${file}: ${name}`),
  ),
];

/** Where the list of failed tests begins in the output of bun test, which repeats them; its length if no test failed. */
function endOf(output: string): number {
  const found = output.search(/^\d+ tests? failed:$/m);
  return found < 0 ? output.length : found;
}

/**
 * What failed in the output of bun test: each failed test with what was printed before it, and each file whose process ended early,
 * of which bun prints one line among the others and nothing at the end.
 */
export const failuresIn = (output: string): string[] =>
  output
    .slice(0, endOf(output))
    .split(/^\((?:pass|skip|todo)\) .*\n/m)
    .filter((part) => /^(?:\(fail\)|✗) /m.test(part))
    .map((part) => part.trim().slice(-4_000));

/** The tests in the output of bun test: lines of a path, and of "(pass) group > name [1.23ms]" below it. */
function* resultsIn(output: string): Generator<TestResult> {
  let file = "";
  for (const line of output.slice(0, endOf(output)).split("\n")) {
    file = /^(\S+\.test\.ts):$/.exec(line)?.[1] ?? file;
    const [, names, ms = "0"] = /^\((?:pass|fail|skip)\) (.*?)(?: \[([\d.]+)ms\])?$/.exec(line) ?? [];
    if (names !== undefined) yield { file, name: names.split(" > ").at(-1) ?? "", ms: Number(ms) };
  }
}
