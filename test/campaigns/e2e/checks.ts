/** Counts checks and prints one line for each: `ok  what  [detail]`. */
export class Checks {
  passed = 0;
  failed = 0;
  readonly #started = performance.now();

  /** Records a check; `figure` is the measured or actual value. */
  check(what: string, holds: boolean, figure: unknown = ""): boolean {
    if (holds) this.passed += 1;
    else this.failed += 1;
    const shown = typeof figure === "string" ? figure : JSON.stringify(figure);
    console.log(`${holds ? "ok  " : "FAIL"} ${what}${shown ? `  [${shown}]` : ""}`);
    return holds;
  }

  /** Checks that two values are the same as JSON. */
  same(what: string, found: unknown, expected: unknown): boolean {
    const holds = JSON.stringify(found) === JSON.stringify(expected);
    return this.check(what, holds, holds ? found : { found, expected });
  }

  /** Prints a heading with the elapsed seconds. */
  section(title: string): void {
    console.log(`--- ${title} (${((performance.now() - this.#started) / 1_000).toFixed(1)} s)`);
  }

  /** Prints a note. */
  note(text: string): void {
    console.log(text.replace(/^/gm, "     | "));
  }
}

/** Calls `probe` every 100 ms until it returns something other than null, false or undefined; returns null after `deadlineMs`. */
export async function until<T>(
  deadlineMs: number,
  probe: () => T | null | false | undefined | Promise<T | null | false | undefined>,
): Promise<T | null> {
  for (const end = performance.now() + deadlineMs; ;) {
    const found = await probe();
    if (found !== null && found !== false && found !== undefined) return found;
    if (performance.now() >= end) return null;
    await Bun.sleep(100);
  }
}
