import type { Fate } from "./usage-record.ts";

/** Results of a campaign. */
export class Tally {
  /** Number of damaged records and files. */
  records = 0;
  /** Number of checked responses of intact records. */
  neighbours = 0;
  readonly fates: Record<Fate, number> = { counted: 0, skipped: 0, harmless: 0, lost: 0, unnoticed: 0 };
  readonly failed: string[] = [];

  /** Records what became of a damaged usage record. */
  record(fate: Fate, what: string, bytes: Buffer): void {
    this.fates[fate]++;
    if (fate === "lost" || fate === "unnoticed") this.failed.push(`${what} is ${fate}: ${brief(bytes.toString())}`);
  }

  /** Runs something that must not throw; if it does, the failure includes what was read. */
  async try(what: string, read: Buffer | string, run: () => void | Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.failed.push(`${what}: ${brief(Bun.inspect(error))} ${brief(read.toString())}`);
    }
  }
}

/** Shortens repetitions in a text. */
const brief = (text: string): string =>
  text
    .replaceAll(/(.{1,8}?)\1{20,}/gs, (all: string, one: string) => `${one}*${all.length / one.length}`)
    .slice(0, 3_000);
