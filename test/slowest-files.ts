/** The test files that took longest, by the output of bun test: lines of a path and of "(pass) name [1.23ms]". Slowest first. */
export function slowestFiles(output: string, count: number): { readonly file: string; readonly ms: number }[] {
  const times = new Map<string, number>();
  let file = "";
  // Failed tests are printed once more at the end.
  for (const line of output.slice(0, endOf(output)).split("\n")) {
    file = /^(\S+\.test\.ts):$/.exec(line)?.[1] ?? file;
    const [, ms] = /^\((?:pass|fail)\) .*\[([\d.]+)ms\]$/.exec(line) ?? [];
    if (ms !== undefined) times.set(file, (times.get(file) ?? 0) + Number(ms));
  }
  const files = [...times].map(([name, ms]) => ({ file: name, ms }));
  return files.toSorted((a, b) => b.ms - a.ms).slice(0, count);
}

/** Where the list of failed tests begins in the output of bun test; its length if no test failed. */
export function endOf(output: string): number {
  const found = output.search(/^\d+ tests? failed:$/m);
  return found < 0 ? output.length : found;
}
